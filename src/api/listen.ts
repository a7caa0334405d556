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

/** Where the API listens and how much it bears. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Connections at one time; when nearly as many are open, those that wait for nothing are closed. Default 1,000. */
  readonly maxConnections?: number;
  /** How long a new connection may take to send the head of a request, in milliseconds. Default 10,000. */
  readonly headersWithinMs?: number;
}

const CLOSE_WITHIN_MS = 5_000;
const MAX_CONNECTIONS = 1_000;
const HEADERS_WITHIN_MS = 10_000;
/** While the server closes, idle connections are looked for so often. */
const SWEEP_MS = 50;
/** Share of the connections from which on idle ones make room for new ones. */
const CROWDED = 0.9;

/**
 * Serves the app.
 * @throws PortwardenError `port-in-use` when the port is taken, `invalid-configuration` when it cannot be used.
 */
export async function listenApi(app: RequestListener, options: ListenOptions): Promise<ListeningApi> {
  const headersTimeout = options.headersWithinMs ?? HEADERS_WITHIN_MS;
  const server = createServer(
    {
      headersTimeout,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: headersTimeout / 4,
    },
    app,
  );
  server.maxRequestsPerSocket = 10_000;
  server.timeout = 90_000;
  server.on('checkContinue', app);
  boundConnections(server, options.maxConnections ?? MAX_CONNECTIONS);
  await listening(server, options);
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

/** Bounds the open connections; a crowd of idle ones keeps nobody out. */
function boundConnections(server: Server, most: number): void {
  let open = 0;
  server.maxConnections = most;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open >= Math.floor(most * CROWDED)) server.closeIdleConnections();
  });
  server.on('drop', () => {
    server.closeIdleConnections();
  });
}

function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const code = error.code === 'EADDRINUSE' ? 'port-in-use' : 'invalid-configuration';
      const reason =
        error.code === 'EADDRINUSE' ? 'is used by another process' : `cannot be used (${error.code ?? error.message})`;
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
    // The connection of a request that still runs is idle once it was answered.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}
