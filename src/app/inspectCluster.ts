import type { Configuration } from '../config';
import { PortwardenError } from '../domain/errors';
import { ProxmoxCluster } from '../sources/proxmox/cluster';
import { proxmoxClusterOptions } from './clientOptions';
import type { DeviceFindings } from './inspectDevice';

/** Asks a cluster what its token may do, and looks at it as the watcher does. Changes nothing. */
export type InspectCluster = (configuration: Configuration, name: string) => Promise<DeviceFindings>;

const LONGEST_MS = 60_000;

/**
 * Inspects a configured cluster with the token of the service itself.
 * @throws PortwardenError `proxmox-not-configured`, and `proxmox-…` when it cannot be asked at all.
 */
export const inspectConfiguredCluster: InspectCluster = async (configuration, name) => {
  const settings = configuration.proxmox.clusters.find((cluster) => cluster.name === name);
  if (settings === undefined)
    throw new PortwardenError('proxmox-not-configured', `No cluster named ${name} is configured`);
  const cluster = new ProxmoxCluster(proxmoxClusterOptions(settings));
  const signal = AbortSignal.timeout(LONGEST_MS);
  try {
    const rights = await cluster.rights(signal);
    const lacking = rights.filter(({ held }) => !held);
    const seen = await view(cluster, signal);
    const { intervalMs } = configuration.proxmox.watch;
    const lines = [
      ...rights.map(({ privilege, path, held }) => `  ${held ? 'has' : 'LACKS'} ${privilege} on ${path}, propagated`),
      ...lacking.map(({ privilege, path, lost }) => `  without ${privilege} on ${path}: ${lost}`),
      `  ${seen.text}`,
      intervalMs === 0
        ? '  is not watched (proxmox.watch.intervalSeconds is 0)'
        : `  is watched every ${intervalMs / 1000} s`,
    ];
    const healthy = seen.isWhole && lacking.every(({ isNeeded }) => !isNeeded);
    return { text: [name, ...lines, ''].join('\n'), healthy };
  } finally {
    cluster.close();
  }
};

async function view(
  cluster: ProxmoxCluster,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  try {
    const { guests, migrations } = await cluster.view(signal);
    const nodes = new Set(guests.map(({ node }) => node)).size;
    return {
      text: `${guests.length} guests on ${nodes} nodes, ${migrations.length} on their way to another`,
      isWhole: true,
    };
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    return { text: `cannot be looked at: ${error.code}: ${error.message}`, isWhole: false };
  }
}
