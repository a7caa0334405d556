import type { PortwardenError } from '../../domain/errors';
import { parseServerId, type ServerId } from '../../domain/event';
import type { AssignedIp } from '../../domain/server';
import { kindHintOf, mapAssignments, serverNameOf, UnreadableValue, type KindHint } from './mapping';
import { serverAnswer } from './schemas';
import { panelError } from './transport';

/** One entry of the list of all servers. */
export interface ListedServer {
  readonly serverId: ServerId;
  readonly name: string;
  readonly hostname?: string;
  /** Whether it is a VM also depends on its connections, which the list does not carry. */
  readonly kindHint: KindHint;
  /** Absent when the panel's list carries no addresses: then they are unknown, not none. */
  readonly ips?: readonly AssignedIp[];
}

/** The list of all servers. */
export interface ServerListing {
  readonly servers: ReadonlyMap<ServerId, ListedServer>;
  /** Servers that exist but whose entry cannot be understood. */
  readonly unreadable: ReadonlyMap<ServerId, PortwardenError>;
}

/** Maps the wanted entries of `GET /servers` one by one; with many servers, mapping them all takes its time. */
export function listServers(
  path: string,
  entries: readonly { readonly id: number }[],
  wanted: (id: number) => boolean,
): ServerListing {
  const servers = new Map<ServerId, ListedServer>();
  const unreadable = new Map<ServerId, PortwardenError>();
  entries.forEach((entry, index) => {
    if (!wanted(entry.id)) return;
    const serverId = parseServerId(entry.id);
    try {
      servers.set(serverId, mapEntry(serverId, entry));
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      unreadable.set(serverId, panelError('panel-invalid-answer', path, `result.${index}.${error.message}`));
    }
  });
  return { servers, unreadable };
}

function mapEntry(serverId: ServerId, entry: unknown): ListedServer {
  const read = serverAnswer.safeParse(entry);
  if (!read.success) {
    const issue = read.error.issues[0];
    throw new UnreadableValue((issue?.path ?? []).map(String).join('.'), issue?.message ?? 'is invalid');
  }
  const { hostname, ipassignments } = read.data;
  return {
    serverId,
    name: serverNameOf(read.data),
    kindHint: kindHintOf(read.data),
    ...(hostname === undefined ? {} : { hostname }),
    ...(ipassignments === undefined ? {} : { ips: mapAssignments(ipassignments) }),
  };
}

/** The entries that a machine's name fits best: server name, else host name, else the host name's first label. */
export function matchServerName(name: string, listing: ServerListing): readonly ListedServer[] {
  const wanted = name.trim().toLowerCase();
  const entries = [...listing.servers.values()].filter((entry) => entry.kindHint !== 'vm');
  const ways: readonly ((entry: ListedServer) => string | undefined)[] = [
    (entry) => entry.name,
    (entry) => entry.hostname,
    (entry) => entry.hostname?.split('.')[0],
  ];
  for (const way of ways) {
    const matches = entries.filter((entry) => way(entry)?.toLowerCase() === wanted);
    if (matches.length > 0) return matches;
  }
  return [];
}
