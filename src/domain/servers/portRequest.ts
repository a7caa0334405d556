import type { ServerId } from '../event/event';
import type { IpOrRange } from '../values/ip';
import type { PortName } from '../values/port';

/** What feeds a port besides the dedicated servers plugged into it: the guests of a node. */
export interface NodeSubject {
  readonly cluster: string;
  readonly node: string;
}

/** What events say that takes something away from a port. */
export interface NamedRemovals {
  /** Addresses and whole subnets that an `ip_removed` names. */
  readonly explainedIps: readonly IpOrRange[];
  /** Servers that a `server_deleted` names. */
  readonly deletedServerIds: readonly ServerId[];
}

/**
 * A port that is to be looked at, with what whoever asks knows of it. Everything that carries one (a signal, a queue, a
 * question to the panel) is built from this type, so that nothing that is known of a port is lost on its way.
 */
export interface PortRequest extends NamedRemovals {
  readonly port: PortName;
  /** Servers that are known to be, or to have been, on the port. */
  readonly serverIds: readonly ServerId[];
  /** Nodes whose guests' traffic enters through the port. */
  readonly nodes: readonly NodeSubject[];
}

/** A request about a port of which nothing is known but what is given. */
export function portRequest(port: PortName, known: Partial<Omit<PortRequest, 'port'>> = {}): PortRequest {
  return { port, serverIds: [], nodes: [], explainedIps: [], deletedServerIds: [], ...known };
}

/** Tells nodes apart. */
export function nodeKey(node: NodeSubject): string {
  return `${node.cluster}\n${node.node}`;
}

/** All the nodes, each once. */
export function mergeNodes(...lists: readonly (readonly NodeSubject[])[]): NodeSubject[] {
  return [...new Map(lists.flat().map((node) => [nodeKey(node), node])).values()];
}
