import type { Statement } from '../../../src/domain/change/statement';
import { parseCidr, cidrContains, type IpAddress } from '../../../src/domain/values/ip';
import type { DeviceId } from '../../../src/domain/values/device';
import { ip, port, statement } from '../fakes/values';

/**
 * What is true of the site of the sequences, and what that asks of its ports. Written for the sequences alone, on purpose
 * without a rule of the product: what is asked of a port is the judge's measure of what the product does there.
 */

/** A server of the panel: plugged into a switch port, or a guest of the cluster with one NIC for each VLAN. */
export interface TrueServer {
  readonly id: number;
  readonly ips: readonly string[];
  readonly mac: number;
  /** `DEVICE PORT`. */
  readonly plug?: string;
  readonly vmid?: number;
}

/** The panel's database at one instant. Nothing in it is ever changed: a change is another one. */
export type Database = ReadonlyMap<number, TrueServer>;

/** The goal of a guest of which nothing says where it is on its way to. */
export const ANYWHERE = 'anywhere';

/** Where a guest is, and where it is on its way to. */
export interface TrueGuest {
  readonly vmid: number;
  readonly node: string;
  readonly goal?: string;
}

/** What an operator configures. */
export interface SiteSettings {
  /** Empty: every VLAN. */
  readonly allowlist: readonly number[];
  readonly map: Readonly<Record<string, number>>;
  /** By node, the ports of its one uplink as `DEVICE PORT`. */
  readonly uplinks: Readonly<Record<string, readonly string[]>>;
  readonly nativeVlan: number | undefined;
  /** By device, what becomes of further addresses of dedicated servers. Absent: they have their server's own MAC. */
  readonly further: Readonly<Record<string, 'virtual-mac' | 'reject'>>;
}

/** The virtual MAC that an address of a server has now, as persons are shown it. */
export type VirtualMacOf = (serverId: number, address: string) => string | undefined;

export const NODES = ['pve1', 'pve2', 'pve3'] as const;
export const PLUGS = ['junos:1 ge-0/0/1.0', 'junos:1 ge-0/0/2.0', 'junos:3 ge-0/0/1.0', 'junos:3 ge-0/0/2.0'] as const;

/** An uplink of one port, a LAG over two switches, and a node on the same switch as the first. */
const UPLINKS: SiteSettings['uplinks'] = {
  pve1: ['junos:2 ae0.0'],
  pve2: ['junos:2 ae1.0', 'junos:3 ae1.0'],
  pve3: ['junos:2 ae2.0'],
};

const FIRST: SiteSettings = {
  ...{ allowlist: [], map: {}, uplinks: UPLINKS, nativeVlan: 13 },
  further: { 'junos:3': 'virtual-mac' },
};

/** The first configuration and others, each of which changes something that decides what is bound. */
export const SETTINGS: readonly SiteSettings[] = [
  FIRST,
  { ...FIRST, allowlist: [13, 30] },
  { ...FIRST, map: { '10.0.13.0/24': 30 } },
  { ...FIRST, uplinks: { ...UPLINKS, pve1: ['junos:2 ae3.0'] } },
  { ...FIRST, uplinks: { ...UPLINKS, pve2: ['junos:2 ae1.0'] } },
  { ...FIRST, nativeVlan: undefined },
  { ...FIRST, further: { 'junos:1': 'virtual-mac' } },
  { ...FIRST, further: { 'junos:1': 'reject', 'junos:3': 'reject' } },
];

/** The VLAN that the panel says of an address: the third number of it. */
export const panelVlan = (address: string): number => Number(address.split('.')[2]);

/** The VLANs of the NICs of a guest; the second is untagged. */
export const NIC_VLANS = [20, 'native'] as const;

/** The MAC of a server, of a guest's NIC. */
export const macOf = ({ mac, vmid }: TrueServer, nic = 0): string =>
  `${vmid === undefined ? '00:50:56' : 'bc:24:11'}:${hex(nic)}:${hex(vmid ?? 0)}:${hex(mac)}`;

const hex = (number: number): string => (number % 256).toString(16).padStart(2, '0');

/** The ports through which a server's traffic enters. */
export function portsOf(
  server: TrueServer,
  guests: ReadonlyMap<number, TrueGuest>,
  settings: SiteSettings,
): readonly string[] {
  if (server.vmid === undefined) return server.plug === undefined ? [] : [server.plug];
  const node = guests.get(server.vmid)?.node;
  return node === undefined ? [] : (settings.uplinks[node] ?? []);
}

/** How an address of a server is bound; undefined when the configuration or its NICs do not let it be. */
function bindingOf(
  server: TrueServer,
  address: string,
  settings: SiteSettings,
  virtual: string | undefined,
): Statement | undefined {
  const mapped = Object.entries(settings.map).find(([range]) => cidrContains(parseCidr(range), ip(address)));
  const vlan = mapped?.[1] ?? panelVlan(address);
  if (settings.allowlist.length > 0 && !settings.allowlist.includes(vlan)) return undefined;
  if (server.vmid === undefined) return statement(address, virtual ?? macOf(server), `VLAN.${vlan}`);
  const fits = NIC_VLANS.flatMap((nic, index) =>
    (nic === 'native' ? settings.nativeVlan : nic) === vlan ? [index] : [],
  );
  const [index, ...others] = fits;
  return index === undefined || others.length > 0
    ? undefined
    : statement(address, macOf(server, index), `VLAN.${vlan}`);
}

/** What one server asks of a port for one of its addresses. */
export interface Asked {
  readonly server: TrueServer;
  readonly ip: IpAddress;
  readonly statement: Statement;
  /** A further address of a dedicated server without a virtual MAC, where the policy gives none its server's own MAC anew. */
  readonly policy?: 'virtual-mac' | 'reject';
}

/** Everything that is asked of a port. */
export function askedOf(
  port: string,
  database: Database,
  guests: ReadonlyMap<number, TrueGuest>,
  settings: SiteSettings,
  virtualMacOf: VirtualMacOf = () => undefined,
): readonly Asked[] {
  return [...database.values()].flatMap((server) =>
    portsOf(server, guests, settings).includes(port)
      ? server.ips.flatMap((address, index) => {
          const virtual = server.vmid === undefined ? virtualMacOf(server.id, address) : undefined;
          const statementOf = bindingOf(server, address, settings, virtual);
          const isFurther = server.vmid === undefined && index > 0 && virtual === undefined;
          const policy = isFurther ? settings.further[refOf(port).device] : undefined;
          if (statementOf === undefined) return [];
          return [{ server, ip: ip(address), statement: statementOf, ...(policy === undefined ? {} : { policy }) }];
        })
      : [],
  );
}

/** The device and port of `DEVICE PORT`. */
export function refOf(key: string): { readonly device: DeviceId; readonly port: ReturnType<typeof port> } {
  const [device = '', name = ''] = key.split(' ');
  return { device: device as DeviceId, port: port(name) };
}
