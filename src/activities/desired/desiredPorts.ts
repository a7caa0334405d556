import { claimsOf, desiredBindings, elsewhereOf, type DesiredPort } from '../../domain/desired/desiredBindings';
import { nodeBindings } from '../../domain/desired/nodeAddresses';
import type { Exclusion } from '../../domain/change/outcome';
import { reportError, type ErrorReport } from '../../domain/errors';
import { noteAsBefore, noteOfMacs } from '../../domain/servers/boundMacs';
import { placedAt, type PlacementNote } from '../../domain/servers/placement';
import type { GuestMember } from '../../domain/servers/membership/finding';
import { wholeSubnets } from '../../domain/servers/subnetAssignment';
import type { NodeInventory } from '../../domain/servers/server';
import { compareIps } from '../../domain/values/ip';
import type { DesiredPortBindings, FilterByVlanResult, PortServers } from '../../protocol/activities';
import { guestOf, type GatheredPort } from '../membership/portSources';
import type { DesiredFacts, VlanReadings } from './vlanFacts';

/** How many odd rows of the panel's subnets the summary shows in full. */
export const SHOWN_FAULTS = 5;

/** The desired bindings of every port, with the rule for each address left out, from what was read. Pure. */
export function desiredPorts({ ports, faults }: VlanReadings): FilterByVlanResult {
  const desired: DesiredPortBindings[] = [];
  const failed: FilterByVlanResult['failed'][number][] = [];
  for (const reading of ports) {
    const { port } = reading.gathered.servers;
    const judged = 'error' in reading ? reading : judge(reading.gathered, reading.facts);
    if ('error' in judged) failed.push({ port, error: judged.error });
    else desired.push(judged);
  }
  const bindings = desired.reduce((sum, port) => sum + port.desired.length + (port.additional?.length ?? 0), 0);
  const excluded = desired.reduce((sum, port) => sum + port.excluded.length, 0);
  return {
    summary: `${bindings} bindings desired on ${desired.length} ports, ${excluded} addresses left out${describeFaults(faults)}`,
    ports: desired,
    failed,
  };
}

/** What goes wrong with one port is that port's own. */
function judge(gathered: GatheredPort, facts: DesiredFacts): DesiredPortBindings | { readonly error: ErrorReport } {
  try {
    return desiredPort(gathered, facts);
  } catch (error) {
    return { error: reportError(error) };
  }
}

function desiredPort({ servers, inventories }: GatheredPort, facts: DesiredFacts): DesiredPortBindings {
  const result = desiredBindings(claimsOf(facts.sources), facts.known);
  const own = nodeBindings(facts.sources);
  const bound = new Set([...result.bindings, ...result.additional, ...own.bindings].map(({ ip }) => ip));
  const unread = unreadGuests(servers, inventories);
  const missing = [...servers.missingGuests, ...unread.flatMap(withoutReading)].filter(
    (exclusion) => !bound.has(exclusion.ip),
  );
  const elsewhere = elsewhereOf(facts.sources);
  const ifPresent = [...elsewhere, ...own.kept];
  const retained = [...result.retainIps, ...missing.map(({ ip }) => ip), ...own.kept.map(({ ip }) => ip)];
  const notes = [...(servers.notes ?? []), ...furtherNotes(servers, facts, result, elsewhere)];
  const subnets = wholeSubnets([...servers.dedicated, ...servers.guests]);
  return {
    port: servers.port,
    desired: [...result.bindings, ...own.bindings].sort((a, b) => compareIps(a.ip, b.ip)),
    ...(result.additional.length === 0 ? {} : { additional: result.additional }),
    ...(facts.left.length === 0 ? {} : { leftVirtualMacs: facts.left }),
    excluded: [...result.excluded, ...missing].sort((a, b) => compareIps(a.ip, b.ip)),
    retainIps: [...new Set(retained)].filter((ip) => !bound.has(ip)),
    ...(ifPresent.length === 0 ? {} : { ifPresent }),
    ...(facts.boundElsewhere.length === 0 ? {} : { boundElsewhere: facts.boundElsewhere }),
    removals: servers.removals,
    ...settingsOf(facts, missing.length === 0 && servers.unread === undefined),
    ...(subnets.length === 0 ? {} : { subnets }),
    ...serversBehind(servers),
    ...toLookAtAgain(unread, servers.unread),
    ...(notes.length === 0 ? {} : { notes: notes.map((note) => withoutLost(note, [...result.lost, ...elsewhere])) }),
  };
}

/** A server in doubt is one that may be here: a policy of it does not end because the panel could not be read. */
function serversBehind({
  dedicated,
  guests,
  missingGuests,
  unread,
}: PortServers): Pick<DesiredPortBindings, 'serverIds'> {
  const known = [...dedicated, ...guests].map(({ serverId }) => serverId);
  const inDoubt = [...missingGuests.flatMap(({ serverId }) => serverId ?? []), ...(unread?.serverIds ?? [])];
  const serverIds = [...new Set([...known, ...inDoubt])].sort((a, b) => a - b);
  return serverIds.length === 0 ? {} : { serverIds };
}

/** Only what is new: a port that was brought to its bindings under the present settings needs nothing of it. */
function settingsOf(
  { settings: { digest, isNews, changes, names } }: DesiredFacts,
  isWhole: boolean,
): Pick<DesiredPortBindings, 'settings'> {
  return isNews ? { settings: { digest, isWhole, ...(changes.length === 0 ? {} : { changes, names }) } } : {};
}

/**
 * Servers of which nothing is new but their MACs, so that another server with one is found; and those that are
 * remembered to be bound here with an address that enters elsewhere now, so that nothing takes it for the proof of a move.
 */
function furtherNotes(
  servers: PortServers,
  { here, placed }: DesiredFacts,
  { bound, additional }: Pick<DesiredPort, 'bound' | 'additional'>,
  elsewhere: readonly Exclusion[],
): PlacementNote[] {
  const noted = new Set(servers.notes?.map(({ serverId }) => serverId));
  return [...servers.dedicated, ...servers.guests].flatMap(({ serverId }) => {
    const placement = noted.has(serverId) ? undefined : placed.find((one) => one.serverId === serverId);
    if (placement === undefined) return [];
    const held = placedAt(placement, here)?.bound ?? [];
    if (elsewhere.some((one) => one.serverId === serverId && held.includes(one.ip))) return noteAsBefore(placement);
    const desired = [
      ...bound.filter((claim) => claim.serverId === serverId).map(({ binding }) => binding),
      ...additional.filter((address) => address.serverId === serverId && address.wasBound),
    ];
    return noteOfMacs(placement, here, desired) ?? [];
  });
}

/** What is bound of an address that is somebody else's, or may be, or that enters elsewhere, is not put down to this server here. */
function withoutLost(note: PlacementNote, lost: readonly Pick<Exclusion, 'serverId' | 'ip'>[]): PlacementNote {
  const disputed = lost.filter(({ serverId }) => serverId === note.serverId).map(({ ip }) => ip);
  return disputed.length === 0 ? note : { ...note, disputed };
}

/** Odd rows of the panel's subnets, as the summary shows them. */
function describeFaults(faults: VlanReadings['faults']): string {
  if (faults.length === 0) return '';
  const more = faults.length > SHOWN_FAULTS ? `, and ${faults.length - SHOWN_FAULTS} more` : '';
  return `; in the panel ${faults.slice(0, SHOWN_FAULTS).join('; ')}${more}`;
}

/** A guest behind the port without a reading. */
interface UnreadEntry {
  readonly entry: GuestMember;
  /** Absent when the readings lack the guest. */
  readonly error?: ErrorReport;
}

function unreadGuests(servers: PortServers, inventories: readonly NodeInventory[]): UnreadEntry[] {
  return servers.guests.flatMap((entry): UnreadEntry[] => {
    if (guestOf(entry, inventories) !== undefined) return [];
    const error = inventories
      .filter(({ cluster }) => cluster === entry.cluster)
      .flatMap(({ unread }) => unread ?? [])
      .find(({ vmid }) => vmid === entry.vmid)?.error;
    return [{ entry, ...(error === undefined ? {} : { error }) }];
  });
}

/** Whatever is bound for a guest without a reading stays. */
function withoutReading({ entry: { cluster, vmid, name, ips }, error }: UnreadEntry): Exclusion[] {
  const why = error === undefined ? `was not read from ${cluster}` : `could not be read (${error.message})`;
  const message = `guest ${vmid} of ${name} ${why}; its binding stays as it is`;
  return ips.map(({ ip }) => ({ ip, rule: error === undefined ? 'guest-not-found' : 'guest-unread', message }));
}

/** Which servers are to be looked at again because their panel entries or guests could not be read, when that may pass by itself. */
function toLookAtAgain(
  unread: readonly UnreadEntry[],
  unreadServers: PortServers['unread'],
): Pick<DesiredPortBindings, 'unread'> {
  const passing = unread.flatMap(({ entry, error }) =>
    error?.retryable === true ? [{ serverId: entry.serverId, error }] : [],
  );
  const error = unreadServers?.error ?? passing[0]?.error;
  return error === undefined
    ? {}
    : {
        unread: { serverIds: [...(unreadServers?.serverIds ?? []), ...passing.map(({ serverId }) => serverId)], error },
      };
}
