import type { Configuration } from '../config';
import { PortwardenError } from '../domain/errors';
import { checkUplinks, describeBridges, type PlacedUplink } from '../domain/servers/uplinkCheck';
import { ProxmoxCluster } from '../sources/proxmox/cluster';
import type { ProxmoxClusterSettings } from '../sources/proxmox/configuration';
import { proxmoxClusterOptions } from './clientOptions';
import { configuredSwitchDevice } from './deviceKinds';
import type { DeviceFindings } from './inspectDevice';

/** Compares the configured uplinks with the nodes as they are. Changes nothing. */
export type InspectUplinks = (configuration: Configuration) => Promise<DeviceFindings>;

const LONGEST_MS = 60_000;

/** Reads each node of each configured cluster. What cannot be read is a finding, not an error. */
export const inspectConfiguredUplinks: InspectUplinks = async (configuration) => {
  const reports: Report[] = [];
  for (const settings of configuration.proxmox.clusters) reports.push(await inspectCluster(configuration, settings));
  const same = namesakes(configuration.proxmox.clusters, reports).map(wrong);
  return {
    text: [...reports.flatMap(({ lines }) => lines), ...same, ''].join('\n'),
    healthy: same.length === 0 && reports.every(({ healthy }) => healthy),
  };
};

/** Nodes of one name in several clusters, of which the panel's entry of that name may be either's: nothing says which. */
function namesakes(clusters: readonly ProxmoxClusterSettings[], reports: readonly Report[]): readonly string[] {
  const unnamed = clusters.flatMap(({ name, uplinks, panelEntries }, index) =>
    (reports[index]?.nodes ?? [])
      .filter((node) => !uplinks.has(node) && !panelEntries.has(node))
      .map((node) => ({ cluster: name, node })),
  );
  const nodes = [...new Set(unnamed.map(({ node }) => node))];
  return nodes.flatMap((node) => {
    const of = unnamed.filter((one) => one.node === node).map(({ cluster }) => cluster);
    return of.length < 2
      ? []
      : [
          `${of.join(' and ')} have a node ${node} each; say which is whose in the panel with nodes or uplinks of the clusters`,
        ];
  });
}

interface Report {
  readonly lines: readonly string[];
  readonly healthy: boolean;
  /** The names of the cluster's nodes, where they could be read. */
  readonly nodes?: readonly string[];
}

async function inspectCluster(configuration: Configuration, settings: ProxmoxClusterSettings): Promise<Report> {
  const cluster = new ProxmoxCluster(proxmoxClusterOptions(settings));
  const signal = AbortSignal.timeout(LONGEST_MS);
  try {
    const nodes = await cluster.nodeNames(signal);
    const unknown = [...settings.uplinks].flatMap(([node, [uplink]]) =>
      nodes.includes(node)
        ? []
        : [`${uplink?.where ?? ''}: ${settings.name} has no node ${node}; it has ${nodes.join(', ')}`],
    );
    const reports: Report[] = [];
    for (const node of nodes) reports.push(await inspectNode(configuration, settings, cluster, node, signal));
    return {
      lines: [settings.name, ...unknown.map(wrong), ...reports.flatMap(({ lines }) => lines)],
      healthy: unknown.length === 0 && reports.every(({ healthy }) => healthy),
      nodes,
    };
  } catch (error) {
    return { lines: [settings.name, wrong(reasonOf(error))], healthy: false };
  } finally {
    cluster.close();
  }
}

async function inspectNode(
  configuration: Configuration,
  settings: ProxmoxClusterSettings,
  cluster: ProxmoxCluster,
  node: string,
  signal: AbortSignal,
): Promise<Report> {
  const configured = settings.uplinks.get(node);
  if (configured === undefined)
    return { lines: [`  ${node}: its ports are those of its entry in the panel`], healthy: true };
  const uplinks = configured.map(({ ports, ...rest }): PlacedUplink => ({
    ...rest,
    ports: ports.map(({ switchId, port }) => ({ device: configuredSwitchDevice(configuration, switchId), port })),
  }));
  try {
    const found = await cluster.interfaces(node, signal);
    const problems = checkUplinks(node, found, uplinks);
    return {
      lines: [
        `  ${node}`,
        ...describeBridges(found.bridges, uplinks).map((line) => `    ${line}`),
        ...problems.map(wrong),
      ],
      healthy: problems.length === 0,
    };
  } catch (error) {
    return { lines: [`  ${node}`, wrong(reasonOf(error))], healthy: false };
  }
}

function wrong(text: string): string {
  return `    WRONG ${text}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof PortwardenError) return `${error.code}: ${error.message}`;
  throw error;
}
