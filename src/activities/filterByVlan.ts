import { refusedAddress, type Refusal } from '../domain/desired/addressRules';
import {
  desiredBindings,
  type DedicatedSource,
  type DesiredPort,
  type GuestSource,
} from '../domain/desired/desiredBindings';
import { reportError, type ErrorReport } from '../domain/errors';
import { compareIps, type IpAddress } from '../domain/values/ip';
import type { Exclusion } from '../domain/change/outcome';
import type { GuestMember } from '../domain/servers/membership/finding';
import type { PlacementNote } from '../domain/servers/placement';
import type { DeviceId } from '../domain/values/port';
import type { AssignedIp, Guest } from '../domain/servers/server';
import { statedVlan, type StatedVlan } from '../domain/desired/vlanResolution';
import type { Activities, DesiredPortBindings, FilterByVlanInput } from '../protocol/activities';
import type { ActivityDependencies, PanelSubnetFacts } from './dependencies';
import { attemptSignal } from './failure';
import { ClaimsReader } from './knownClaims';

type PortInput = FilterByVlanInput['ports'][number];

/** How many odd rows of the panel's subnets are told in full. */
const SHOWN_FAULTS = 5;

/**
 * Resolves the VLAN of every address (configured map, panel subnet, port or NIC), applies the allowlist and so
 * computes the desired bindings of each port, with the rule for each address left out.
 */
export function createFilterByVlan(deps: ActivityDependencies): Activities['filterByVlan'] {
  return async ({ device, ports }) => {
    const signal = attemptSignal();
    const subnets = await deps.panel.subnets(signal);
    if (subnets.faults.length > 0)
      deps.log.warn(
        { device, rows: subnets.faults.slice(0, SHOWN_FAULTS) },
        "rows of the panel's subnets cannot be read",
      );
    const claims = new ClaimsReader(
      deps,
      device,
      ports.map(({ servers }) => servers),
      signal,
    );
    const desired: DesiredPortBindings[] = [];
    const failed: { port: PortInput['servers']['port']; error: ErrorReport }[] = [];
    for (const input of ports) {
      try {
        desired.push(await desiredPort(deps, device, input, { subnets, claims }, signal));
      } catch (error) {
        if (signal.aborted) throw error;
        failed.push({ port: input.servers.port, error: reportError(error) });
      }
    }
    const bindings = desired.reduce((sum, port) => sum + port.desired.length, 0);
    const excluded = desired.reduce((sum, port) => sum + port.excluded.length, 0);
    return {
      summary: `${bindings} bindings desired on ${desired.length} ports, ${excluded} addresses left out${faultsOf(subnets)}`,
      ports: desired,
      failed,
    };
  };
}

async function desiredPort(
  deps: ActivityDependencies,
  device: DeviceId,
  { servers, inventories }: PortInput,
  { subnets, claims }: { readonly subnets: PanelSubnetFacts; readonly claims: ClaimsReader },
  signal: AbortSignal,
): Promise<DesiredPortBindings> {
  const addresses = addressFacts(
    deps,
    subnets,
    [...servers.dedicated, ...servers.guests].flatMap((server) => server.ips),
  );
  const isOpen = ({ ip, isSubnet }: AssignedIp): boolean =>
    !isSubnet && !addresses.stated.has(ip) && !addresses.unclear.has(ip) && !addresses.refused.has(ip);
  const unstated = servers.dedicated.some((server) => server.ips.some(isOpen));
  const portVlan = unstated ? await deps.panel.portVlan(device, servers.port, signal) : undefined;
  const dedicated = servers.dedicated.map((server): DedicatedSource => ({
    serverId: server.serverId,
    name: server.name,
    ips: server.ips,
    ...(server.pxeMac === undefined ? {} : { pxeMac: server.pxeMac }),
    ...(portVlan === undefined ? {} : { portVlan }),
  }));
  const nativeVlan = inventories
    .map(({ cluster }) => deps.hypervisors.get(cluster)?.nativeVlan)
    .find((vlan) => vlan !== undefined);
  const result = desiredBindings({
    dedicated,
    guests: guestSources(servers, inventories),
    ...addresses,
    claims: await claims.of(servers),
    allowlist: deps.vlans.allowlist,
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  });
  const bound = new Set(result.bindings.map((binding) => binding.ip));
  const unread = unreadGuests(servers, inventories);
  const missing = [...servers.missingGuests, ...unread.flatMap(withoutReading)].filter(
    (exclusion) => !bound.has(exclusion.ip),
  );
  return {
    port: servers.port,
    desired: result.bindings,
    excluded: [...result.excluded, ...missing].sort((a, b) => compareIps(a.ip, b.ip)),
    retainIps: [...new Set([...result.retainIps, ...missing.map((exclusion) => exclusion.ip)])],
    removals: servers.removals,
    ...toLookAtAgain(unread, servers.unread),
    ...(servers.notes === undefined ? {} : { notes: servers.notes.map((note) => withoutLost(note, result.lost)) }),
  };
}

/** What is bound of an address that is somebody else's, or may be, is not put down to this server. */
function withoutLost(note: PlacementNote, lost: DesiredPort['lost']): PlacementNote {
  const disputed = lost.filter(({ serverId }) => serverId === note.serverId).map(({ ip }) => ip);
  return disputed.length === 0 ? note : { ...note, disputed };
}

/** Odd rows of the panel's subnets, as the summary tells them. */
function faultsOf({ faults }: PanelSubnetFacts): string {
  if (faults.length === 0) return '';
  const more = faults.length > SHOWN_FAULTS ? `, and ${faults.length - SHOWN_FAULTS} more` : '';
  return `; in the panel ${faults.slice(0, SHOWN_FAULTS).join('; ')}${more}`;
}

/** What map, panel and rules say of each address by itself. */
function addressFacts(deps: ActivityDependencies, subnets: PanelSubnetFacts, assigned: readonly AssignedIp[]) {
  const stated = new Map<IpAddress, StatedVlan>();
  const unclear = new Map<IpAddress, string>();
  const refused = new Map<IpAddress, Refusal>();
  for (const one of assigned) {
    const panel = subnets.of(one);
    const vlan = statedVlan(deps.vlans.map, panel, one.ip);
    if (vlan !== undefined && 'unclear' in vlan) unclear.set(one.ip, vlan.unclear);
    else if (vlan !== undefined) stated.set(one.ip, vlan);
    const refusal = refusedAddress(one.ip, panel);
    if (refusal !== undefined) refused.set(one.ip, refusal);
  }
  return { stated, unclear, refused };
}

function guestSources(servers: PortInput['servers'], inventories: PortInput['inventories']): GuestSource[] {
  return servers.guests.flatMap((entry) => {
    const guest = guestOf(entry, inventories);
    return guest === undefined ? [] : [{ serverId: entry.serverId, name: entry.name, guest, ips: entry.ips }];
  });
}

/** A guest behind the port without a reading. */
interface UnreadEntry {
  readonly entry: GuestMember;
  /** Absent when the readings lack the guest. */
  readonly error?: ErrorReport;
}

function unreadGuests(servers: PortInput['servers'], inventories: PortInput['inventories']): UnreadEntry[] {
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
  unreadServers: PortInput['servers']['unread'],
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

function guestOf(entry: GuestMember, inventories: PortInput['inventories']): Guest | undefined {
  return inventories
    .filter(({ cluster }) => cluster === entry.cluster)
    .flatMap(({ guests }) => guests)
    .find(({ vmid }) => vmid === entry.vmid);
}
