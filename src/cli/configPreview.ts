import { z } from 'zod';
import type { Configuration } from '../config';

/** One page of the answer, as far as the CLI shows it. */
export const configurationPreviewAnswer = z.looseObject({
  summary: z.string(),
  settings: z.array(z.string()),
  device: z.string().optional(),
  looked: z.number(),
  ports: z.array(
    z.looseObject({
      port: z.string(),
      more: z.number(),
      guards: z.array(z.string()),
      effects: z.array(
        z.looseObject({
          ip: z.string(),
          effect: z.string(),
          before: z.string().optional(),
          now: z.string().optional(),
        }),
      ),
    }),
  ),
  notes: z.array(z.string()),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  next: z.looseObject({ device: z.string(), port: z.string().optional() }).optional(),
});

/** See {@link configurationPreviewAnswer}. */
export type ConfigurationPreviewAnswer = z.infer<typeof configurationPreviewAnswer>;

/** What of a configuration decides about bindings, as the API takes it. No secrets. */
export function proposedOf({ vlans, proxmox, guards }: Configuration): unknown {
  const { maxRemovedBindings, maxRemovedShare, maxBindingsPerPort, maxChangesPerCommit, maxChangesPerHour } = guards;
  const clusters = proxmox.clusters.map(({ name, nativeVlan, uplinks }) => {
    const byNode = [...uplinks].map(([node, list]) => [
      node,
      list.map(({ ports, interfaces, nativeVlan: own, mac }) => ({ ports, interfaces, nativeVlan: own, mac })),
    ]);
    return [name, { nativeVlan, uplinks: Object.fromEntries(byNode) as unknown }];
  });
  return {
    map: vlans.map,
    allowlist: vlans.allowlist,
    clusters: Object.fromEntries(clusters) as unknown,
    guards: {
      maxRemovedBindings,
      maxRemovedShare,
      maxBindingsPerPort,
      maxChangesPerCommit,
      maxChangesPerHour,
      devices: Object.fromEntries(guards.devices ?? []) as unknown,
    },
  };
}

const WORDS: Readonly<Record<string, string>> = {
  added: 'would be bound',
  moved: 'would be bound otherwise',
  replaced: 'would be replaced, and is parked',
  removed: 'would be removed, and is parked',
  'left-out': 'would not be bound any more',
};

/** One page as an operator reads it. */
export function configurationPreviewText(page: ConfigurationPreviewAnswer): string {
  const { summary, notes, error, ports } = page;
  return [
    summary,
    ...notes.map((note) => `  note: ${note}`),
    ...(error === undefined ? [] : [`  ${error.code}: ${error.message}`]),
    ...ports.flatMap(({ port, effects, more, guards }) => [
      `  ${port}`,
      ...effects.map(({ ip, effect, before, now }) => {
        const difference = [before, now].filter((one) => one !== undefined).join(' → ');
        return `    ${ip} ${WORDS[effect] ?? effect}${difference === '' ? '' : `: ${difference}`}`;
      }),
      ...(more === 0 ? [] : [`    and ${more} further addresses`]),
      ...guards.map((text) => `    ${text}`),
    ]),
    '',
  ].join('\n');
}
