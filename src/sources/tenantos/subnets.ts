import { ipVersion, parseCidr, tryParseCidr, tryParseIp, type Cidr, type IpAddress } from '../../domain/ip';
import { tryParseVlanId, type VlanId } from '../../domain/vlan';
import type { SubnetAnswer } from './schemas';

/** A subnet of the panel. */
export interface PanelSubnet {
  readonly id?: number;
  readonly cidr: Cidr;
  readonly gateway?: IpAddress;
  /** The VLAN that the panel puts servers of this subnet into (`static_access_vlan_id`). */
  readonly staticAccessVlanId?: VlanId;
  /** The subnet that this one is a part of and inherits from. */
  readonly rootSubnetId?: number;
}

/** Maps `GET /subnets`; entries without a readable range are left out. */
export function mapSubnets(answers: readonly SubnetAnswer[]): readonly PanelSubnet[] {
  return answers.flatMap((answer) => {
    const cidr = rangeOf(answer.subnet, answer.cidr);
    if (cidr === undefined) return [];
    const gateway = answer.gw === undefined ? undefined : tryParseIp(answer.gw);
    const vlan = answer.static_access_vlan_id === undefined ? undefined : tryParseVlanId(answer.static_access_vlan_id);
    return [
      {
        cidr,
        ...(answer.id === undefined ? {} : { id: answer.id }),
        ...(gateway === undefined ? {} : { gateway }),
        ...(vlan === undefined ? {} : { staticAccessVlanId: vlan }),
        ...(answer.rootSubnetId === undefined ? {} : { rootSubnetId: answer.rootSubnetId }),
      },
    ];
  });
}

/** Builds a range from the panel's separate network and prefix length; the network may carry the length already. */
export function rangeOf(network: string | undefined, length: number | undefined): Cidr | undefined {
  if (network === undefined) return undefined;
  if (network.includes('/')) return tryParseCidr(network);
  return length === undefined ? undefined : tryParseCidr(`${network}/${length}`);
}

/**
 * The VLAN that the panel's subnets give an address: that of the smallest subnet that holds it, else of the
 * subnet it is a part of, and so on up. Undefined when none says so, or when two subnets of the same range disagree.
 */
export function panelVlanOf(ip: IpAddress, subnets: readonly PanelSubnet[]): VlanId | undefined {
  const index = indexOf(subnets);
  const holders = smallestHolders(ip, index);
  const vlans = new Set(holders.map((holder) => inheritedVlan(holder, index)));
  const [vlan] = vlans;
  return vlans.size === 1 ? vlan : undefined;
}

const MAX_DEPTH = 32;

interface SubnetIndex {
  readonly lengths: Readonly<Record<4 | 6, readonly number[]>>;
  readonly byRange: ReadonlyMap<Cidr, readonly PanelSubnet[]>;
  readonly byId: ReadonlyMap<number, PanelSubnet>;
}

const indexes = new WeakMap<readonly PanelSubnet[], SubnetIndex>();

function indexOf(subnets: readonly PanelSubnet[]): SubnetIndex {
  const known = indexes.get(subnets);
  if (known !== undefined) return known;
  const byRange = new Map<Cidr, PanelSubnet[]>();
  const byId = new Map<number, PanelSubnet>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  for (const subnet of subnets) {
    byRange.set(subnet.cidr, [...(byRange.get(subnet.cidr) ?? []), subnet]);
    if (subnet.id !== undefined) byId.set(subnet.id, subnet);
    lengths[subnet.cidr.includes(':') ? 6 : 4].add(Number(subnet.cidr.split('/')[1]));
  }
  const longestFirst = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => b - a);
  const index = { lengths: { 4: longestFirst(lengths[4]), 6: longestFirst(lengths[6]) }, byRange, byId };
  indexes.set(subnets, index);
  return index;
}

function smallestHolders(ip: IpAddress, index: SubnetIndex): readonly PanelSubnet[] {
  for (const length of index.lengths[ipVersion(ip)]) {
    const found = index.byRange.get(parseCidr(`${ip}/${length}`));
    if (found !== undefined) return found;
  }
  return [];
}

function inheritedVlan(subnet: PanelSubnet, index: SubnetIndex): VlanId | undefined {
  let current: PanelSubnet | undefined = subnet;
  for (let depth = 0; current !== undefined && depth < MAX_DEPTH; depth += 1) {
    if (current.staticAccessVlanId !== undefined) return current.staticAccessVlanId;
    current = current.rootSubnetId === undefined ? undefined : index.byId.get(current.rootSubnetId);
  }
  return undefined;
}
