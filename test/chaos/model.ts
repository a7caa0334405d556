import type { PanelServerWorld } from '../../lab/scenarios/scenario';
import type { LabWorld } from '../../lab/world';
import { ACCESS_PORTS, ALLOWED_VLANS, CLUSTER, NODES, RANGES, SWITCHES } from './scenario';

/** Bindings by `SWITCH PORT`, each binding as `IP MAC VLAN-NAME`, sorted. */
export type Bindings = ReadonlyMap<string, readonly string[]>;

/** The key of a port. */
export const portKey = (switchId: number, port: string): string => `${switchId} ${port}`;

/** Every port that portwarden may touch in the chaos site, whether something is plugged in or not. */
export const AUTOMATED_PORTS: readonly string[] = [
  ...[SWITCHES.access, SWITCHES.els].flatMap((id) => ACCESS_PORTS.map((port) => portKey(id, `ge-0/0/${port}.0`))),
  ...NODES.map((_, index) => portKey(SWITCHES.uplinks, `ae${index}.0`)),
];

/**
 * What the switches shall hold, from what the panel and the hypervisors say now. Written for the chaos site alone and
 * on purpose without a line of the product: VLAN by address range, MAC by `pxe_mac` or by the NIC with that VLAN's tag.
 */
export function desiredNow(world: LabWorld): Bindings {
  const desired = new Map<string, string[]>(AUTOMATED_PORTS.map((key) => [key, []]));
  for (const server of world.panel.state.servers.values()) {
    for (const ip of server.ips) {
      const vlan = RANGES.find(({ prefix }) => ip.startsWith(prefix))?.vlan;
      if (vlan === undefined || !ALLOWED_VLANS.includes(vlan)) continue;
      const source = server.kind === 'vm' ? guestOf(world, server, vlan) : plugOf(server);
      if (source === undefined) continue;
      desired.get(source.port)?.push(`${ip} ${source.mac.toLowerCase()} ${vlanName(source.port, vlan)}`);
    }
  }
  return new Map([...desired].map(([key, bindings]) => [key, bindings.sort()]));
}

function plugOf(server: PanelServerWorld): { port: string; mac: string } | undefined {
  const plug = server.switchPorts?.[0];
  if (plug?.switchAutomation !== true || server.pxeMac === undefined) return undefined;
  return { port: portKey(plug.switchId, `ge-0/0/${plug.portId}.0`), mac: server.pxeMac };
}

function guestOf(world: LabWorld, server: PanelServerWorld, vlan: number): { port: string; mac: string } | undefined {
  const guest = world.clusters.get(CLUSTER)?.cluster.guests.find((candidate) => candidate.vmid === server.proxmox?.vmid);
  const nic = Object.values(guest?.config ?? {}).find((value) => value.endsWith(`,tag=${vlan}`));
  const mac = /=([0-9A-F:]{17}),/.exec(nic ?? '')?.[1];
  const node = NODES.findIndex((name) => name === guest?.node);
  return mac === undefined || node < 0 ? undefined : { port: portKey(SWITCHES.uplinks, `ae${node}.0`), mac };
}

function vlanName(port: string, vlan: number): string {
  if (port.startsWith(`${SWITCHES.els} `)) return `v${vlan}`;
  return port.startsWith(`${SWITCHES.access} `) && vlan === 100 ? 'customers-100' : `VLAN.${vlan}`;
}

const NON_ELS = /^set ethernet-switching-options secure-access-port interface (\S+) static-ip (\S+) vlan (\S+) mac (\S+)$/;
/** What is left when a port's last binding is gone: the port's bare entry, or portwarden's own empty group. */
const EMPTIED = /^set (?:ethernet-switching-options secure-access-port interface (\S+)|vlans \S+ forwarding-options dhcp-security group portwarden)$/;
const ELS = /^set vlans (\S+) forwarding-options dhcp-security group portwarden interface (\S+) static-ip (\S+) mac (\S+)$/;

/** Reads a switch's `set` lines: the bindings of its automated ports, and every other line. */
export function readSwitch(switchId: number, lines: readonly string[]): { readonly bindings: Bindings; readonly rest: readonly string[] } {
  const bindings = new Map<string, string[]>(AUTOMATED_PORTS.filter((key) => key.startsWith(`${switchId} `)).map((key) => [key, []]));
  const rest: string[] = [];
  for (const line of lines) {
    const [, port, ip, vlan, mac] = NON_ELS.exec(line) ?? [];
    const [, elsVlan, elsPort, elsIp, elsMac] = ELS.exec(line) ?? [];
    const [emptied, emptiedPort] = EMPTIED.exec(line) ?? [];
    if (emptied !== undefined && (emptiedPort === undefined || bindings.has(portKey(switchId, emptiedPort)))) continue;
    const found = bindings.get(portKey(switchId, port ?? elsPort ?? ''));
    if (found === undefined) rest.push(line);
    else found.push(`${ip ?? elsIp ?? ''} ${(mac ?? elsMac ?? '').toLowerCase()} ${vlan ?? elsVlan ?? ''}`);
  }
  return { bindings: new Map([...bindings].map(([key, values]) => [key, values.sort()])), rest };
}

/** What was desired when: every change of the world is recorded at once, so nothing lies between two records. */
export class DesiredHistory {
  private readonly records: { readonly at: number; readonly bindings: Bindings }[] = [];

  record(bindings: Bindings): void {
    this.records.push({ at: Date.now(), bindings });
  }

  /** Whether a binding was desired, or was not, at some instant between the two times (Unix milliseconds). */
  everIs(desired: boolean, port: string, binding: string, from: number, to: number): boolean {
    return this.records.some((record, index) => {
      const end = this.records[index + 1]?.at ?? Number.POSITIVE_INFINITY;
      return record.at <= to && end >= from && (record.bindings.get(port) ?? []).includes(binding) === desired;
    });
  }
}
