import type { ErrorReport } from '../../domain/errors';
import type { GuestMember } from '../../domain/servers/membership/finding';
import type { NodeInventory } from '../../domain/servers/server';
import { nodeWithGuests, type Activities, type PortQuestion } from '../../protocol/activities';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import type { Batch } from './batch';

/** Readings of nodes with their guests, by `nodeKey`. */
export type NodeReadings = ReadonlyMap<string, NodeInventory>;

/** What reading nodes needs of the coordinator's host. */
interface ReadingHost {
  readonly steps: Pick<Activities, 'gatherVmMacs'>;
  readonly now: () => number;
  readonly reportFailure: (error: unknown) => ErrorReport;
}

const OLD_READING_MS = 20_000;

/**
 * Reads the guests of all nodes of a batch; a node that cannot be read fails its ports alone. When one of the nodes keeps
 * the others waiting for long, those are read once more: no batch works with old readings.
 */
export async function readNodes(batch: Batch, host: ReadingHost): Promise<NodeReadings> {
  const inventories = new Map<string, NodeInventory>();
  const readAt = new Map<string, number>();
  const read = async ([key, node]: readonly [string, NodeSubject]): Promise<void> => {
    try {
      inventories.set(key, await host.steps.gatherVmMacs(node));
      readAt.set(key, host.now());
    } catch (error) {
      batch.failAll((entry) => entry.nodes.some((other) => nodeKey(other) === key), host.reportFailure(error));
    }
  };
  await Promise.all([...nodesOf(batch)].map(read));
  const isOld = (key: string): boolean => host.now() - (readAt.get(key) ?? 0) > OLD_READING_MS;
  await Promise.all([...nodesOf(batch)].filter(([key]) => isOld(key)).map(read));
  return inventories;
}

/** A port's nodes as `fetchServerIps` is asked about them: with the guests that were read there. */
export function nodesWithGuests(nodes: readonly NodeSubject[], readings: NodeReadings): PortQuestion['nodes'] {
  return nodes.flatMap((node) => {
    const inventory = readings.get(nodeKey(node));
    return inventory === undefined ? [] : [nodeWithGuests(inventory)];
  });
}

/** What was read of a port's nodes, reduced to the guests that the panel has entries for: the others carry no addresses. */
export function knownGuests(
  nodes: readonly NodeSubject[],
  guests: readonly GuestMember[],
  readings: NodeReadings,
): NodeInventory[] {
  return nodes.flatMap((node) => readings.get(nodeKey(node)) ?? []).map((inventory) => onlyKnown(inventory, guests));
}

function onlyKnown(inventory: NodeInventory, guests: readonly GuestMember[]): NodeInventory {
  const vmids = new Set(guests.filter((guest) => guest.cluster === inventory.cluster).map((guest) => guest.vmid));
  const known = <T extends { readonly vmid: number }>(some: readonly T[]): T[] =>
    some.filter((guest) => vmids.has(guest.vmid));
  return {
    ...inventory,
    guests: known(inventory.guests),
    ...(inventory.unread === undefined ? {} : { unread: known(inventory.unread) }),
    guestNodes: [],
  };
}

function nodesOf(batch: Batch): Map<string, NodeSubject> {
  return new Map(
    batch
      .open()
      .flatMap((entry) => entry.nodes)
      .map((node) => [nodeKey(node), node]),
  );
}
