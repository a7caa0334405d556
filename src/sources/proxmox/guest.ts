import type { IpAddress } from '../../domain/ip';
import type { MacAddress } from '../../domain/mac';
import type { Guest, GuestNic, NicVlan } from '../../domain/server';
import { indexedEntries, parseIpConfig, parseNic, type GuestType, type NicConfig } from './nic';
import type { GuestConfig } from './schema';
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
    nics: indexes.map((index) => toNic(row.type, index, [liveNics.get(index), pendingNics.get(index)], [live, pending], network)),
  };
}

/** One NIC from its live and its pending text, live first; either may be absent. */
function toNic(
  type: GuestType,
  index: number,
  texts: readonly (string | undefined)[],
  configs: readonly GuestConfig[],
  network: NodeNetwork,
): GuestNic {
  const present = [...new Set(texts.flatMap((text) => text ?? []))];
  const readings = present.map((text) => readNic(type, text));
  const nics = readings.flatMap((reading) => ('nic' in reading ? [reading.nic] : []));
  const problem = readings.find((reading) => 'problem' in reading);
  const bridge = nics[0]?.bridge;
  const ips = new Set([...nics.flatMap((nic) => nic.ips), ...(type === 'qemu' ? cloudInitIps(index, configs) : [])]);
  const macs = new Set<MacAddress>(nics.flatMap((nic) => nic.mac ?? []));
  return {
    index,
    ...(bridge === undefined ? {} : { bridge }),
    macs: [...macs],
    vlan: problem === undefined ? combinedVlan(nics, network) : { kind: 'unknown', why: problem.problem },
    ips: [...ips],
  };
}

function readNic(type: GuestType, text: string): { readonly nic: NicConfig } | { readonly problem: string } {
  try {
    return { nic: parseNic(type, text) };
  } catch (error) {
    if (error instanceof RangeError) return { problem: `the NIC's configuration cannot be read: ${error.message}` };
    throw error;
  }
}

/** The VLAN while one change may be pending: known only when it is the same before and after. */
function combinedVlan(nics: readonly NicConfig[], network: NodeNetwork): NicVlan {
  const vlans = nics.map((nic) => resolveVlan(nic, network));
  const [live, next] = vlans;
  if (live === undefined) return { kind: 'unknown', why: 'the NIC has no configuration' };
  if (next === undefined || JSON.stringify(live) === JSON.stringify(next)) return live;
  return { kind: 'unknown', why: `a pending change moves the NIC from ${describe(live)} to ${describe(next)}` };
}

function describe(vlan: NicVlan): string {
  return vlan.kind === 'tagged' ? `VLAN ${vlan.vlan}` : vlan.kind;
}

function cloudInitIps(index: number, configs: readonly GuestConfig[]): readonly IpAddress[] {
  return configs.flatMap((config) => {
    const text = indexedEntries('ipconfig', config).get(index);
    if (text === undefined) return [];
    try {
      return parseIpConfig(text);
    } catch (error) {
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
}
