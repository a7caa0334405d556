import { tryParseIp, type IpAddress } from '../../domain/values/ip';
import { tryParseMac, type MacAddress } from '../../domain/values/mac';
import { tryParseVlanId, type VlanId } from '../../domain/values/vlan';

/** The two kinds of guest; their `netN` strings differ. */
export type GuestType = 'qemu' | 'lxc';

/** Inclusive bounds of VLAN ids as written in `trunks`; a single id has equal bounds. */
export interface VlanRange {
  readonly from: number;
  readonly to: number;
}

/** One `netN` of a guest's configuration. */
export interface NicConfig {
  /** Absent: user-mode NAT, the NIC is on no bridge. */
  readonly bridge?: string;
  /** Canonical; absent when the configuration holds none, in which case it is random at each start. */
  readonly mac?: MacAddress;
  readonly tag?: VlanId;
  readonly trunks: readonly VlanRange[];
  readonly firewall: boolean;
  readonly linkDown: boolean;
  /** A container's own addresses (`ip=`, `ip6=`); always empty for virtual machines. */
  readonly ips: readonly IpAddress[];
}

/** QEMU's NIC models. As a key of `netN` each is a short form of `model=…,macaddr=…`. */
const MODELS = new Set([
  'e1000',
  'e1000-82540em',
  'e1000-82544gc',
  'e1000-82545em',
  'e1000e',
  'i82551',
  'i82557b',
  'i82559er',
  'ne2k_isa',
  'ne2k_pci',
  'pcnet',
  'rtl8139',
  'virtio',
  'vmxnet3',
]);

const MAC = /^[a-f0-9][02468ace](:[a-f0-9]{2}){5}$/i;

/**
 * Reads a `netN` value as qm.conf(5) and pct.conf(5) describe it; unknown keys are ignored, so that newer ones do no harm.
 * Throws a RangeError naming the rule that the text breaks.
 */
export function parseNic(type: GuestType, text: string): NicConfig {
  const parts = properties(text, type === 'qemu' ? 'model' : undefined);
  const mac = readMac(type, parts);
  const bridge = parts.get('bridge');
  const tagText = parts.get('tag');
  const tag = tagText === undefined ? undefined : tryParseVlanId(tagText);
  if (tagText !== undefined && tag === undefined) throw new RangeError('tag must be a VLAN id from 1 to 4094');
  return {
    ...(bridge === undefined ? {} : { bridge }),
    ...(mac === undefined ? {} : { mac }),
    ...(tag === undefined ? {} : { tag }),
    trunks: readTrunks(parts.get('trunks')),
    firewall: readBoolean('firewall', parts),
    linkDown: readBoolean('link_down', parts),
    ips: type === 'lxc' ? readAddresses(parts) : [],
  };
}

/** The addresses of a cloud-init `ipconfigN`; `dhcp` and `auto` name none. Throws a RangeError naming the rule. */
export function parseIpConfig(text: string): readonly IpAddress[] {
  return readAddresses(properties(text, undefined));
}

/** The indexed entries (`net0`, `ipconfig3`, …) of a configuration, by index, whatever they hold. */
export function indexedEntries(
  prefix: 'net' | 'ipconfig',
  config: Readonly<Record<string, unknown>>,
): ReadonlyMap<number, unknown> {
  const entries = new Map<number, unknown>();
  for (const [key, value] of Object.entries(config)) {
    const index = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    if (/^(0|[1-9]\d?)$/.test(index)) entries.set(Number(index), value);
  }
  return entries;
}

/** Splits a comma list of `key=value`; one bare word is the value of `defaultKey`, when there is one. */
function properties(text: string, defaultKey: string | undefined): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(',')) {
    const trimmed = part.trim();
    if (trimmed === '') continue;
    const equals = trimmed.indexOf('=');
    const key = equals < 0 ? defaultKey : trimmed.slice(0, equals);
    const value = trimmed.slice(equals + 1);
    if (key === undefined || key === '') throw new RangeError('parts must have the form key=value');
    if (value === '') throw new RangeError(`${key} must not be empty`);
    if (parts.has(key)) throw new RangeError(`${key} must not be repeated`);
    parts.set(key, value);
  }
  return parts;
}

function readMac(type: GuestType, parts: ReadonlyMap<string, string>): MacAddress | undefined {
  const keys = type === 'lxc' ? ['hwaddr'] : ['macaddr', ...[...parts.keys()].filter((key) => MODELS.has(key))];
  const texts = keys.flatMap((key) => parts.get(key) ?? []);
  if (texts.length > 1) throw new RangeError('the MAC address must not be repeated');
  const text = texts[0];
  if (text === undefined) return undefined;
  const mac = MAC.test(text) ? tryParseMac(text) : undefined;
  if (mac === undefined) throw new RangeError('the MAC address must be a unicast address such as BC:24:11:2E:C5:4A');
  return mac;
}

function readTrunks(text: string | undefined): readonly VlanRange[] {
  if (text === undefined) return [];
  return text.split(';').map((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to > 4095)
      throw new RangeError('trunks must be VLAN ids and ranges such as 10;20-30');
    return { from, to };
  });
}

function readBoolean(key: string, parts: ReadonlyMap<string, string>): boolean {
  const text = parts.get(key);
  if (text === undefined || /^(0|off|no|false)$/i.test(text)) return false;
  if (/^(1|on|yes|true)$/i.test(text)) return true;
  throw new RangeError(`${key} must be a boolean`);
}

function readAddresses(parts: ReadonlyMap<string, string>): readonly IpAddress[] {
  const found: IpAddress[] = [];
  for (const key of ['ip', 'ip6']) {
    const text = parts.get(key);
    if (text === undefined || /^(dhcp|auto|manual)$/.test(text)) continue;
    const ip = tryParseIp(text.replace(/\/\d{1,3}$/, ''));
    if (ip === undefined) throw new RangeError(`${key} must be an address with prefix length, dhcp, auto or manual`);
    found.push(ip);
  }
  return found;
}
