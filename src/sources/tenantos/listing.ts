import type { z } from 'zod';
import type { PortwardenError } from '../../domain/errors';
import { parseServerId, type ServerId } from '../../domain/event/event';
import { overlap, tryParseCidr, tryParseIp, type Cidr, type IpAddress, type IpOrRange } from '../../domain/values/ip';
import type { AssignedIp } from '../../domain/servers/server';
import { kindHintOf, mapAssignments, serverNameOf, type KindHint } from './mapping';
import { UnreadableValue } from '../../clients/tenantos/unreadableValue';
import {
  listedServerAnswer,
  serverAnswer,
  type IpAssignmentAnswer,
  type ServerAnswer,
} from '../../clients/tenantos/schemas';
import { rangeOf } from './subnetRows';
import { panelError } from '../../clients/tenantos/transport';

/** What is kept of an entry of `GET /servers`, of some ten kilobytes: what it says of the server, or why that cannot be understood. */
export type ServerEntry = { readonly id: number } & (
  { readonly answer: ServerAnswer } | { readonly fault: Pick<UnreadableValue, 'path' | 'rule'> }
);

/** Reads an entry of `GET /servers`. @throws UnreadableValue when it does not even say of which server it is. */
export function readServerEntry(entry: unknown): ServerEntry {
  const named = listedServerAnswer.safeParse(entry);
  if (!named.success) {
    const { path, rule } = faultOf(named.error);
    throw new UnreadableValue(path, rule);
  }
  const { id } = named.data;
  const read = serverAnswer.safeParse(entry);
  return read.success ? { id, answer: read.data } : { id, fault: faultOf(read.error) };
}

function faultOf({ issues: [issue] }: z.ZodError): Pick<UnreadableValue, 'path' | 'rule'> {
  return { path: (issue?.path ?? []).map(String).join('.'), rule: issue?.message ?? 'is invalid' };
}

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

/** Maps the wanted entries of `GET /servers` one by one. */
export function listServers(
  path: string,
  entries: readonly ServerEntry[],
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
export function addressHolders(entries: readonly ServerEntry[], ips: readonly IpOrRange[]): AddressHolders {
  const holders = new Map<IpOrRange, ServerId[]>();
  const unread: ServerId[] = [];
  for (const entry of entries) {
    const serverId = parseServerId(entry.id);
    const assigned = 'answer' in entry ? entry.answer.ipassignments?.map(assignedRange) : undefined;
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

function mapEntry(serverId: ServerId, entry: ServerEntry): ListedServer {
  if ('fault' in entry) throw new UnreadableValue(entry.fault.path, entry.fault.rule);
  const { answer } = entry;
  const { servername, ipassignments } = answer;
  return {
    serverId,
    name: serverNameOf(answer),
    kindHint: kindHintOf(answer),
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
