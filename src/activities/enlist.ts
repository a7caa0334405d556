import type { Activities } from './contract';
import type { ActivityDependencies } from './dependencies';

/** Remembers where the server is, then asks the device's coordinator to look at the port again. */
export function createEnlist(deps: ActivityDependencies): Activities['enlist'] {
  return async ({ device, request, placement }) => {
    if (placement !== undefined) await deps.store.placements.put(placement);
    const uplinkNodes = configuredNodes(deps, device, request.port);
    const placed = await deps.store.placements.listByPort(device, request.port);
    const placedNodes = placed.flatMap(({ guest }) => (guest === undefined ? [] : [{ cluster: guest.cluster, node: guest.node }]));
    const nodes = new Map([...request.nodes, ...uplinkNodes, ...placedNodes].map((node) => [`${node.cluster}/${node.node}`, node]));
    await deps.enlister.enlist(device, { ...request, nodes: [...nodes.values()] });
    return deps.enlister.patience;
  };
}

/** The nodes whose configured uplink is this port: a node's own server shares the port with the node's guests. */
function configuredNodes(deps: ActivityDependencies, device: string, port: string): { cluster: string; node: string }[] {
  return [...deps.hypervisors].flatMap(([cluster, source]) =>
    [...source.uplinks].flatMap(([node, uplink]) => (uplink.device === device && uplink.port === port ? [{ cluster, node }] : [])),
  );
}
