import { describeUplink, uplinkOfBridge, type NodeBridge, type NodeUplink } from './nodeUplink';

/** What of a node's network concerns its uplinks. */
export interface NodeInterfaces {
  /** Every interface, bridge and vnet that it has. */
  readonly names: readonly string[];
  /** Its bridges, with what they leave by; nothing, when their frames stay on the node. */
  readonly bridges: readonly NodeBridge[];
}

/** A configured uplink with where it stands in the file. */
export type PlacedUplink = NodeUplink & { readonly where: string };

/**
 * What is wrong about the configured uplinks of a node, a sentence each, by what the node has now: names that it does
 * not have, and bridges that leave it and lead to no uplink or to several.
 */
export function checkUplinks(
  node: string,
  { names, bridges }: NodeInterfaces,
  uplinks: readonly PlacedUplink[],
): readonly string[] {
  const unknown = uplinks.flatMap(({ interfaces = [], where }) =>
    interfaces
      .filter((name) => !names.includes(name))
      .map((name) => `${where}: ${node} has no ${name}; it has ${[...names].sort().join(', ')}`),
  );
  const [first] = uplinks;
  const leading = bridges
    .filter(({ leavesBy }) => leavesBy.length > 0)
    .flatMap(({ name }) => {
      const found = uplinkOfBridge(uplinks, name, bridges);
      return 'unknown' in found ? [`${first?.where ?? ''}: of ${node}: ${found.unknown}`] : [];
    });
  return [...unknown, ...leading];
}

/** A line for each bridge of a node: where its frames enter the network. */
export function describeBridges(bridges: readonly NodeBridge[], uplinks: readonly NodeUplink[]): readonly string[] {
  return bridges.map((bridge) => {
    const { name, leavesBy } = bridge;
    if (leavesBy.length === 0) return `${name} stays on the node`;
    const found = uplinkOfBridge(uplinks, name, bridges);
    const to = 'unknown' in found ? '?' : describeUplink(found.uplink);
    return `${name} by ${leavesBy.join(', ')} → ${to}`;
  });
}
