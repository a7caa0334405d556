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
  if (guest.template) return template(source);
  const outright = refusedOutright(sources, ip, name);
  if (outright !== undefined) return outright;
  const stated = sources.stated.get(ip)?.vlan;
  const named = guest.nics.filter((nic) => nic.ips.includes(ip));
  const known = named.length > 0 ? named : guest.nics;
  const candidates = known.filter((nic) => nic.notYet !== true);
  const waiting = known.find((nic) => nic.notYet === true && nicVlanOf(sources, source, nic, stated) !== undefined);
  const elsewhere = entersElsewhere(source, candidates);
  if (elsewhere !== undefined) return elsewhere;
  const possible = candidates.flatMap((nic) => {
    const vlan = nicVlanOf(sources, source, nic, stated);
    return vlan === undefined ? [] : [{ nic, vlan }];
  });
  const definite = possible.filter(({ nic }) => nic.vlan.kind !== 'trunk');
  const matches = definite.length > 0 ? definite : possible;
  if (matches.length === 0)
    return waiting === undefined
      ? noMatch(sources, source, ip, stated, candidates)
      : leaveOut(
          'nic-pending',
          `${ip} of ${name} fits net${waiting.index} alone, which is added at the guest's next start`,
        );
  const rivals = stated === undefined ? rivalsOf(matches, candidates) : [];
  const fitting = linkedFirst([...matches.map(({ nic }) => nic), ...rivals], matches);
  const nic = fitting.length > 1 ? chosenOf(source, fitting) : fitting[0];
  if (nic === undefined) return ambiguous(source, ip, fitting);
  const match = matches.find((one) => one.nic === nic);
  if (match === undefined) return noMatch(sources, source, ip, stated, [nic]);
  const other = notHere(source, nic, ip);
  if (other !== undefined) return other;
  const mac = nic.macs[0];
  if (mac === undefined) return leaveOut('no-mac', `the NIC of ${name} for ${ip} has no fixed MAC`);
  const bound = { binding: { ip, mac, vlan: match.vlan } };
  return nic.pending === undefined ? bound : { ...bound, warning: pendingOf(source, nic, ip, nic.pending) };
}

/** A guest that is marked as a template and not certain to be stopped may still send: it is looked at by a person. */
function template({ guest, name }: GuestSource): Refusal {
  return guest.templateRuns === true
    ? leaveOut(
        'template-runs',
        `${name} is marked as a template, but nothing says that guest ${guest.vmid} is stopped; what is bound stays`,
      )
    : leaveOut('template', `${name} is a template`);
}

/** NICs whose link is down lose against those whose link is up, as long as one of the latter carries the address. */
function linkedFirst(
  fitting: readonly GuestNic[],
  matches: readonly { readonly nic: GuestNic }[],
): readonly GuestNic[] {
  const isUp = (nic: GuestNic): boolean => nic.linkDown !== true;
  return matches.some(({ nic }) => isUp(nic)) ? fitting.filter(isUp) : fitting;
}

/** The NIC that the guest's tags choose of those that fit; undefined when they choose none of them, or several. */
function chosenOf({ guest }: GuestSource, fitting: readonly GuestNic[]): GuestNic | undefined {
  const chosen = fitting.filter(({ index }) => guest.chosenNics?.includes(index) === true);
  return chosen.length === 1 ? chosen[0] : undefined;
}

function ambiguous({ guest, name }: GuestSource, ip: IpAddress, fitting: readonly GuestNic[]): Refusal {
  const nics = fitting.map((nic) => `net${nic.index}`).join(', ');
  const chosen = (guest.chosenNics ?? []).map((index) => `portwarden-net${index}`).join(' and ');
  const tags = chosen === '' ? '' : `; the tags of the guest (${chosen}) do not choose one of them`;
  return leaveOut(
    'ambiguous-nic',
    `${ip} of ${name} fits several NICs (${nics}); tie it to one by ipconfigN, by VLAN or by a tag such as portwarden-net${fitting[0]?.index ?? 0}${tags}`,
  );
}

/** What is to be said of an address that is bound by a NIC as it is now, while the guest's next start changes it. */
function pendingOf({ name }: GuestSource, { index }: GuestNic, ip: IpAddress, pending: string): Refusal {
  return leaveOut(
    'nic-pending',
    `net${index} of ${name} changes at the guest's next start: ${pending}; until then ${ip} is bound as it is now`,
  );
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

function nicVlanOf(
  sources: PortSources,
  source: GuestSource,
  nic: GuestNic,
  stated: VlanId | undefined,
): VlanId | undefined {
  return nicVlan(nativeVlanOf(sources, source, nic), nic, stated);
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
