import { Agent, get } from 'node:https';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LAB_SECRETS } from '../../lab/world';
import { Semaphore } from '../../src/primitives/concurrency';
import { ProxmoxCluster } from '../../src/sources/proxmox/cluster';
import { TenantosPanel } from '../../src/sources/tenantos/panel';
import { parseServerId } from '../../src/domain/event/event';
import { deviceId } from '../../src/domain/values/device';
import { serve } from './serve';
import type { ReachedCluster } from './clusters';

/** How long something took, and how long it kept everything else in its process from going on. */
export interface Reading {
  readonly ms: number;
  /** The longest time in which the event loop did not turn. */
  readonly longestBlockMs: number;
}

/** The product's reading of a cluster, without workflows; and the same requests made by a client that does nothing with the answers. */
export interface ReadingPart {
  connect(cluster: ReachedCluster, concurrency: number): Promise<void>;
  /** Reads every guest of a node. @throws Error when it finds another number of guests */
  gather(node: string, guests: number): Promise<Reading>;
  /** Reads the list of all guests. @throws Error when it finds another number of guests */
  list(guests: number): Promise<Reading>;
  /** Reads the addresses of servers from a panel's list. @throws Error when it finds another number of servers */
  listPanel(url: string, serverIds: readonly number[]): Promise<Reading>;
  /** Makes these requests, in stages: those of one stage at the same time, at most `concurrency` of them under way. */
  ask(stages: readonly (readonly string[])[]): Promise<Reading>;
}

const TIMEOUT_MS = 60_000;

let reached: ReachedCluster;
let cluster: ProxmoxCluster;
let agent: Agent;
let limit = 1;

serve<ReadingPart>({
  connect(one, concurrency) {
    reached = one;
    limit = concurrency;
    cluster = new ProxmoxCluster({
      name: one.name,
      hosts: [one.url],
      token: LAB_SECRETS.proxmoxToken,
      ca: one.caPem,
      timeoutMs: TIMEOUT_MS,
      concurrency,
    });
    agent = new Agent({ keepAlive: true, maxSockets: concurrency * 2, ca: one.caPem });
    return Promise.resolve();
  },
  gather: (node, guests) =>
    timed(async () => {
      expectCount((await cluster.inventory(node)).guests.length, guests);
    }),
  list: (guests) =>
    timed(async () => {
      expectCount((await cluster.resources()).length, guests);
    }),
  async listPanel(url, serverIds) {
    const panel = new TenantosPanel({
      ...{ url, apiKey: LAB_SECRETS.apiKey, concurrency: 16, timeoutMs: TIMEOUT_MS },
      switchDevice: (id) => deviceId('junos', id),
    });
    try {
      return await timed(async () => {
        const ids = serverIds.map((id) => parseServerId(id));
        const { found } = await panel.servers.addressesOf(ids, new AbortController().signal);
        expectCount(found.size, ids.length);
      });
    } finally {
      panel.close();
    }
  },
  ask: (stages) =>
    timed(async () => {
      const limiter = new Semaphore(limit);
      for (const paths of stages) await Promise.all(paths.map((path) => limiter.run(() => bare(path))));
    }),
});

async function timed(work: () => Promise<void>): Promise<Reading> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  // What blocks at the very end is counted when the loop turns again.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return { ms, longestBlockMs: delay.max / 1_000_000 };
}

function expectCount(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} guests or servers were read, not ${expected}`);
}

/** A connection that the cluster closes in the moment in which it is used again is no answer: then it is asked once more. */
function bare(path: string, isAgain = false): Promise<void> {
  const headers = { authorization: `PVEAPIToken=${LAB_SECRETS.proxmoxToken}` };
  return new Promise((resolve, reject) => {
    const asked = get(`${reached.url}/api2/json${path}`, { agent, headers }, (response) => {
      response.resume();
      response.on('end', resolve);
      response.on('error', reject);
    });
    asked.on('error', (error) => {
      if (asked.reusedSocket && !isAgain) bare(path, true).then(resolve, reject);
      else reject(error);
    });
  });
}
