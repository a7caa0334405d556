import type { IpAddress } from '../../domain/values/ip';
import type { MacAddress } from '../../domain/values/mac';
import type { Guest, GuestNic, NicVlan } from '../../domain/servers/server';
import type { VlanId } from '../../domain/values/vlan';
import { indexedEntries, parseIpConfig, parseNic, type GuestType, type NicConfig } from './nic';
import type { GuestConfig } from '../../clients/proxmox/schema';
import { resolveVlan, type NodeNetwork } from './vlan';

/** A guest as GET /cluster/resources lists it. */
export interface GuestRow {
  readonly vmid: number;
  readonly type: GuestType;
  readonly node: string;
  readonly name: string | undefined;
  readonly status: string | undefined;
  /** Up to ten seconds old, and absent while the node sends no statistics. */
  readonly template: boolean | undefined;
  readonly lock: string | undefined;
}

/** The two readings of one guest's configuration. */
export interface GuestConfigs {
  /** What the running guest uses (`current=1`). */
  readonly live: GuestConfig;
  /** With pending changes applied: what it uses after its next start. */
  readonly pending: GuestConfig;
}

/** The value of `lock` while a guest is migrated. */
const MIGRATE = 'migrate';

/** Whether a listing row says that the guest is being migrated. */
export function isMigrating(row: Pick<GuestRow, 'lock'>): boolean {
  return row.lock === MIGRATE;
}

/** Joins listing row, configurations and network into the domain's guest. */
export function toGuest(row: GuestRow, configs: GuestConfigs, network: NodeNetwork): Guest {
  const { live, pending } = configs;
  const liveNics = indexedEntries('net', live);
  const pendingNics = indexedEntries('net', pending);
  const indexes = [...new Set([...liveNics.keys(), ...pendingNics.keys()])].sort((a, b) => a - b);
  return {
    vmid: row.vmid,
    type: row.type,
    name: live.name ?? live.hostname ?? row.name ?? `${row.type} ${row.vmid}`,
    template: live.template ?? pending.template ?? false,
    migrating: isMigrating(row) || live.lock === MIGRATE || pending.lock === MIGRATE,
    nics: indexes.map((index) =>
      toNic(row.type, index, [liveNics.get(index), pendingNics.get(index)], [live, pending], network),
    ),
  };
}

/** One NIC from its live and its pending entry, live first; either may be absent. */
function toNic(
  type: GuestType,
  index: number,
  values: readonly unknown[],
  configs: readonly GuestConfig[],
  network: NodeNetwork,
): GuestNic {
  const present = [...new Set(values.filter((value) => value !== undefined))];
  const readings = present.map((value) => readNic(type, value));
  const nics = readings.flatMap((reading) => ('nic' in reading ? [reading.nic] : []));
  const problem = readings.find((reading) => 'problem' in reading);
  const bridge = nics[0]?.bridge;
  const pendingBridge = nics.find((nic) => nic.bridge !== undefined && nic.bridge !== bridge)?.bridge;
  const ips = new Set([...nics.flatMap((nic) => nic.ips), ...(type === 'qemu' ? cloudInitIps(index, configs) : [])]);
  const macs = new Set<MacAddress>(nics.flatMap((nic) => nic.mac ?? []));
  return {
    index,
    ...(bridge === undefined ? {} : { bridge }),
    ...(pendingBridge === undefined ? {} : { pendingBridge }),
    macs: [...macs],
    vlan: problem === undefined ? combinedVlan(nics, network) : { kind: 'unknown', why: problem.problem },
    ips: [...ips],
  };
}

function readNic(type: GuestType, text: unknown): { readonly nic: NicConfig } | { readonly problem: string } {
  if (typeof text !== 'string' || text.trim() === '') return { problem: "the NIC's configuration is no text" };
  try {
    return { nic: parseNic(type, text) };
  } catch (error) {
    if (error instanceof RangeError) return { problem: `the NIC's configuration cannot be read: ${error.message}` };
    throw error;
  }
}

/** The VLANs before and after a pending change together: until the guest restarts, either may be in use. */
function combinedVlan(nics: readonly NicConfig[], network: NodeNetwork): NicVlan {
  return nics.map((nic) => resolveVlan(nic, network)).reduce(eitherVlan);
}

function eitherVlan(a: NicVlan, b: NicVlan): NicVlan {
  if (JSON.stringify(a) === JSON.stringify(b) || a.kind === 'unknown' || b.kind === 'off-uplink') return a;
  if (b.kind === 'unknown' || a.kind === 'off-uplink') return b;
  const native = carriesNative(a) || carriesNative(b);
  const [left, right] = [taggedVlans(a), taggedVlans(b)];
  if (left === 'all' || right === 'all') return { kind: 'trunk', vlans: 'all', native };
  return { kind: 'trunk', vlans: [...new Set([...left, ...right])].sort((x, y) => x - y), native };
}

function carriesNative(vlan: NicVlan): boolean {
  return vlan.kind === 'native' || (vlan.kind === 'trunk' && vlan.native);
}

function taggedVlans(vlan: NicVlan): readonly VlanId[] | 'all' {
  if (vlan.kind === 'trunk') return vlan.vlans;
  return vlan.kind === 'tagged' ? [vlan.vlan] : [];
}

function cloudInitIps(index: number, configs: readonly GuestConfig[]): readonly IpAddress[] {
  return configs.flatMap((config) => {
    const text = indexedEntries('ipconfig', config).get(index);
    if (typeof text !== 'string') return [];
    try {
      return parseIpConfig(text);
    } catch (error) {
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
}
