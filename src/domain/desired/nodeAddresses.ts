import type { Exclusion } from '../change/outcome';
import type { NodeAddress } from '../servers/nodeAddress';
import { describeUplink, type NicUplink } from '../servers/nodeUplink';
import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import { vlanAllowed, type VlanId } from '../values/vlan';
import type { Refusal } from './addressRules';
import type { Binding } from './binding';
import { leaveOut } from './resolution';
import type { PortSources } from './sources';

/** A node behind the port, with its own addresses. */
export interface NodeSource {
  readonly cluster: string;
  readonly node: string;
  readonly addresses: readonly OwnAddress[];
}

/** An address of a node, with where its frames enter. */
export interface OwnAddress extends NodeAddress {
  readonly uplink: NicUplink;
  /** The MAC that the configuration gives the node on that uplink. */
  readonly uplinkMac?: MacAddress;
}

/** What is desired of the nodes themselves, and which of their addresses only keep what they have. */
export interface NodeBindings {
  readonly bindings: readonly Binding[];
  readonly kept: readonly Exclusion[];
}

/**
 * The bindings of the nodes behind a port for themselves. A node's own address is always kept: bound where VLAN and MAC
 * are certain, else left as it is, for a node that is cut off takes its guests with it. The MAC on the wire is that of
 * the bridge or bond, not the panel's `pxe_mac`.
 */
export function nodeBindings(sources: PortSources): NodeBindings {
  const bindings = new Map<IpAddress, Binding>();
  const kept = new Map<IpAddress, Exclusion>();
  for (const source of sources.nodes ?? []) {
    for (const address of source.addresses) {
      const { ip } = address;
      const found = bindingOf(sources, source, address);
      if ('why' in found) {
        const message = `${ip} is ${describeOwn(source, address)}; what is bound of it stays as it is: ${found.why}`;
        kept.set(ip, { ip, rule: 'node-address', message });
      } else bindings.set(ip, found);
    }
  }
  return { bindings: [...bindings.values()], kept: [...kept.values()].filter(({ ip }) => !bindings.has(ip)) };
}

/** A node's address as messages call it. */
export function describeOwn(
  { cluster, node }: Pick<NodeSource, 'cluster' | 'node'>,
  { iface }: Pick<NodeAddress, 'iface'>,
): string {
  return `an address of ${node}, a node of ${cluster}${iface === undefined ? '' : ` (${iface})`}`;
}

/** Why a server does not get an address that is a node's. */
export function refusedNodeAddress(ip: IpAddress, node: Pick<NodeSource, 'cluster' | 'node'>): Refusal {
  return leaveOut('node-address', `${ip} is ${describeOwn(node, {})}; it is bound to no server`);
}

/** The node and its address, when a node behind the port has it. */
export function ownAddress(
  sources: PortSources,
  ip: IpAddress,
): { readonly source: NodeSource; readonly address: OwnAddress } | undefined {
  for (const source of sources.nodes ?? []) {
    const address = source.addresses.find((one) => one.ip === ip);
    if (address !== undefined) return { source, address };
  }
  return undefined;
}

function bindingOf(
  sources: PortSources,
  { node }: NodeSource,
  address: OwnAddress,
): Binding | { readonly why: string } {
  const { ip, uplink, iface = 'its interface' } = address;
  if (uplink.at === 'unknown') return { why: uplink.why };
  if (uplink.at === 'elsewhere') return { why: `its frames enter through ${describeUplink(uplink)}` };
  const refusal = sources.refused?.get(ip);
  if (refusal !== undefined && refusal.rule !== 'node-address') return { why: refusal.message };
  const unclear = sources.unclear?.get(ip);
  if (unclear !== undefined) return { why: unclear };
  const vlan = hostVlan(address, uplink.nativeVlan);
  if ('why' in vlan) return vlan;
  const stated = sources.stated.get(ip)?.vlan;
  if (stated !== undefined && stated !== vlan.vlan)
    return { why: `it belongs to VLAN ${stated}, but ${iface} sends it in VLAN ${vlan.vlan}` };
  if (!vlanAllowed(sources.allowlist, vlan.vlan)) return { why: `VLAN ${vlan.vlan} is not in the allowlist` };
  const stray = sources.stray?.(ip, vlan.vlan);
  if (stray !== undefined) return { why: stray.message };
  const mac = address.mac ?? address.uplinkMac;
  if (mac === undefined)
    return { why: `the MAC of ${iface} on ${node} is not known; proxmox.clusters[].uplinks can say it (mac)` };
  return { ip, mac, vlan: vlan.vlan };
}

function hostVlan(
  { vlan }: OwnAddress,
  nativeVlan: VlanId | undefined,
): { readonly vlan: VlanId } | { readonly why: string } {
  switch (vlan.kind) {
    case 'tagged':
      return { vlan: vlan.vlan };
    case 'native':
      return nativeVlan === undefined
        ? { why: 'it is sent untagged, and no native VLAN of the uplink is configured' }
        : { vlan: nativeVlan };
    case 'trunk':
      return { why: 'its interface sends several VLANs' };
    case 'off-uplink':
    case 'unknown':
      return { why: vlan.why };
  }
}
