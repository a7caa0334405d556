import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { IpOrRange } from '../../domain/values/ip';
import type { AssignedIp } from '../../domain/servers/server';
import { mapped, type PanelReader } from '../../clients/tenantos/reader';
import { ipAssignmentList, serverAnswer, type ServerAnswer } from '../../clients/tenantos/schemas';
import { panelError } from '../../clients/tenantos/transport';
import {
  addressHolders,
  listServers,
  matchServerName,
  readServerEntry,
  type AddressHolders,
  type ListedServer,
  type ServerEntry,
  type ServerListing,
} from './listing';
import { mapAssignments, serverNameOf } from './mapping';

/** The addresses of several servers. Every id asked for is in exactly one of the three. */
export interface ServersIps {
  readonly found: ReadonlyMap<ServerId, { readonly name: string; readonly ips: readonly AssignedIp[] }>;
  /** The panel itself confirmed, for each one alone, that it does not know the server. */
  readonly gone: readonly ServerId[];
  /** Servers whose addresses could not be read for certain; their bindings must stay as they are. */
  readonly failed: ReadonlyMap<ServerId, PortwardenError>;
}

const SERVERS = '/servers';
const NOBODY: Promise<readonly ServerId[]> = Promise.resolve([]);

/** Faults of one server's answer that say nothing about the others. */
const OF_ONE_SERVER: readonly string[] = ['panel-invalid-answer', 'panel-contradiction'];

/** Reads servers with their addresses. */
export class ServersReader {
  constructor(private readonly reader: PanelReader) {}

  /**
   * One server's entry.
   * @returns undefined when the panel does not know it, and its list of servers, asked at once, confirms that.
   * @throws PortwardenError `panel-contradiction` when the list has it, or has nothing at all.
   */
  async find(id: ServerId, signal: AbortSignal): Promise<ServerAnswer | undefined> {
    const server = await this.read(id, signal);
    if (server === undefined) confirmGone(id, await this.listed(() => false, signal));
    return server;
  }

  /** The addresses of a server whose entry was read; asked for by themselves when a release does not list them there. */
  async ipsOf(id: ServerId, server: ServerAnswer, signal: AbortSignal): Promise<readonly AssignedIp[]> {
    const listed = server.ipassignments;
    if (listed !== undefined) return mapped(`/servers/${id}`, () => mapAssignments(listed));
    const path = `/servers/${id}/ipassignments`;
    const answers = await this.reader.get(path, ipAssignmentList, signal);
    return mapped(path, () => mapAssignments(answers));
  }

  /** Every server that the API key can see, from one call. */
  list(signal: AbortSignal): Promise<ServerListing> {
    return this.listed(() => true, signal);
  }

  /**
   * The addresses of some servers, from one list call when there are several; what the list lacks is asked for singly.
   * @param further who is asked about besides; what is known before does not wait for it.
   */
  async addressesOf(
    ids: readonly ServerId[],
    signal: AbortSignal,
    further: Promise<readonly ServerId[]> = NOBODY,
  ): Promise<ServersIps> {
    const first = new Set(ids);
    const only = first.size === 1 ? ids[0] : undefined;
    const alone = only === undefined ? undefined : this.readAddresses(only, signal);
    alone?.catch(() => undefined);
    const early = first.size > 1 ? this.entries(signal) : undefined;
    early?.catch(() => undefined);
    const others = [...new Set(await further)].filter((id) => !first.has(id));
    const wanted = [...first, ...others];
    const asked = new Set<number>(wanted);
    const isListed = early !== undefined || others.length > 1;
    const listing = isListed
      ? this.listingOf(await (early ?? this.entries(signal)), (id) => asked.has(id) && id !== only)
      : undefined;
    const found = new Map<ServerId, { name: string; ips: readonly AssignedIp[] }>();
    const failed = new Map<ServerId, PortwardenError>();
    const gone: ServerId[] = [];
    await Promise.all(
      wanted.map(async (id) => {
        const listed = listing?.servers.get(id);
        try {
          const server =
            listed?.ips === undefined
              ? await (id === only && alone !== undefined ? alone : this.readAddresses(id, signal))
              : { name: listed.name, ips: listed.ips };
          if (server === undefined) {
            confirmGone(id, listing ?? (await this.listed(() => false, signal)));
            gone.push(id);
          } else {
            found.set(id, server);
          }
        } catch (error) {
          if (signal.aborted || !(error instanceof PortwardenError) || !OF_ONE_SERVER.includes(error.code)) throw error;
          failed.set(id, error);
        }
      }),
    );
    return { found, gone: gone.sort((a, b) => a - b), failed };
  }

  /** Who has some addresses, or anything of some ranges, from the list of all servers, asked afresh. */
  async addressHolders(ips: readonly IpOrRange[], signal: AbortSignal): Promise<AddressHolders> {
    return addressHolders(await this.entries(signal), ips);
  }

  /**
   * The panel's own entry of a machine, such as a hypervisor's node, by its server name; VMs are not looked at.
   * @throws PortwardenError `proxmox-uplink-unknown` when several entries have the name.
   */
  async findByName(name: string, signal: AbortSignal): Promise<ListedServer | undefined> {
    const matches = matchServerName(name, await this.list(signal));
    if (matches.length > 1) {
      const ids = matches.map((match) => match.serverId).join(', ');
      throw new PortwardenError(
        'proxmox-uplink-unknown',
        `Several servers of the panel have the server name ${name} (${ids}), so nothing says which one is the node. Name the right one by its id under proxmox.clusters[].nodes, or its port under proxmox.clusters[].uplinks.`,
      );
    }
    return matches[0];
  }

  private async listed(wanted: (id: number) => boolean, signal: AbortSignal): Promise<ServerListing> {
    return this.listingOf(await this.entries(signal), wanted);
  }

  private entries(signal: AbortSignal): Promise<readonly ServerEntry[]> {
    return this.reader.list(SERVERS, readServerEntry, signal);
  }

  private listingOf(entries: readonly ServerEntry[], wanted: (id: number) => boolean): ServerListing {
    return mapped(SERVERS, () => listServers(SERVERS, entries, wanted));
  }

  private read(id: ServerId, signal: AbortSignal): Promise<ServerAnswer | undefined> {
    return this.reader.find(`/servers/${id}`, serverAnswer, signal);
  }

  private async readAddresses(
    id: ServerId,
    signal: AbortSignal,
  ): Promise<{ name: string; ips: readonly AssignedIp[] } | undefined> {
    const server = await this.read(id, signal);
    return server === undefined ? undefined : { name: serverNameOf(server), ips: await this.ipsOf(id, server, signal) };
  }
}

/**
 * A 404 is believed only when something known to exist answers: the list of servers, which has others and lacks this one.
 * @throws PortwardenError `panel-contradiction`
 */
function confirmGone(id: ServerId, { ids }: ServerListing): void {
  const path = `/servers/${id}`;
  if (ids.has(id))
    throw panelError('panel-contradiction', path, 'is answered with 404 although the list of servers has it');
  if (ids.size === 0)
    throw panelError(
      'panel-contradiction',
      path,
      'is answered with 404, and the list of servers is empty: nothing confirms it',
    );
}
