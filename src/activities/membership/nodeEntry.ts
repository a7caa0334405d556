import { PortwardenError } from '../../domain/errors';
import type { PanelEntryName } from '../../sources/hypervisorSource';
import type { ActivityDependencies } from '../dependencies';

/** How long another cluster is waited for, in milliseconds. Its nodes are known as a rule, for a minute and longer. */
const SHORT_WAIT_MS = 2_000;

/**
 * Which entry of the panel is a node's own: as configured, else the one of its name. Clusters may have nodes of the same
 * name, and a name alone then says nothing. A cluster that never answered is not waited for: it holds up no other one.
 * @throws PortwardenError `proxmox-uplink-unknown` when the name is another cluster's node's as well, or its entry.
 */
export async function nodeEntryName(
  { hypervisors }: Pick<ActivityDependencies, 'hypervisors'>,
  cluster: string,
  node: string,
  signal: AbortSignal,
): Promise<PanelEntryName> {
  const configured = hypervisors.get(cluster)?.panelEntries.get(node);
  if (configured !== undefined) return configured;
  const others = [...hypervisors].filter(([name]) => name !== cluster);
  const isOf = await Promise.all(
    others.map(async ([name, other]): Promise<readonly string[]> => {
      if ([...other.panelEntries.values()].some((entry) => 'name' in entry && entry.name === node)) return [name];
      if (other.panelEntries.has(node) || other.uplinks.has(node)) return [];
      try {
        const known = await other.nodeAddresses(AbortSignal.any([signal, AbortSignal.timeout(SHORT_WAIT_MS)]));
        return [...known.values()].includes(node) ? [name] : [];
      } catch (error) {
        if (signal.aborted) throw error;
        return [];
      }
    }),
  );
  const [first] = isOf.flat();
  if (first === undefined) return { name: node };
  throw new PortwardenError(
    'proxmox-uplink-unknown',
    `${cluster} and ${first} both have a node ${node}, so the panel's entry of that name may be either's; say which is whose with nodes or uplinks of the clusters (docs/uplinks.md)`,
    { details: { cluster, node, also: first } },
  );
}
