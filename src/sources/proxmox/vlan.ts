import type { NicVlan } from '../../domain/servers/server';
import { parseVlanId, tryParseVlanId, type VlanId } from '../../domain/values/vlan';
import type { NicConfig, VlanRange } from '../../clients/proxmox/nic';
import type { NetworkRow, VnetRow, ZoneRow } from '../../clients/proxmox/schema';

/** What is needed to follow a NIC to its node's uplink: the node's interfaces and the cluster's running SDN. */
export interface NodeNetwork {
  readonly interfaces: ReadonlyMap<string, NetworkRow>;
  readonly vnets: ReadonlyMap<string, VnetRow>;
  readonly zones: ReadonlyMap<string, ZoneRow>;
  /** Why what `interfaces` says of an interface may not be what runs; undefined when it runs. */
  readonly doubt?: (iface: string) => string | undefined;
}

/** VLAN tags that a bridge's own ports add to whatever leaves it, outermost first. */
type Uplink =
  | { readonly kind: 'tags'; readonly tags: readonly VlanId[] }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Names of network cards and bonds (Proxmox VE Administration Guide, Network Configuration). Below a Linux bridge they add no tag. */
const CARD_OR_BOND = /^(?:bond\d{1,4}|eth\d+|en[a-z0-9]+)$/;
const MAX_STACKING = 4;
const ALL_TAGGED = 4093;

const unknown = (why: string): { readonly kind: 'unknown'; readonly why: string } => ({ kind: 'unknown', why });
const offUplink = (why: string): NicVlan => ({ kind: 'off-uplink', why });

/**
 * Which VLAN a NIC's frames carry on the node's uplink. A bridge that cannot be found is `unknown`, never untagged.
 * Behaviour of bridges, Open vSwitch and zones: Proxmox VE Administration Guide, chapters Network Configuration and
 * Software-Defined Network.
 */
export function resolveVlan(nic: Pick<NicConfig, 'bridge' | 'tag' | 'trunks'>, network: NodeNetwork): NicVlan {
  if (nic.bridge === undefined) return offUplink('the NIC uses user-mode NAT');
  const iface = network.interfaces.get(nic.bridge);
  const doubt = iface === undefined && network.vnets.has(nic.bridge) ? undefined : network.doubt?.(nic.bridge);
  if (doubt !== undefined) return unknown(doubt);
  if (iface?.type === 'bridge' || iface?.type === 'OVSBridge') {
    return throughUplink(onBridge(nic, iface), uplinkOf(iface, network));
  }
  const vnet = network.vnets.get(nic.bridge);
  if (vnet !== undefined) return onVnet(nic, vnet, network);
  return unknown(`${nic.bridge} is neither a bridge of the node nor a visible SDN vnet (the token may lack SDN.Audit)`);
}

/** Which VLAN the frames of the node itself carry that it sends from an interface of its own. */
export function resolveHostVlan(name: string, network: NodeNetwork): NicVlan {
  const doubt = network.doubt?.(name);
  if (doubt !== undefined) return unknown(doubt);
  const iface = network.interfaces.get(name);
  if (iface?.type === 'OVSIntPort') {
    const bridge = iface.ovs_bridge === undefined ? undefined : network.interfaces.get(iface.ovs_bridge);
    if (bridge === undefined) return unknown(`the bridge of ${name} is not known`);
    const tag = iface.ovs_tag === undefined ? undefined : tryParseVlanId(iface.ovs_tag);
    return throughUplink(
      tag === undefined ? { kind: 'native' } : { kind: 'tagged', vlan: tag },
      uplinkOf(bridge, network),
    );
  }
  return throughUplink({ kind: 'native' }, portUplink(name, network, 0, false));
}

function onBridge(nic: Pick<NicConfig, 'tag' | 'trunks'>, bridge: NetworkRow): NicVlan {
  if (bridge.type === 'OVSBridge') {
    if (nic.trunks.length > 0) return trunk(nic.trunks, nic.tag, nic.tag === undefined && includes(nic.trunks, 0));
    return untaggedOr(nic.tag);
  }
  if (bridge.bridge_vlan_aware !== true) {
    if (nic.trunks.length > 0) return unknown(`${bridge.iface} is not VLAN aware and cannot carry trunks`);
    return untaggedOr(nic.tag);
  }
  if (nic.trunks.length > 0) return trunk(nic.trunks, nic.tag, nic.tag === undefined);
  // VLAN 1 is the bridge ports' default PVID (bridge(8), vlan_default_pvid) and leaves them untagged.
  return untaggedOr(nic.tag === 1 ? undefined : nic.tag);
}

/**
 * The VLAN of a NIC without trunks. Without a tag its guest sends untagged, whatever the bridge; on a VLAN-aware or Open
 * vSwitch bridge it could send any tag besides, which nobody asked for and nothing is bound for.
 */
function untaggedOr(tag: VlanId | undefined): NicVlan {
  return tag === undefined ? { kind: 'native' } : { kind: 'tagged', vlan: tag };
}

function onVnet(nic: Pick<NicConfig, 'tag' | 'trunks'>, vnet: VnetRow, network: NodeNetwork): NicVlan {
  const zone = vnet.zone === undefined ? undefined : network.zones.get(vnet.zone);
  if (zone === undefined) return unknown(`the zone of vnet ${vnet.vnet} is not visible (the token may lack SDN.Audit)`);
  switch (zone.type) {
    case 'simple':
      return offUplink(`vnet ${vnet.vnet} is in the simple zone ${zone.zone}, which has no uplink`);
    case 'vxlan':
    case 'evpn':
      return offUplink(`vnet ${vnet.vnet} is in the ${zone.type} zone ${zone.zone}; its tag is no VLAN`);
    case 'qinq':
      return unknown(`vnet ${vnet.vnet} sends two VLAN tags: outer ${zone.tag ?? '?'}, inner ${vnet.tag ?? '?'}`);
    case 'vlan':
      break;
    default:
      return unknown(`zone ${zone.zone} has the unknown type ${zone.type}`);
  }
  const vlan = vnet.tag === undefined ? undefined : tryParseVlanId(vnet.tag);
  if (vlan === undefined) return unknown(`vnet ${vnet.vnet} has no VLAN tag`);
  if (nic.tag !== undefined || nic.trunks.length > 0) {
    return unknown(`the NIC adds VLAN tags of its own inside vnet ${vnet.vnet} (VLAN ${vlan})`);
  }
  const bridge = zone.bridge === undefined ? undefined : network.interfaces.get(zone.bridge);
  if (bridge === undefined) return unknown(`the node has no bridge ${zone.bridge ?? '?'} for zone ${zone.zone}`);
  return throughUplink({ kind: 'tagged', vlan }, uplinkOf(bridge, network));
}

/** What becomes of the frames that leave the bridge when its ports add tags themselves. */
function throughUplink(vlan: NicVlan, uplink: Uplink): NicVlan {
  if (vlan.kind === 'unknown') return vlan;
  if (uplink.kind === 'none') return offUplink(uplink.why);
  if (uplink.kind === 'unknown') return uplink;
  const [outer, ...inner] = uplink.tags;
  if (outer === undefined) return vlan;
  const untagged = vlan.kind === 'native' || (vlan.kind === 'trunk' && vlan.native);
  return untagged && inner.length === 0
    ? { kind: 'tagged', vlan: outer }
    : unknown(`the frames carry several VLAN tags, the outer one ${outer}`);
}

function uplinkOf(bridge: NetworkRow, network: NodeNetwork, depth = 0): Uplink {
  if (depth > MAX_STACKING) return unknown(`the ports of ${bridge.iface} are stacked too deeply`);
  const doubt = network.doubt?.(bridge.iface);
  if (doubt !== undefined) return unknown(doubt);
  const names = (bridge.type === 'OVSBridge' ? bridge.ovs_ports : bridge.bridge_ports) ?? '';
  const ports = names.split(/[\s,;]+/).filter((name) => name !== '' && name !== 'none');
  const openVswitch = bridge.type === 'OVSBridge';
  const uplinks = ports
    .map((name) => portUplink(name, network, depth, openVswitch))
    .filter((uplink) => uplink.kind !== 'none');
  const first = uplinks[0];
  if (first === undefined) return { kind: 'none', why: `${bridge.iface} has no port that leaves the node` };
  const same = uplinks.every((uplink) => JSON.stringify(uplink) === JSON.stringify(first));
  return same ? first : unknown(`the ports of ${bridge.iface} carry different VLANs`);
}

function portUplink(name: string, network: NodeNetwork, depth: number, openVswitch: boolean): Uplink {
  const iface = network.interfaces.get(name);
  const plain =
    !openVswitch && CARD_OR_BOND.test(name) && (iface === undefined || iface.type === 'eth' || iface.type === 'bond');
  const doubt = plain ? undefined : network.doubt?.(name);
  if (doubt !== undefined) return unknown(doubt);
  if (iface?.type === 'OVSIntPort') return { kind: 'none', why: `${name} ends on the node` };
  if (iface?.ovs_tag !== undefined) return unknown(`port ${name} is an access port of an Open vSwitch bridge`);
  if (iface?.type === 'bridge' || iface?.type === 'OVSBridge') return uplinkOf(iface, network, depth + 1);
  const dotted = /^(.+)\.(\d{1,4})$/.exec(name);
  const raw = iface?.['vlan-raw-device'] ?? dotted?.[1];
  const id = iface?.['vlan-id'] ?? dotted?.[2];
  if (iface?.type !== 'vlan' && dotted === null) return { kind: 'tags', tags: [] };
  const vlan = id === undefined ? undefined : tryParseVlanId(id);
  if (vlan === undefined || raw === undefined) return unknown(`the VLAN of port ${name} is not known`);
  if (depth >= MAX_STACKING) return unknown(`port ${name} is stacked too deeply`);
  const below = portUplink(raw, network, depth + 1, openVswitch);
  return below.kind === 'tags' ? { kind: 'tags', tags: [...below.tags, vlan] } : below;
}

function trunk(ranges: readonly VlanRange[], pvid: VlanId | undefined, native: boolean): NicVlan {
  const ids = new Set<number>(pvid === undefined ? [] : [pvid]);
  for (const { from, to } of ranges) {
    for (let id = Math.max(from, 1); id <= Math.min(to, 4094); id += 1) ids.add(id);
  }
  if (ids.size >= ALL_TAGGED) return { kind: 'trunk', vlans: 'all', native };
  return { kind: 'trunk', vlans: [...ids].sort((a, b) => a - b).map(parseVlanId), native };
}

function includes(ranges: readonly VlanRange[], id: number): boolean {
  return ranges.some(({ from, to }) => from <= id && id <= to);
}
