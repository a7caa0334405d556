import { macInVlanKey, type MacInVlan } from '../desired/binding';
import type { IpAddress } from '../values/ip';
import { samePort, type PortRef } from '../values/port';
import { tryParseMac } from '../values/mac';
import type { VlanId } from '../values/vlan';
import { placedAt, type PlacementNote } from './placement';
import type { Placement } from './server';

/** A binding that a pass read back from a port. */
export interface ReadBack {
  readonly ip: IpAddress;
  /** As the device spells it. */
  readonly mac: string;
  /** Absent when nothing says for certain which it is. */
  readonly vlan?: VlanId;
}

/**
 * The placement with the MACs that were read back with its addresses at a port. A MAC known from earlier passes stays
 * remembered while an address is bound to it of which the VLAN is not known this time.
 */
export function noteMacs(
  placement: Placement | undefined,
  here: PortRef,
  readBack: readonly ReadBack[],
): Placement | undefined {
  const placed = placedAt(placement, here);
  if (placement === undefined || placed === undefined) return placement;
  const { macs: before = [], ...rest } = placed;
  const own = readBack.filter(({ ip }) => placed.bound?.includes(ip) === true);
  const known = own.flatMap(({ mac: text, vlan }) => {
    const mac = tryParseMac(text);
    return mac === undefined || vlan === undefined ? [] : [{ mac, vlan }];
  });
  const stayed = before.filter(({ mac }) => own.some((binding) => binding.vlan === undefined && binding.mac === mac));
  const macs = distinct([...known, ...stayed]);
  const after = macs.length === 0 ? rest : { ...rest, macs };
  return { ...placement, ports: placement.ports.map((port) => (samePort(port, here) ? after : port)) };
}

/**
 * What a pass has to note of a server of which it knows nothing new but the MACs of its desired bindings here.
 * Undefined when these are the remembered ones.
 */
export function noteOfMacs(
  placement: Placement,
  here: PortRef,
  desired: readonly MacInVlan[],
): PlacementNote | undefined {
  const known = distinct(placedAt(placement, here)?.macs ?? []).map(macInVlanKey);
  const now = distinct(desired).map(macInVlanKey);
  return known.join() === now.join() ? undefined : noteAsBefore(placement);
}

/** What a pass has to note of a server of which it knows nothing new, so that what it reads back is remembered. */
export function noteAsBefore(placement: Placement): PlacementNote {
  const { serverId, kind, guest, ips } = placement;
  const ports = placement.ports.filter(({ left }) => left !== true).map(({ device, port }) => ({ device, port }));
  const seen = placement.seenAt === undefined ? {} : { seenAt: placement.seenAt };
  return { serverId, kind, at: 'here', ips, ...(guest === undefined ? { ports } : { guest }), ...seen };
}

/** Each MAC in a VLAN once, in a fixed order. */
function distinct(macs: readonly MacInVlan[]): MacInVlan[] {
  const byKey = new Map(macs.map(({ mac, vlan }) => [macInVlanKey({ mac, vlan }), { mac, vlan }]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
