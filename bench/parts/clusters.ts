import { makeIdentity } from '../../lab/proxmox/certificates';
import { startProxmoxLab, type ProxmoxLab } from '../../lab/proxmox/lab';
import type { ClusterWorld } from '../../lab/scenarios/scenario';
import { LAB_SECRETS } from '../../lab/world';
import { DelayLine } from '../delayLine';
import { serve } from './serve';

/** Where a fake cluster is reached. */
export interface ReachedCluster {
  readonly name: string;
  readonly url: string;
  readonly caPem: string;
}

/** One fake Proxmox cluster, behind a line of some length. */
export interface ClustersPart {
  start(world: ClusterWorld): Promise<ReachedCluster>;
  /** Milliseconds there and back, from now on. */
  delay(rttMs: number): Promise<void>;
  /** The paths, below /api2/json and with their queries, that were asked for since they were last forgotten. */
  paths(): Promise<readonly string[]>;
  forgetPaths(): Promise<void>;
}

let cluster: ProxmoxLab;
let line: DelayLine;

serve<ClustersPart>({
  async start(world) {
    const identity = makeIdentity({ names: ['localhost', '127.0.0.1', ...world.nodes.map(({ name }) => name)] });
    cluster = await startProxmoxLab({ world, identity, tokens: [LAB_SECRETS.proxmoxToken] });
    line = await DelayLine.before(Number(new URL(cluster.urls[0] ?? '').port), 0);
    return { name: world.name, url: `https://127.0.0.1:${line.port}`, caPem: identity.caPem };
  },
  delay(rttMs) {
    line.rttMs = rttMs;
    return Promise.resolve();
  },
  paths: () => Promise.resolve(cluster.requests().map(({ path }) => path)),
  forgetPaths() {
    cluster.forgetRequests();
    return Promise.resolve();
  },
});
