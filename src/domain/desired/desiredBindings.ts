import type { Refusal } from './addressRules';
import type { Binding } from './binding';
import { settleClaims, type Claim, type KnownClaims, type SettledClaims } from './claims';
import type { ServerId } from '../event/event';
import { compareIps, type IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { Exclusion, ExclusionRule } from '../change/outcome';
import type { AssignedIp, Guest, GuestNic } from '../servers/server';
import { vlanAllowed, type VlanAllowlist, type VlanId } from '../values/vlan';
import type { StatedVlan } from './vlanResolution';

/** A dedicated server on the port. */
export interface DedicatedSource {
  readonly serverId: ServerId;
  readonly name: string;
  readonly pxeMac?: MacAddress;
  readonly ips: readonly AssignedIp[];
  /** The port's own access or native VLAN, asked for only when an address has no stated VLAN. */
  readonly portVlan?: VlanId;
}

/** A guest of the node behind the port, with the addresses that its panel entry has. */
export interface GuestSource {
  readonly serverId: ServerId;
  readonly name: string;
  readonly guest: Guest;
  readonly ips: readonly AssignedIp[];
}

/** Everything the desired bindings of one port are computed from. */
export interface PortSources {
  readonly dedicated: readonly DedicatedSource[];
  readonly guests: readonly GuestSource[];
  /** The stated VLAN of each address (rules 1 and 2), where there is one. */
  readonly stated: ReadonlyMap<IpAddress, StatedVlan>;
  /** Why it is not clear whether the panel's subnets state a VLAN: such an address gets none from port or NIC either. */
  readonly unclear?: ReadonlyMap<IpAddress, string>;
  /** Addresses that are bound to nobody, and why. */
  readonly refused?: ReadonlyMap<IpAddress, Refusal>;
  readonly allowlist: VlanAllowlist;
  /** The VLAN of untagged frames on the node's uplink, when the configuration says it. */
  readonly nativeVlan?: VlanId;
}

/** What a port shall let through, and what was left out and why. */
export interface DesiredPort {
  readonly bindings: readonly Binding[];
  readonly excluded: readonly Exclusion[];
  /**
   * Addresses whose present statements stay: all that were left out. The panel still assigns them to a server behind
   * the port, so nothing that keeps one from being bound now (another VLAN, a changed allowlist, a NIC that is gone)
   * says that it may be taken away.
   */
  readonly retainIps: readonly IpAddress[];
  /** Addresses that several servers claim, with those servers whose they are not, or not for certain. */
  readonly lost: SettledClaims['lost'];
  /** The bindings with the servers that they are of. */
  readonly bound: SettledClaims['bound'];
}

type Resolution = { readonly binding: Binding } | Refusal;

/** What every address of the servers behind a port would be bound as, or why it is left out, each by itself. Never guesses. */
export function claimsOf(sources: PortSources): readonly Claim[] {
  return [
    ...sources.dedicated.flatMap((server) =>
      server.ips.map((assigned) => claimOf(sources, server, resolveDedicated(sources, server, assigned), assigned.ip)),
    ),
    ...sources.guests.flatMap((source) =>
      source.ips.map((assigned) => claimOf(sources, source, resolveGuest(sources, source, assigned), assigned.ip)),
    ),
  ];
}

/** The desired bindings of one port: its claims without those that exclude each other. What is uncertain is left out and named. */
export function desiredBindings(claims: readonly Claim[], known: KnownClaims): DesiredPort {
  const { bound: settled, excluded, lost } = settleClaims(claims, known);
  const bound = new Set(settled.map(({ ip }) => ip));
  return {
    bindings: settled.map(({ binding }) => binding).sort((a, b) => compareIps(a.ip, b.ip)),
    excluded: [...excluded].sort((a, b) => compareIps(a.ip, b.ip)),
    retainIps: [...new Set(excluded.map((exclusion) => exclusion.ip))].filter((ip) => !bound.has(ip)).sort(compareIps),
    lost,
    bound: settled,
  };
}

function claimOf(
  sources: PortSources,
  { serverId, name }: Pick<DedicatedSource, 'serverId' | 'name'>,
  resolution: Resolution,
  ip: IpAddress,
): Claim {
  return { serverId, name, ip, outcome: permit(sources, resolution) };
}

function permit(sources: PortSources, resolution: Resolution): Resolution {
  if (!('binding' in resolution) || vlanAllowed(sources.allowlist, resolution.binding.vlan)) return resolution;
  const { ip, vlan } = resolution.binding;
  return leaveOut(
    'vlan-not-allowed',
    `${ip} is in VLAN ${vlan}, which is not in the allowlist ${sources.allowlist.join(',')}`,
  );
}

function resolveDedicated(sources: PortSources, server: DedicatedSource, assigned: AssignedIp): Resolution {
  const { ip } = assigned;
  if (assigned.isSubnet)
    return leaveOut(
      'subnet-assignment',
      `${ip} of ${server.name} is a whole subnet; only single addresses can be bound`,
    );
  const outright = refusedOutright(sources, ip, server.name);
  if (outright !== undefined) return outright;
  if (server.pxeMac === undefined) return leaveOut('no-mac', `${server.name} has no dhcp connection with a pxe_mac`);
  const vlan = sources.stated.get(ip)?.vlan ?? server.portVlan;
  if (vlan === undefined) return leaveOut('vlan-unresolved', unresolved(ip, server.name));
  return { binding: { ip, mac: server.pxeMac, vlan } };
}

function resolveGuest(sources: PortSources, source: GuestSource, assigned: AssignedIp): Resolution {
  const { ip } = assigned;
  const { guest, name } = source;
  if (assigned.isSubnet)
    return leaveOut('subnet-assignment', `${ip} of ${name} is a whole subnet; only single addresses can be bound`);
  if (guest.template) return leaveOut('template', `${name} is a template`);
  const outright = refusedOutright(sources, ip, name);
  if (outright !== undefined) return outright;
  const stated = sources.stated.get(ip)?.vlan;
  const named = guest.nics.filter((nic) => nic.ips.includes(ip));
  const candidates = named.length > 0 ? named : guest.nics;
  const possible = candidates.flatMap((nic) => {
    const vlan = nicVlan(sources, nic, stated);
    return vlan === undefined ? [] : [{ nic, vlan }];
  });
  const definite = possible.filter(({ nic }) => nic.vlan.kind !== 'trunk');
  const matches = definite.length > 0 ? definite : possible;
  if (matches.length === 0) return noMatch(sources, source, ip, stated, candidates);
  const fitting = [...matches.map(({ nic }) => nic), ...(stated === undefined ? rivalsOf(matches, candidates) : [])];
  if (fitting.length > 1) {
    const nics = fitting.map((nic) => `net${nic.index}`).join(', ');
    return leaveOut(
      'ambiguous-nic',
      `${ip} of ${name} fits several NICs (${nics}); tie it to one by ipconfigN or by VLAN`,
    );
  }
  const [match] = matches;
  const mac = match?.nic.macs[0];
  if (match === undefined || mac === undefined)
    return leaveOut('no-mac', `the NIC of ${name} for ${ip} has no fixed MAC`);
  return { binding: { ip, mac, vlan: match.vlan } };
}

/** What leaves an address out whatever the server is. */
function refusedOutright(sources: PortSources, ip: IpAddress, name: string): Refusal | undefined {
  const unclear = sources.unclear?.get(ip);
  const doubt =
    unclear === undefined
      ? undefined
      : leaveOut('vlan-unresolved', `the panel does not say for certain in which VLAN ${ip} of ${name} is: ${unclear}`);
  return sources.refused?.get(ip) ?? doubt;
}

/** Without a stated VLAN nothing speaks against the NICs whose own VLAN is open: a trunk, or one that could not be read. */
function rivalsOf(matches: readonly { readonly nic: GuestNic }[], candidates: readonly GuestNic[]): GuestNic[] {
  return candidates.filter((nic) => nic.vlan.kind !== 'off-uplink' && !matches.some((match) => match.nic === nic));
}

/** The VLAN that an address would have through this NIC, or undefined when the NIC cannot carry it for certain. */
function nicVlan(sources: PortSources, nic: GuestNic, stated: VlanId | undefined): VlanId | undefined {
  const { vlan } = nic;
  switch (vlan.kind) {
    case 'tagged':
      return stated === undefined || stated === vlan.vlan ? vlan.vlan : undefined;
    case 'native':
      return stated === undefined || stated === sources.nativeVlan ? sources.nativeVlan : undefined;
    case 'trunk': {
      if (stated === undefined) return undefined;
      const tagged = vlan.vlans === 'all' || vlan.vlans.includes(stated);
      return tagged || (vlan.native && stated === sources.nativeVlan) ? stated : undefined;
    }
    case 'off-uplink':
    case 'unknown':
      return undefined;
  }
}

function noMatch(
  sources: PortSources,
  source: GuestSource,
  ip: IpAddress,
  stated: VlanId | undefined,
  candidates: readonly GuestNic[],
): Resolution {
  const unknown = candidates.find((nic) => nic.vlan.kind === 'unknown');
  if (unknown?.vlan.kind === 'unknown') {
    return leaveOut(
      'vlan-unresolved',
      `the VLAN of net${unknown.index} of ${source.name} is unknown (${unknown.vlan.why})`,
    );
  }
  if (candidates.length === 0) return leaveOut('no-mac', `${source.name} has no network interface`);
  if (candidates.every((nic) => nic.vlan.kind === 'off-uplink')) {
    return leaveOut('off-uplink', `no NIC of ${source.name} reaches the uplink`);
  }
  if (stated === undefined) return leaveOut('vlan-unresolved', unresolved(ip, source.name));
  const untagged = sources.nativeVlan === undefined ? candidates.find((nic) => sendsUntagged(nic)) : undefined;
  if (untagged !== undefined) {
    return leaveOut(
      'vlan-unresolved',
      `net${untagged.index} of ${source.name} sends ${ip} untagged, and no native VLAN of the uplink is configured`,
    );
  }
  const present = candidates.map((nic) => `net${nic.index} ${describeNicVlan(nic)}`).join(', ');
  const native = sources.nativeVlan === undefined ? '' : `; native VLAN ${sources.nativeVlan}`;
  return leaveOut(
    'vlan-conflict',
    `${ip} of ${source.name} belongs to VLAN ${stated}, but its NICs are ${present}${native}`,
  );
}

function sendsUntagged({ vlan }: GuestNic): boolean {
  return vlan.kind === 'native' || (vlan.kind === 'trunk' && vlan.native);
}

function describeNicVlan(nic: GuestNic): string {
  const { vlan } = nic;
  if (vlan.kind === 'tagged') return `in VLAN ${vlan.vlan}`;
  if (vlan.kind === 'native') return 'untagged';
  if (vlan.kind === 'trunk')
    return vlan.vlans === 'all' ? 'a trunk of all VLANs' : `a trunk of ${vlan.vlans.join(',')}`;
  return vlan.kind === 'off-uplink' ? 'not on the uplink' : 'unknown';
}

function unresolved(ip: IpAddress, name: string): string {
  return `nothing says in which VLAN ${ip} of ${name} is: neither the configured map, the panel's subnet nor the port`;
}

function leaveOut(rule: ExclusionRule, message: string): Refusal {
  return { rule, message };
}
