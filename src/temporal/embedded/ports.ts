import { createServer } from 'node:net';
import { PortwardenError } from '../../domain/errors';

const LOOPBACK = '127.0.0.1';
const NEIGHBOURS = 50;
const QUIET_RANGE = { first: 20_000, size: 12_000 } as const;
const ATTEMPTS = 50;

/** A wish for a TCP port on loopback. */
export interface PortWish {
  /** The port to try first; 0 means any free one. */
  readonly preferred: number;
  /** When true, no other port will do. */
  readonly exact: boolean;
  /** Ports that are already given away. */
  readonly except?: readonly number[];
  /** What the port is for, for the error message. */
  readonly purpose: string;
}

/**
 * Picks a free TCP port on loopback: the preferred one, else the next free one above it, else any.
 * @throws PortwardenError `port-in-use` when the port is wanted exactly and is taken
 */
export async function pickPort(wish: PortWish): Promise<number> {
  const except = new Set(wish.except ?? []);
  if (wish.preferred !== 0) {
    if (!except.has(wish.preferred) && (await isPortFree(wish.preferred))) return wish.preferred;
    if (wish.exact) {
      throw new PortwardenError('port-in-use', `Port ${wish.preferred} for ${wish.purpose} is taken.`, {
        details: { port: wish.preferred },
      });
    }
    for (let port = wish.preferred + 1; port <= Math.min(wish.preferred + NEIGHBOURS, 65_535); port += 1) {
      if (!except.has(port) && (await isPortFree(port))) return port;
    }
  }
  for (;;) {
    const port = await anyFreePort();
    if (!except.has(port)) return port;
  }
}

/** Whether a port can be listened on at loopback right now. */
function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Any free port. One outside the range that systems give to outgoing connections (32768 and above on Linux, 49152 by
 * RFC 6335 section 6) is preferred: a server that is started again on its port could find an inner one taken meanwhile.
 */
async function anyFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = QUIET_RANGE.first + Math.floor(Math.random() * QUIET_RANGE.size);
    if (await isPortFree(port)) return port;
  }
  return portOfTheSystem();
}

function portOfTheSystem(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('a TCP server without a port'));
        else resolve(address.port);
      });
    });
  });
}
