import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterWorld, GuestWorld } from '../scenarios/scenario';
import { auditorToken, type LabToken } from './access';
import { serveAdmin } from './admin';
import { makeIdentity, type LabIdentity } from './certificates';
import { LabCluster } from './cluster';
import { FaultBoard, type ProxmoxFault, type SeenRequest } from './faults';
import { serve } from './host';
import type { BridgesForm } from './localnetwork';

/** How to start a fake Proxmox VE cluster. */
export interface ProxmoxLabOptions {
  readonly world: ClusterWorld;
  /** `USER@REALM!TOKENID=UUID`; a plain text holds the role PVEAuditor on `/`. */
  readonly tokens: readonly (string | LabToken)[];
  /** Of the first API host, on 127.0.0.1; absent or 0: any free port. */
  readonly port?: number;
  /** Of the admin side, plain HTTP on 127.0.0.1; absent or 0: any free port. */
  readonly adminPort?: number;
  /** HTTPS with a certificate of the lab's own CA (default), or plain HTTP. */
  readonly tls?: boolean;
  /** Absent: made at start. */
  readonly identity?: LabIdentity;
  /** How many nodes serve the API, each on a port of its own: host 0 is the first node. Default 1. */
  readonly apiHosts?: number;
  /** Default 3000, as a real host. */
  readonly authFailureDelayMs?: number;
  readonly messageInBody?: boolean;
  readonly numbersAs?: 'number' | 'text';
  readonly standalone?: boolean;
  readonly bridges?: BridgesForm;
}

/** How long the phases of a migration last, in milliseconds. */
export interface MigrationTiming {
  /** From the lock until the configuration moves. */
  readonly lockMs?: number;
  /** From the move until the lock is gone. */
  readonly unlockMs?: number;
}

/** A running fake cluster. */
export interface ProxmoxLab {
  /** Addresses of the API hosts, `https://127.0.0.1:port`. */
  readonly urls: readonly string[];
  /** Address of the admin side, `http://127.0.0.1:port/_lab`. */
  readonly adminUrl: string;
  /** The lab's CA and the hosts' certificate; undefined without TLS. */
  readonly identity: LabIdentity | undefined;
  /** The state, to be changed directly. */
  readonly cluster: LabCluster;
  /** Lock, move, unlock, as a migration does; resolves once the lock is gone. */
  migrate(vmid: number, target: string, timing?: MigrationTiming): Promise<void>;
  addGuest(guest: GuestWorld): void;
  removeGuest(vmid: number): void;
  setConfig(
    vmid: number,
    changes: Readonly<Record<string, string | null>>,
    options?: { readonly pending?: boolean },
  ): void;
  /** Cuts a host off from the others: it goes on answering, without quorum, with what it knew. */
  isolate(host: number): void;
  /** Ends {@link isolate}. */
  rejoin(host: number): void;
  setBridgesForm(form: BridgesForm): void;
  /** @returns a function that removes the fault. */
  addFault(fault: ProxmoxFault): () => void;
  clearFaults(): void;
  /** The requests received, oldest first. */
  requests(): readonly SeenRequest[];
  forgetRequests(): void;
  /** Calls back with the path when a request arrives, before it is answered. @returns a function that ends it. */
  onRequest(listener: (path: string) => void): () => void;
  /** The most requests that were being answered at once. */
  peakInFlight(): number;
  close(): Promise<void>;
}

/** Starts a fake Proxmox VE cluster on loopback. */
export async function startProxmoxLab(options: ProxmoxLabOptions): Promise<ProxmoxLab> {
  const cluster = new LabCluster(options.world);
  const faults = new FaultBoard();
  const isolated = new Map<number, LabCluster>();
  const closing = new AbortController();
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const tls = options.tls ?? true;
  const identity = tls
    ? (options.identity ??
      makeIdentity({ names: ['localhost', '127.0.0.1', '::1', ...cluster.nodes.map((node) => node.name)] }))
    : undefined;
  const tokens = options.tokens.map((token) => (typeof token === 'string' ? auditorToken(token) : token));
  let bridges = options.bridges ?? 'new';

  const listen = async (server: Server, port: number): Promise<number> => {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    servers.push(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  const urls: string[] = [];
  for (let index = 0; index < (options.apiHosts ?? 1); index += 1) {
    const settings = {
      index,
      tokens,
      faults,
      authFailureDelayMs: options.authFailureDelayMs ?? 3000,
      messageInBody: options.messageInBody ?? true,
      numbersAs: options.numbersAs ?? 'number',
      standalone: options.standalone ?? false,
      bridges: () => bridges,
      view: () => isolated.get(index) ?? cluster,
      closing: closing.signal,
    } as const;
    const handler: Parameters<typeof createHttpServer>[1] = (request, response) => {
      serve(request, response, settings).catch(() => request.socket.destroy());
    };
    const server =
      identity === undefined
        ? createHttpServer(handler)
        : createHttpsServer({ key: identity.key, cert: identity.cert }, handler);
    const port = await listen(server, index === 0 ? (options.port ?? 0) : 0);
    urls.push(`${identity === undefined ? 'http' : 'https'}://127.0.0.1:${port}`);
  }

  const lab: Omit<ProxmoxLab, 'adminUrl' | 'close'> = {
    urls,
    identity,
    cluster,
    migrate: async (vmid, target, timing = {}) => {
      if (cluster.node(target) === undefined) throw new RangeError(`no node ${target}`);
      const task = cluster.beginMigration(vmid, target);
      if (timing.lockMs !== undefined) await delay(timing.lockMs, undefined, { signal: closing.signal });
      cluster.move(vmid, target);
      if (timing.unlockMs !== undefined) await delay(timing.unlockMs, undefined, { signal: closing.signal });
      cluster.endMigration(task);
    },
    addGuest: (guest) => {
      cluster.addGuest(guest);
    },
    removeGuest: (vmid) => {
      cluster.removeGuest(vmid);
    },
    setConfig: (vmid, changes, change) => {
      cluster.setConfig(vmid, changes, change);
    },
    isolate: (host) => {
      const copy = cluster.copy();
      copy.quorate = false;
      copy.nodes.forEach((node, index) => {
        node.online = index === host;
      });
      isolated.set(host, copy);
    },
    rejoin: (host) => {
      isolated.delete(host);
    },
    setBridgesForm: (form) => {
      bridges = form;
    },
    addFault: (fault) => faults.add(fault),
    clearFaults: () => {
      faults.clear();
    },
    requests: () => faults.requests,
    forgetRequests: () => {
      faults.forgetRequests();
    },
    onRequest: (listener) => faults.listen(listener),
    peakInFlight: () => faults.peakInFlight,
  };

  const admin = createHttpServer((request, response) => {
    serveAdmin(request, response, lab).catch(() => request.socket.destroy());
  });
  const adminPort = await listen(admin, options.adminPort ?? 0);
  const close = async (): Promise<void> => {
    closing.abort();
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  };
  return { ...lab, adminUrl: `http://127.0.0.1:${adminPort}/_lab`, close };
}
