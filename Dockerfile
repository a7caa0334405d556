# One image for all processes of portwarden: the command says which (all, api, worker).
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
# Two arenas instead of eight a processor: what many threads free goes back to the system.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    PORTWARDEN_CONFIG=/etc/portwarden/portwarden.yaml
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 8080
ENTRYPOINT ["node", "--enable-source-maps", "dist/src/app/main.js"]
CMD ["all"]
