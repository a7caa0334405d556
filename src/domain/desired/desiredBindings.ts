import { keepsOwnMac, type AdditionalAddress } from './additionalAddress';
import type { Binding } from './binding';
import { settleClaims, type Claim, type KnownClaims, type SettledClaims } from './claims';
import { compareIps, type IpAddress } from '../values/ip';
import type { Exclusion } from '../change/outcome';
import { describeUplink } from '../servers/nodeUplink';
import type { AssignedIp } from '../servers/server';
import { vlanAllowed } from '../values/vlan';
import { resolveGuest } from './guestAddress';
import { leaveOut, refusedOutright, unresolved, wholeSubnet, type Resolution } from './resolution';
import type { DedicatedSource, PortSources } from './sources';

/** What a port shall let through, and what was left out and why. */
export interface DesiredPort {
  readonly bindings: readonly Binding[];
  /** Further addresses of dedicated servers: how they are bound is decided by what the device has. */
  readonly additional: readonly AdditionalAddress[];
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

/**
 * What every address of the servers behind a port would be bound as, or why it is left out, each by itself. Never
 * guesses. Addresses that enter through another uplink of the node are claimed there and not here.
 */
export function claimsOf(sources: PortSources): readonly Claim[] {
  return [
    ...sources.dedicated.flatMap((server) =>
      server.ips.flatMap((assigned) =>
        claimOf(sources, server, resolveDedicated(sources, server, assigned), assigned.ip),
      ),
    ),
    ...sources.guests.flatMap((source) =>
      source.ips.flatMap((assigned) => claimOf(sources, source, resolveGuest(sources, source, assigned), assigned.ip)),
    ),
  ];
}

/** Addresses that enter through another uplink of their node. What is bound of them here is of a time before, or wrong. */
export function elsewhereOf(sources: PortSources): readonly Exclusion[] {
  return sources.guests.flatMap((source) =>
    source.ips.flatMap((assigned): Exclusion[] => {
      const found = resolveGuest(sources, source, assigned);
      if (!('elsewhere' in found)) return [];
      const { ip } = assigned;
      const nics = found.nics.map((nic) => `net${nic.index} on ${nic.bridge ?? 'no bridge'}`).join(', ');
      const message = `${ip} of ${source.name} enters through ${describeUplink({ ports: found.elsewhere })} (${nics}) and not here`;
      return [{ ip, rule: 'other-uplink', message, serverId: source.serverId }];
    }),
  );
}

/** The desired bindings of one port: its claims without those that exclude each other. What is uncertain is left out and named. */
export function desiredBindings(claims: readonly Claim[], known: KnownClaims): DesiredPort {
  const { bound: settled, additional, excluded, lost } = settleClaims(claims, known);
  const bound = new Set([...settled, ...additional].map(({ ip }) => ip));
  const warnings = settled.flatMap(({ ip, outcome }) => ('warning' in outcome ? [{ ip, ...outcome.warning }] : []));
  return {
    bindings: settled.map(({ binding }) => binding).sort((a, b) => compareIps(a.ip, b.ip)),
    additional: [...additional].sort((a, b) => compareIps(a.ip, b.ip)),
    excluded: [...excluded, ...warnings].sort((a, b) => compareIps(a.ip, b.ip)),
    retainIps: [...new Set(excluded.map((exclusion) => exclusion.ip))].filter((ip) => !bound.has(ip)).sort(compareIps),
    lost,
    bound: settled,
  };
}

function claimOf(
  sources: PortSources,
  { serverId, name }: Pick<DedicatedSource, 'serverId' | 'name'>,
  resolution: Resolution | Claim['outcome'],
  ip: IpAddress,
): readonly Claim[] {
  return 'elsewhere' in resolution ? [] : [{ serverId, name, ip, outcome: permit(sources, resolution) }];
}

function permit(sources: PortSources, resolution: Claim['outcome']): Claim['outcome'] {
  if ('rule' in resolution) return resolution;
  const { ip, vlan } = 'binding' in resolution ? resolution.binding : resolution.additional;
  if (vlanAllowed(sources.allowlist, vlan)) return sources.stray?.(ip, vlan) ?? resolution;
  return leaveOut(
    'vlan-not-allowed',
    `${ip} is in VLAN ${vlan}, which is not in the allowlist ${sources.allowlist.join(',')}`,
  );
}

function resolveDedicated(sources: PortSources, server: DedicatedSource, assigned: AssignedIp): Claim['outcome'] {
  const { ip } = assigned;
  if (assigned.isSubnet) return wholeSubnet(assigned, server.name);
  const outright = refusedOutright(sources, ip, server.name);
  if (outright !== undefined) return outright;
  const virtual = server.macs?.virtual.get(ip);
  const mac = virtual ?? server.pxeMac;
  if (mac === undefined) return leaveOut('no-mac', `${server.name} has no dhcp connection with a pxe_mac`);
  const vlan = sources.stated.get(ip)?.vlan ?? server.portVlan;
  if (vlan === undefined) return leaveOut('vlan-unresolved', unresolved(ip, server.name));
  const additional = virtual === undefined ? additionalAddress(sources, server, assigned) : undefined;
  return additional === undefined
    ? { binding: { ip, mac, vlan } }
    : { additional: { ...additional, serverId: server.serverId, name: server.name, ip, vlan, mac } };
}

/** What the policy of the device says of an address without a virtual MAC; undefined when the server's own MAC is for it. */
function additionalAddress(
  sources: PortSources,
  { ips, macs }: DedicatedSource,
  assigned: AssignedIp,
): Pick<AdditionalAddress, 'policy' | 'wasBound' | 'revoked'> | undefined {
  if (macs === undefined || macs.policy === 'same-mac') return undefined;
  const bindable = ips.filter(({ ip, isSubnet }) => !isSubnet && sources.refused?.has(ip) !== true);
  if (keepsOwnMac(assigned, bindable, macs)) return undefined;
  const { policy, bound, revoked } = macs;
  return { policy, wasBound: bound.has(assigned.ip), revoked: revoked.get(assigned.ip) ?? [] };
}
