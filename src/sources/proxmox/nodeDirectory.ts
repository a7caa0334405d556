import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import type { IpAddress } from '../../domain/values/ip';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { networkRow } from '../../clients/proxmox/schema';
import { addressesOf } from './nodeAddresses';
import { verifyQuorum, type ListedNode } from '../../clients/proxmox/verification';

/** How long what was read counts, in milliseconds: a node's addresses seldom change. */
const FRESH_MS = 60_000;
/** How long a cluster that does not answer is not asked again. */
const PAUSE_MS = 30_000;

/** Every address of every node, with the node's name. */
export type NodesByAddress = ReadonlyMap<IpAddress, string>;

/**
 * The addresses of a cluster's nodes: what their names resolve to, and those of their network configurations. What was
 * read lasts a minute; while the cluster does not answer, what was read last does.
 */
export class NodeDirectory {
  private readonly byNode = new Map<string, readonly IpAddress[]>();
  private nodes: NodesByAddress | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private failure: { readonly at: number; readonly error: PortwardenError } | undefined;

  constructor(
    private readonly reader: ProxmoxReader,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws PortwardenError why the cluster cannot be read, when it never could be. */
  async read(signal: AbortSignal): Promise<NodesByAddress> {
    const { failure, nodes } = this;
    if (nodes !== undefined && this.now() - this.readAt < FRESH_MS) return nodes;
    if (failure !== undefined && this.now() - failure.at < PAUSE_MS) return nodes ?? raise(failure.error);
    const error = await this.refresh(signal);
    return this.nodes ?? raise(error ?? silent(this.reader.cluster));
  }

  private async refresh(signal: AbortSignal): Promise<PortwardenError | undefined> {
    try {
      const listed = await verifyQuorum(this.reader, signal);
      await Promise.all(listed.map((node) => this.readNode(node, signal)));
      this.nodes = new Map(
        listed.flatMap(({ name, ip }) =>
          [...(ip === undefined ? [] : [ip]), ...(this.byNode.get(name) ?? [])].map((one) => [one, name] as const),
        ),
      );
      this.readAt = this.now();
      this.failure = undefined;
      return undefined;
    } catch (error) {
      const known = error instanceof PortwardenError ? error : silent(this.reader.cluster);
      this.failure = { at: this.now(), error: known };
      return known;
    }
  }

  /** A node that does not answer keeps the addresses that it was read with last. */
  private async readNode({ name, online }: ListedNode, signal: AbortSignal): Promise<void> {
    if (!online) return;
    try {
      const path = `/nodes/${encodeURIComponent(name)}/network`;
      const rows = await this.reader.read(path, z.array(networkRow), { signal, node: name });
      this.byNode.set(name, rows.flatMap(addressesOf));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
}

function silent(cluster: string): PortwardenError {
  return new PortwardenError('proxmox-unreachable', `Proxmox cluster ${cluster} did not say its nodes in time`, {
    details: { cluster },
  });
}

function raise(error: PortwardenError): never {
  throw error;
}
