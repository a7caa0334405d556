import type { SubnetWorld } from '../scenarios/scenario';

/** Subnets by the bits of their networks, the longest first. */
interface SubnetIndex {
  /** The subnets that it was made of: they are replaced when they change, never altered. */
  readonly of: readonly SubnetWorld[];
  readonly lengths: readonly number[];
  readonly byNetwork: ReadonlyMap<string, SubnetWorld>;
}

const indices = new WeakMap<readonly SubnetWorld[], SubnetIndex>();

/** The smallest subnet that holds the address: looked up, so that a list of all servers does not cost more the more subnets there are. */
export function holderOf(ip: string, subnets: readonly SubnetWorld[]): SubnetWorld | undefined {
  const { lengths, byNetwork } = indexOf(subnets);
  const address = bitsOf(ip.split('/')[0] ?? '');
  for (const length of lengths) {
    const holder = byNetwork.get(networkKey(address, length));
    if (holder !== undefined) return holder;
  }
  return undefined;
}

function indexOf(subnets: readonly SubnetWorld[]): SubnetIndex {
  const known = indices.get(subnets);
  if (known?.of.length === subnets.length && known.of.every((one, position) => one === subnets[position])) return known;
  const byNetwork = new Map<string, SubnetWorld>();
  for (const subnet of subnets) {
    const key = networkKey(bitsOf(subnet.subnet), subnet.cidr);
    if (!byNetwork.has(key)) byNetwork.set(key, subnet);
  }
  const lengths = [...new Set(subnets.map(({ cidr }) => cidr))].sort((a, b) => b - a);
  const index = { of: [...subnets], lengths, byNetwork };
  indices.set(subnets, index);
  return index;
}

function networkKey(address: string, length: number): string {
  return `${address.length}/${length} ${address.slice(0, length)}`;
}

/** An address as a string of its 32 or 128 bits. */
function bitsOf(ip: string): string {
  if (!ip.includes(':'))
    return ip
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const [head = '', tail] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
