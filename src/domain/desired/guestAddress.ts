import { samePort, type PortRef } from '../values/port';
import type { VlanId } from '../values/vlan';
import type { IpAddress } from '../values/ip';
import type { AssignedIp, GuestNic } from '../servers/server';
import type { Refusal } from './addressRules';
import {
  leaveOut,
  refusedOutright,
  unresolved,
  wholeSubnet,
  type EntersElsewhere,
  type Resolution,
} from './resolution';
import type { GuestSource, PortSources } from './sources';

/** What an address of a guest would be bound as: the NIC that carries it, by stated VLAN, tie and uplink. Never guesses. */
export function resolveGuest(sources: PortSources, source: GuestSource, assigned: AssignedIp): Resolution {
  const { ip } = assigned;
  const { guest, name } = source;
  if (assigned.isSubnet) return wholeSubnet(assigned, name);
  if (guest.template) return leaveOut('template', `${name} is a template`);
  const outright = refusedOutright(sources, ip, name);
  if (outright !== undefined) return outright;
  const stated = sources.stated.get(ip)?.vlan;
  const named = guest.nics.filter((nic) => nic.ips.includes(ip));
  const candidates = named.length > 0 ? named : guest.nics;
  const elsewhere = entersElsewhere(source, candidates);
  if (elsewhere !== undefined) return elsewhere;
  const possible = candidates.flatMap((nic) => {
    const vlan = nicVlan(nativeVlanOf(sources, source, nic), nic, stated);
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
  const other = match === undefined ? undefined : notHere(source, match.nic, ip);
  if (other !== undefined) return other;
  const mac = match?.nic.macs[0];
  if (match === undefined || mac === undefined)
    return leaveOut('no-mac', `the NIC of ${name} for ${ip} has no fixed MAC`);
  return { binding: { ip, mac, vlan: match.vlan } };
}

/** Without a stated VLAN nothing speaks against the NICs whose own VLAN is open: a trunk, or one that could not be read. */
function rivalsOf(matches: readonly { readonly nic: GuestNic }[], candidates: readonly GuestNic[]): GuestNic[] {
  return candidates.filter((nic) => nic.vlan.kind !== 'off-uplink' && !matches.some((match) => match.nic === nic));
}

/** The VLAN of untagged frames on a NIC's uplink. */
function nativeVlanOf(sources: PortSources, { uplinks }: GuestSource, { index }: GuestNic): VlanId | undefined {
  const uplink = uplinks?.get(index);
  return uplink === undefined || uplink.at === 'unknown' ? sources.nativeVlan : uplink.nativeVlan;
}

/** When none of the NICs enters here and of all it is known where they do, whatever is to be said of the address is said there. */
function entersElsewhere({ uplinks }: GuestSource, nics: readonly GuestNic[]): EntersElsewhere | undefined {
  const relevant = nics.filter(({ vlan }) => vlan.kind !== 'off-uplink');
  const others = relevant.flatMap(({ index }) => {
    const uplink = uplinks?.get(index);
    return uplink?.at === 'elsewhere' ? [uplink] : [];
  });
  return relevant.length === 0 || others.length < relevant.length
    ? undefined
    : { elsewhere: distinctPorts(others.flatMap(({ ports }) => ports)), nics: relevant };
}

/** Why an address is not bound at the port though its NIC is known. */
function notHere({ uplinks, name }: GuestSource, nic: GuestNic, ip: IpAddress): Refusal | EntersElsewhere | undefined {
  const uplink = uplinks?.get(nic.index);
  if (uplink?.at === 'elsewhere') return { elsewhere: uplink.ports, nics: [nic] };
  return uplink?.at === 'unknown'
    ? leaveOut('uplink-unknown', `${ip} of ${name} is on net${nic.index} (${nic.bridge ?? 'no bridge'}): ${uplink.why}`)
    : undefined;
}

function distinctPorts(ports: readonly PortRef[]): readonly PortRef[] {
  return ports.filter((port, index) => ports.findIndex((other) => samePort(other, port)) === index);
}

/** The VLAN that an address would have through this NIC, or undefined when the NIC cannot carry it for certain. */
function nicVlan(nativeVlan: VlanId | undefined, nic: GuestNic, stated: VlanId | undefined): VlanId | undefined {
  const { vlan } = nic;
  switch (vlan.kind) {
    case 'tagged':
      return stated === undefined || stated === vlan.vlan ? vlan.vlan : undefined;
    case 'native':
      return stated === undefined || stated === nativeVlan ? nativeVlan : undefined;
    case 'trunk': {
      if (stated === undefined) return undefined;
      const tagged = vlan.vlans === 'all' || vlan.vlans.includes(stated);
      return tagged || (vlan.native && stated === nativeVlan) ? stated : undefined;
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
  const native = (nic: GuestNic): VlanId | undefined => nativeVlanOf(sources, source, nic);
  const untagged = candidates.find((nic) => sendsUntagged(nic) && native(nic) === undefined);
  if (untagged !== undefined) {
    return leaveOut(
      'vlan-unresolved',
      `net${untagged.index} of ${source.name} sends ${ip} untagged, and no native VLAN of the uplink is configured`,
    );
  }
  const present = candidates.map((nic) => `net${nic.index} ${describeNicVlan(nic, native(nic))}`).join(', ');
  return leaveOut('vlan-conflict', `${ip} of ${source.name} belongs to VLAN ${stated}, but its NICs are ${present}`);
}

function sendsUntagged({ vlan }: GuestNic): boolean {
  return vlan.kind === 'native' || (vlan.kind === 'trunk' && vlan.native);
}

function describeNicVlan({ vlan }: GuestNic, nativeVlan: VlanId | undefined): string {
  if (vlan.kind === 'tagged') return `in VLAN ${vlan.vlan}`;
  if (vlan.kind === 'native') return nativeVlan === undefined ? 'untagged' : `untagged (native VLAN ${nativeVlan})`;
  if (vlan.kind === 'trunk')
    return vlan.vlans === 'all' ? 'a trunk of all VLANs' : `a trunk of ${vlan.vlans.join(',')}`;
  return vlan.kind === 'off-uplink' ? 'not on the uplink' : 'unknown';
}
