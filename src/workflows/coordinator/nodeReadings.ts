import type { GuestMember } from '../../domain/servers/membership/finding';
import type { NodeInventory } from '../../domain/servers/server';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import { nodeWithGuests, type PortQuestion } from '../../protocol/activities';
import type { PendingPort } from '../../protocol/coordinator';
import type { Batch } from './batch';
import type { BatchRun } from './host';

const OLD_READING_MS = 20_000;

/**
 * The guests of a batch's nodes, each node read once. When a slow node keeps the others waiting for long, those that were
 * read quickly are read once more; a slow node never is: it would keep all waiting again.
 */
export class NodeReadings {
  private readonly readings = new Map<string, NodeInventory>();
  private readonly failed = new Set<string>();

  constructor(
    private readonly batch: Batch,
    private readonly run: Pick<BatchRun, 'number' | 'host' | 'clock' | 'observe'>,
  ) {}

  /** Reads the nodes of some ports that were not read yet. A node that cannot be read fails its ports alone. */
  async read(entries: readonly PendingPort[]): Promise<void> {
    const nodes = [...nodesOf(entries)].filter(([key]) => !this.readings.has(key) && !this.failed.has(key));
    const began = this.run.clock.now;
    const slow = new Set<string>();
    const read = (some: typeof nodes): Promise<unknown> => Promise.all(some.map((node) => this.readOne(node, slow)));
    await read(nodes);
    const quick = nodes.filter(([key]) => this.readings.has(key) && !slow.has(key));
    if (slow.size === 0 || quick.length === 0) return;
    await this.run.observe();
    if (this.run.clock.now - began > OLD_READING_MS) await read(quick);
  }

  /** How many guests are behind a port, as far as its nodes were read. */
  guestsBehind({ nodes }: PendingPort): number {
    return this.of(nodes).reduce((sum, { guests, unread = [] }) => sum + guests.length + unread.length, 0);
  }

  /** A port's nodes as `fetchServerIps` is asked about them: with the guests that were read there. */
  nodesWithGuests(nodes: readonly NodeSubject[]): PortQuestion['nodes'] {
    return this.of(nodes).map(nodeWithGuests);
  }

  /** What was read of a port's nodes, reduced to the guests that the panel has entries for: the others carry no addresses. */
  knownGuests(nodes: readonly NodeSubject[], guests: readonly GuestMember[]): NodeInventory[] {
    return this.of(nodes).map((inventory) => onlyKnown(inventory, guests));
  }

  private of(nodes: readonly NodeSubject[]): NodeInventory[] {
    return nodes.flatMap((node) => this.readings.get(nodeKey(node)) ?? []);
  }

  private async readOne([key, node]: readonly [string, NodeSubject], slow: Set<string>): Promise<void> {
    const { batch } = this;
    const { host, number } = this.run;
    const slowly = (): void => {
      slow.add(key);
    };
    try {
      this.readings.set(key, await host.steps.gatherVmMacs({ ...node, batch: number }, slowly));
    } catch (error) {
      this.failed.add(key);
      batch.failAll((entry) => entry.nodes.some((other) => nodeKey(other) === key), host.reportFailure(error));
    }
  }
}

/** The nodes of some ports, each once. */
export function nodesOf(entries: readonly PendingPort[]): Map<string, NodeSubject> {
  return new Map(entries.flatMap((entry) => entry.nodes).map((node) => [nodeKey(node), node]));
}

function onlyKnown(inventory: NodeInventory, guests: readonly GuestMember[]): NodeInventory {
  const vmids = new Set(guests.filter((guest) => guest.cluster === inventory.cluster).map((guest) => guest.vmid));
  const known = <T extends { readonly vmid: number }>(some: readonly T[]): T[] =>
    some.filter((guest) => vmids.has(guest.vmid));
  return {
    ...inventory,
    guests: known(inventory.guests),
    ...(inventory.unread === undefined ? {} : { unread: known(inventory.unread) }),
  };
}
