import type { PortwardenError } from '../../domain/errors';
import { parseServerId, type ServerId } from '../../domain/event/event';
import { overlap, tryParseCidr, tryParseIp, type Cidr, type IpAddress, type IpOrRange } from '../../domain/values/ip';
import type { AssignedIp } from '../../domain/servers/server';
import { kindHintOf, mapAssignments, serverNameOf, type KindHint } from './mapping';
import { UnreadableValue } from '../../clients/tenantos/unreadableValue';
import { serverAnswer, type IpAssignmentAnswer } from '../../clients/tenantos/schemas';
import { rangeOf } from './subnetRows';
import { panelError } from '../../clients/tenantos/transport';

/** One entry of the list of all servers. */
export interface ListedServer {
  readonly serverId: ServerId;
  readonly name: string;
  /** Given by staff; customers may choose the host name. */
  readonly servername?: string;
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
  /** The ids of all entries, whether they were wanted or not. */
  readonly ids: ReadonlySet<number>;
}

/** Who has some addresses, by the list of all servers. */
export interface AddressHolders {
  readonly holders: ReadonlyMap<IpOrRange, readonly ServerId[]>;
  /** Servers whose entry does not say for certain which addresses they have. */
  readonly unread: readonly ServerId[];
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
  return { servers, unreadable, ids: new Set(entries.map((entry) => entry.id)) };
}

/** Finds the servers that have one of the addresses, alone or within a range that is assigned as a whole; or anything of one of the ranges. */
export function addressHolders(entries: readonly { readonly id: number }[], ips: readonly IpOrRange[]): AddressHolders {
  const holders = new Map<IpOrRange, ServerId[]>();
  const unread: ServerId[] = [];
  for (const entry of entries) {
    const serverId = parseServerId(entry.id);
    const read = serverAnswer.safeParse(entry);
    const assigned = read.success ? read.data.ipassignments?.map(assignedRange) : undefined;
    if (assigned === undefined || assigned.includes(undefined)) unread.push(serverId);
    const has = (ip: IpOrRange): boolean => (assigned ?? []).some((range) => range !== undefined && overlap(range, ip));
    for (const ip of ips) if (has(ip)) holders.set(ip, [...(holders.get(ip) ?? []), serverId]);
  }
  return { holders, unread };
}

/** The address or range of an assignment; undefined when it cannot be understood. */
function assignedRange({ ip, ipAttributes, subnetinformation }: IpAssignmentAnswer): IpAddress | Cidr | undefined {
  const range =
    ipAttributes?.isSubnet === true && subnetinformation !== null && subnetinformation !== undefined
      ? rangeOf(subnetinformation.subnet, subnetinformation.cidr)
      : undefined;
  return tryParseCidr(ip) ?? range ?? tryParseIp(ip);
}

function mapEntry(serverId: ServerId, entry: unknown): ListedServer {
  const read = serverAnswer.safeParse(entry);
  if (!read.success) {
    const issue = read.error.issues[0];
    throw new UnreadableValue((issue?.path ?? []).map(String).join('.'), issue?.message ?? 'is invalid');
  }
  const { servername, ipassignments } = read.data;
  return {
    serverId,
    name: serverNameOf(read.data),
    kindHint: kindHintOf(read.data),
    ...(servername === undefined ? {} : { servername }),
    ...(ipassignments === undefined ? {} : { ips: mapAssignments(ipassignments) }),
  };
}

/** The entries with this server name, which staff gives. Host names are no identity, and VMs are not looked at. */
export function matchServerName(name: string, listing: ServerListing): readonly ListedServer[] {
  const wanted = name.trim().toLowerCase();
  return [...listing.servers.values()].filter(
    (entry) => entry.kindHint !== 'vm' && entry.servername?.toLowerCase() === wanted,
  );
}
