import type { Exclusion } from '../change/outcome';
import type { Statement } from '../change/statement';
import type { ServerId } from '../event/event';
import type { AssignedIp } from '../servers/server';
import { ipVersion, type IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanId } from '../values/vlan';
import type { Binding } from './binding';

/**
 * What becomes of a further address of a dedicated server: bound to the server's own MAC like the first one; bound to a
 * virtual MAC of its own; or not bound at all.
 */
export type AdditionalAddressPolicy = 'same-mac' | 'virtual-mac' | 'reject';

/** What is known of the MACs of one dedicated server's addresses. */
export interface ServerMacs {
  /** Of the device that the port is on. */
  readonly policy: AdditionalAddressPolicy;
  /** Virtual MACs that addresses have. */
  readonly virtual: ReadonlyMap<IpAddress, MacAddress>;
  /** Virtual MACs that addresses had. */
  readonly revoked: ReadonlyMap<IpAddress, readonly MacAddress[]>;
  /** Addresses that a proven pass has read back, at this port or another, bound to no virtual MAC. */
  readonly bound: ReadonlySet<IpAddress>;
}

/**
 * A further address of a dedicated server, of which its device's statements decide how it is bound: what is bound
 * already stays as it is, for a change of the policy is no event, and its customer configured that MAC.
 */
export interface AdditionalAddress {
  readonly serverId: ServerId;
  readonly name: string;
  readonly ip: IpAddress;
  readonly vlan: VlanId;
  /** The server's own MAC. */
  readonly mac: MacAddress;
  readonly policy: Exclude<AdditionalAddressPolicy, 'same-mac'>;
  /** See {@link ServerMacs.bound}. */
  readonly wasBound: boolean;
  /** Its virtual MACs that were revoked: what is bound to one of them is replaced or goes. */
  readonly revoked: readonly MacAddress[];
}

/** How a further address is bound on a port. */
export type AdditionalVerdict =
  | { readonly kind: 'own-mac'; readonly binding: Binding }
  | { readonly kind: 'virtual-mac' }
  /** Not bound anew. `isTakenAway`: what is there was revoked by a person, or with the address, and goes. */
  | { readonly kind: 'left-out'; readonly exclusion: Exclusion; readonly isTakenAway: boolean };

/**
 * Decides how a further address is bound on a port.
 * @param present what the port has.
 */
export function judgeAdditional(address: AdditionalAddress, present: readonly Statement[]): AdditionalVerdict {
  const { ip, name, mac, vlan, policy, wasBound, revoked } = address;
  const there = present.filter((statement) => statement.ip === ip);
  const standing = there.filter((statement) => !revoked.some((gone) => gone === statement.mac));
  const isOwn = standing.some((statement) => statement.mac === mac);
  if (isOwn || (wasBound && there.length === 0)) return { kind: 'own-mac', binding: { ip, mac, vlan } };
  const [other] = standing;
  if (other !== undefined) {
    const message = `${ip} of ${name} is bound to ${other.mac ?? 'another MAC'} already and stays so: the policy ${policy} is for new addresses. To give it a virtual MAC: portwarden vmac assign ${address.serverId} ${ip}`;
    return { kind: 'left-out', exclusion: { ip, rule: 'bound-otherwise', message }, isTakenAway: false };
  }
  if (policy === 'virtual-mac') return { kind: 'virtual-mac' };
  const message = `${ip} is a further address of ${name}, and the policy of the switch (additionalAddresses: reject) binds none. To bind it with a virtual MAC: portwarden vmac assign ${address.serverId} ${ip}`;
  return {
    kind: 'left-out',
    exclusion: { ip, rule: 'additional-address', message },
    isTakenAway: there.length > 0,
  };
}

/**
 * Whether an address of a dedicated server is bound to the server's own MAC whatever the policy is. The primary one is;
 * in an address family without a primary one the first that has no virtual MAC is, one that is bound already before
 * the others. IPv4 and IPv6 are counted apart: a host has both on one interface, and devices list them apart.
 * @param bindable the server's addresses that can be bound at all, in the panel's order.
 */
export function keepsOwnMac(
  { ip, primary }: Pick<AssignedIp, 'ip' | 'primary'>,
  bindable: readonly Pick<AssignedIp, 'ip' | 'primary'>[],
  { virtual, bound }: Pick<ServerMacs, 'virtual' | 'bound'>,
): boolean {
  if (primary) return true;
  const family = bindable.filter((one) => ipVersion(one.ip) === ipVersion(ip) && !virtual.has(one.ip));
  if (family.some((one) => one.primary)) return false;
  const first = family.find((one) => bound.has(one.ip)) ?? family[0];
  return first?.ip === ip;
}
