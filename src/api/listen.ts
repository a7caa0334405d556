import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PortwardenError } from '../domain/errors';

/** An API that accepts connections. */
export interface ListeningApi {
  /** `http://host:port`, with the port that was taken when 0 was asked for. */
  readonly url: string;
  /** Accepts nothing more, lets running requests end for up to five seconds, then cuts them. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 5_000;

/**
 * Serves the app.
 * @throws PortwardenError `port-in-use` when the port is taken, `invalid-configuration` when it cannot be used.
 */
export async function listenApi(app: RequestListener, where: { readonly host: string; readonly port: number }): Promise<ListeningApi> {
  const server = createServer(app);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 65_000;
  server.maxRequestsPerSocket = 10_000;
  await listening(server, where);
  const { address, family, port } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host}:${port}`,
    close() {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const code = error.code === 'EADDRINUSE' ? 'port-in-use' : 'invalid-configuration';
      const reason = error.code === 'EADDRINUSE' ? 'is used by another process' : `cannot be used (${error.code ?? error.message})`;
      reject(new PortwardenError(code, `${host}:${port} ${reason}`, { details: { host, port } }));
    };
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
