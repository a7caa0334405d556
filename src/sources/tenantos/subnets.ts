import {
  cidrContains,
  commonPrefixLength,
  ipVersion,
  parseCidr,
  prefixLength,
  type Cidr,
  type IpAddress,
} from '../../domain/values/ip';
import type { AssignedIp } from '../../domain/servers/server';
import type { VlanId } from '../../domain/values/vlan';
import type { PanelAddress } from '../../domain/desired/vlanResolution';
import { readSubnetRows, type SubnetRow } from './subnetRows';
import type { SubnetListAnswer } from '../../clients/tenantos/schemas';

/** What the panel says of an address where it is assigned. */
type Assigned = Pick<AssignedIp, 'ip' | 'subnet' | 'isGateway'>;

/** What rows say of a VLAN: one, none, or what keeps it from being known. */
type Said = VlanId | undefined | { readonly unclear: string };

type RangedRow = SubnetRow & { readonly range: { readonly value: Cidr } };

const MAX_DEPTH = 32;

/**
 * The panel's subnets. A row with something odd in it makes only those addresses unclear that it decides, or may
 * decide. Nothing odd ever counts as "none": a child whose VLAN cannot be read does not have its parent's.
 */
export class PanelSubnets {
  private readonly lengths: Readonly<Record<4 | 6, readonly number[]>>;
  private readonly byRange = new Map<Cidr, RangedRow[]>();
  private readonly byId = new Map<number, SubnetRow>();
  private readonly gateways = new Set<IpAddress>();
  private readonly withoutRange: readonly SubnetRow[];
  private readonly idsAreKnown: boolean;
  private ranges: ReadonlyMap<VlanId, readonly Cidr[]> | undefined;

  constructor(private readonly rows: readonly SubnetRow[]) {
    const lengths = { 4: new Set<number>(), 6: new Set<number>() };
    for (const row of rows) {
      if (row.gateway !== undefined) this.gateways.add(row.gateway);
      if ('value' in row.id) this.byId.set(row.id.value, row);
      if (!hasRange(row)) continue;
      const range = row.range.value;
      this.byRange.set(range, [...(this.byRange.get(range) ?? []), row]);
      lengths[range.includes(':') ? 6 : 4].add(prefixLength(range));
    }
    const longestFirst = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => b - a);
    this.lengths = { 4: longestFirst(lengths[4]), 6: longestFirst(lengths[6]) };
    this.withoutRange = rows.filter((row) => !hasRange(row));
    this.idsAreKnown = rows.every((row) => !('odd' in row.id));
  }

  /** Maps `GET /subnets`. */
  static from(answers: SubnetListAnswer): PanelSubnets {
    return new PanelSubnets(readSubnetRows(answers));
  }

  get size(): number {
    return this.rows.length;
  }

  /** The rows with something odd in them, a sentence each. */
  get faults(): readonly string[] {
    return this.rows.flatMap((row) => {
      const odd = [row.id, row.range, row.vlan, row.root].flatMap((value) => ('odd' in value ? [value.odd] : []));
      return odd.length === 0 ? [] : [`${row.label} cannot be read: ${[...new Set(odd)].join(', ')}`];
    });
  }

  /**
   * What the subnets say of an address. Its VLAN is that of the smallest subnet that holds it, else of the subnet it is
   * a part of, and so on up.
   */
  readonly of = (assigned: Assigned): PanelAddress => {
    const holders = this.holders(assigned.ip);
    const said = this.vlanOf(assigned, holders[0] ?? []);
    const ranges = holders.flatMap((rows) =>
      rows.map((row) => {
        const vlan = this.inherited(row);
        const { range, gateway } = row;
        return {
          cidr: range.value,
          ...(gateway === undefined ? {} : { gateway }),
          ...(typeof vlan === 'number' ? { vlan } : {}),
        };
      }),
    );
    const isGateway = this.gateways.has(assigned.ip) || assigned.isGateway === true;
    return { ranges, isGateway, ...(said === undefined ? {} : typeof said === 'number' ? { vlan: said } : said) };
  };

  /** The subnets that are in a VLAN, as far as they can be read. */
  readonly inVlan = (vlan: VlanId): readonly Cidr[] => {
    this.ranges ??= this.rangesByVlan();
    return this.ranges.get(vlan) ?? [];
  };

  private rangesByVlan(): ReadonlyMap<VlanId, readonly Cidr[]> {
    const ranges = new Map<VlanId, Cidr[]>();
    for (const row of [...this.byRange.values()].flat()) {
      const vlan = this.inherited(row);
      if (typeof vlan === 'number') ranges.set(vlan, [...(ranges.get(vlan) ?? []), row.range.value]);
    }
    return ranges;
  }

  /** The rows that hold the address, the smallest range first, those of one range together. */
  private holders(ip: IpAddress): readonly (readonly RangedRow[])[] {
    return this.lengths[ipVersion(ip)].flatMap((length) => {
      const found = this.byRange.get(parseCidr(`${ip}/${length}`));
      return found === undefined ? [] : [found];
    });
  }

  private vlanOf(assigned: Assigned, smallest: readonly RangedRow[]): Said {
    const rival = this.withoutRange.find((row) => mayDecide(row, assigned, smallest));
    if (rival !== undefined) return { unclear: `${rival.label} may hold ${assigned.ip}, and cannot be read` };
    const said = smallest.map((row) => this.inherited(row));
    const unclear = said.find((one) => typeof one === 'object');
    if (unclear !== undefined) return unclear;
    const vlans = new Set(said);
    return vlans.size > 1
      ? { unclear: `${smallest.map((row) => row.label).join(' and ')} name different VLANs` }
      : said[0];
  }

  private inherited(row: SubnetRow): Said {
    let current: SubnetRow | undefined = row;
    for (let depth = 0; current !== undefined && depth < MAX_DEPTH; depth += 1) {
      const { vlan, root, label }: SubnetRow = current;
      if ('odd' in vlan) return { unclear: `the VLAN of ${label} cannot be read: ${vlan.odd}` };
      if (vlan.value !== undefined) return vlan.value;
      if ('odd' in root)
        return { unclear: `${label} names no VLAN, and what it is a part of cannot be read: ${root.odd}` };
      const parent: SubnetRow | undefined = root.value === undefined ? undefined : this.byId.get(root.value);
      if (root.value !== undefined && parent === undefined && !this.idsAreKnown) {
        return { unclear: `${label} names no VLAN, and is a part of subnet ${root.value}, which no readable row is` };
      }
      current = parent;
    }
    return undefined;
  }
}

/**
 * Whether a row whose range cannot be read may be the one that decides about an address. Not when the address' own
 * `subnetinformation` names the smallest readable subnet that holds it: then the panel itself says which one it is. Else
 * the row may be a part of that subnet, so that the subnet's own VLAN, or one that it inherits, must not be used. Only
 * a network that is known limits that: it shares too few bits with the address to be a smaller range around it.
 */
function mayDecide(row: SubnetRow, { ip, subnet }: Assigned, smallest: readonly RangedRow[]): boolean {
  const [holder] = smallest;
  if (holder !== undefined && subnet === holder.range.value && cidrContains(subnet, ip)) return false;
  const network = 'network' in row.range ? row.range.network : undefined;
  if (network === undefined) return true;
  if (ipVersion(network) !== ipVersion(ip)) return false;
  return holder === undefined || commonPrefixLength(network, ip) >= prefixLength(holder.range.value);
}

function hasRange(row: SubnetRow): row is RangedRow {
  return 'value' in row.range;
}
