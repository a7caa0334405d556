import { ACCESS_PORTS, SWITCHES, UPLINKS } from './scenario';

/** Bindings by `SWITCH PORT`, each binding as `IP MAC VLAN-NAME`, sorted. */
export type Bindings = ReadonlyMap<string, readonly string[]>;

/** The key of a port. */
export const portKey = (switchId: number, port: string): string => `${switchId} ${port}`;

/** The switch and the port of a key. */
export function splitKey(key: string): { readonly switchId: number; readonly port: string } {
  const [switchId = '', port = ''] = key.split(' ');
  return { switchId: Number(switchId), port };
}

/** Every port that portwarden may touch in the chaos site, whether something is plugged in or not. */
export const AUTOMATED_PORTS: readonly string[] = [
  ...[SWITCHES.access, SWITCHES.els].flatMap((id) => ACCESS_PORTS.map((port) => portKey(id, `ge-0/0/${port}.0`))),
  ...UPLINKS,
];

const NON_ELS =
  /^set ethernet-switching-options secure-access-port interface (\S+) static-ip (\S+) vlan (\S+) mac (\S+)$/;
/** What is left when a port's last binding is gone: the port's bare entry, or portwarden's own empty group. */
const EMPTIED =
  /^set (?:ethernet-switching-options secure-access-port interface (\S+)|vlans \S+ forwarding-options dhcp-security group portwarden(?: interface \S+)?)$/;
const ELS =
  /^set vlans (\S+) forwarding-options dhcp-security group portwarden interface (\S+) static-ip (\S+) mac (\S+)$/;

/** Reads a switch's `set` lines: the bindings of its automated ports, and every other line. */
export function readSwitch(
  switchId: number,
  lines: readonly string[],
): { readonly bindings: Bindings; readonly rest: readonly string[] } {
  const bindings = new Map<string, string[]>(
    AUTOMATED_PORTS.filter((key) => key.startsWith(`${switchId} `)).map((key) => [key, []]),
  );
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

/** The statement of a binding on a switch port, without its verb. */
export function bindingStatement(key: string, binding: string): string {
  const { switchId, port } = splitKey(key);
  const [ip = '', mac = '', vlan = ''] = binding.split(' ');
  return switchId === SWITCHES.els
    ? `vlans ${vlan} forwarding-options dhcp-security group portwarden interface ${port} static-ip ${ip} mac ${mac}`
    : `ethernet-switching-options secure-access-port interface ${port} static-ip ${ip} vlan ${vlan} mac ${mac}`;
}

/** The command that takes a binding away. */
export function deleteBinding(key: string, binding: string): string {
  return `delete ${bindingStatement(key, binding).replace(/( static-ip \S+).*$/, '$1')}`;
}
