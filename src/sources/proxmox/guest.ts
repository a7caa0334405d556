import type { IpAddress } from '../../domain/values/ip';
import type { MacAddress } from '../../domain/values/mac';
import type { Guest, GuestNic } from '../../domain/servers/server';
import { indexedEntries, parseIpConfig, parseNic, type GuestType, type NicConfig } from '../../clients/proxmox/nic';
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
  /** Seconds, up to ten seconds old; absent while the node sends no statistics. */
  readonly uptime?: number | undefined;
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
  const chosen = chosenNics(live.tags);
  const template = live.template ?? pending.template ?? false;
  return {
    vmid: row.vmid,
    type: row.type,
    name: live.name ?? live.hostname ?? row.name ?? `${row.type} ${row.vmid}`,
    template,
    migrating: isMigrating(row) || live.lock === MIGRATE || pending.lock === MIGRATE,
    ...(chosen.length === 0 ? {} : { chosenNics: chosen }),
    ...(template && row.status !== 'stopped' ? { templateRuns: true } : {}),
    nics: indexes.map((index) =>
      toNic(row.type, index, { live: liveNics.get(index), pending: pendingNics.get(index) }, [live, pending], network),
    ),
  };
}

/** The NICs that tags such as `portwarden-net1` choose, each once. */
function chosenNics(tags: string | undefined): readonly number[] {
  const indexes = (tags ?? '').split(/[;,\s]+/).flatMap((tag) => {
    const [, index] = /^portwarden-net(\d|[12]\d|3[01])$/i.exec(tag) ?? [];
    return index === undefined ? [] : [Number(index)];
  });
  return [...new Set(indexes)].sort((a, b) => a - b);
}

/** One NIC from its live and its pending entry; either may be absent. What is live counts, what waits is told. */
function toNic(
  type: GuestType,
  index: number,
  { live, pending }: { readonly live: unknown; readonly pending: unknown },
  configs: readonly GuestConfig[],
  network: NodeNetwork,
): GuestNic {
  const now = readNic(type, live ?? pending);
  const next = live === undefined || pending === live ? now : readNic(type, pending);
  const nics = [now, next].flatMap((reading) => ('nic' in reading ? [reading.nic] : []));
  const nic = 'nic' in now ? now.nic : undefined;
  const bridge = nic?.bridge;
  const pendingBridge = nics.find((one) => one.bridge !== undefined && one.bridge !== bridge)?.bridge;
  const ips = new Set([...nics.flatMap((one) => one.ips), ...(type === 'qemu' ? cloudInitIps(index, configs) : [])]);
  const waits = live === undefined ? 'it is added' : pending === undefined ? 'it is removed' : whatWaits(now, next);
  return {
    index,
    ...(bridge === undefined ? {} : { bridge }),
    ...(pendingBridge === undefined ? {} : { pendingBridge }),
    macs: [...new Set<MacAddress>(nics.flatMap((one) => one.mac ?? []))],
    vlan: 'nic' in now ? resolveVlan(now.nic, network) : { kind: 'unknown', why: now.problem },
    ips: [...ips],
    ...(nic?.linkDown === true ? { linkDown: true } : {}),
    ...(waits === undefined ? {} : { pending: waits }),
    ...(live === undefined ? { notYet: true } : {}),
  };
}

/** What a `netN` entry says, or why it cannot be read. */
export type NicReading = { readonly nic: NicConfig } | { readonly problem: string };

/** What of MAC, VLAN, bridge and link the guest's next start changes, in words; undefined when nothing. */
function whatWaits(now: NicReading, next: NicReading): string | undefined {
  if (!('nic' in now) || !('nic' in next))
    return JSON.stringify(now) === JSON.stringify(next) ? undefined : 'another configuration';
  const told = (what: string, of: (nic: NicConfig) => string): readonly string[] => {
    const [before, after] = [of(now.nic), of(next.nic)];
    return before === after ? [] : [`${what} ${after} instead of ${before}`];
  };
  const changes = [
    ...told('the MAC', ({ mac }) => mac ?? 'none'),
    ...told('the bridge', ({ bridge }) => bridge ?? 'none'),
    ...told('the tag', ({ tag }) => (tag === undefined ? 'none' : String(tag))),
    ...told('the trunks', ({ trunks }) => trunks.map(({ from, to }) => `${from}-${to}`).join(';') || 'none'),
    ...told('the link', ({ linkDown }) => (linkDown ? 'down' : 'up')),
  ];
  return changes.length === 0 ? undefined : changes.join(', ');
}

/** Reads a `netN` entry. */
export function readNic(type: GuestType, text: unknown): NicReading {
  if (typeof text !== 'string' || text.trim() === '') return { problem: "the NIC's configuration is no text" };
  try {
    return { nic: parseNic(type, text) };
  } catch (error) {
    if (error instanceof RangeError) return { problem: `the NIC's configuration cannot be read: ${error.message}` };
    throw error;
  }
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
