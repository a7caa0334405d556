import { readCommittedSet, type SwitchLogin } from '../../../lab/demo/readSwitch';

const NON_ELS =
  /^set ethernet-switching-options secure-access-port interface (\S+) static-ip(?:v6)? (\S+) vlan (\S+) mac (\S+)$/;
const ELS =
  /^set vlans (\S+) forwarding-options dhcp-security group \S+ interface (\S+) static-ip(?:v6)? (\S+) mac (\S+)$/;

/** `10.0.48.5 vlan VLAN.13 mac 02:00:00:00:00:05` as a statement of a switch's configuration. */
export function bindingLine(port: string, text: string, isEls: boolean): string {
  const [, ip = '', vlan = '', mac = ''] = /^(\S+) vlan (\S+) mac (\S+)$/.exec(text) ?? [];
  if (ip === '') throw new Error(`${text} is no binding: write 10.0.48.5 vlan VLAN.13 mac 02:00:00:00:00:05`);
  const unit = withUnit(port);
  const word = ip.includes(':') ? 'static-ipv6' : 'static-ip';
  return isEls
    ? `set vlans ${vlan} forwarding-options dhcp-security group portwarden interface ${unit} ${word} ${ip} mac ${mac}`
    : `set ethernet-switching-options secure-access-port interface ${unit} ${word} ${ip} vlan ${vlan} mac ${mac}`;
}

/** The bindings of a port as an SSH session of its own reads them from the committed configuration, in either dialect. */
export async function readBindings(login: SwitchLogin, port: string): Promise<string[]> {
  const unit = withUnit(port);
  const found: string[] = [];
  for (const line of await readCommittedSet(login)) {
    const [, on, ip, vlan, mac] = NON_ELS.exec(line) ?? [];
    if (on === unit) found.push(`${ip ?? ''} vlan ${vlan ?? ''} mac ${mac ?? ''}`);
    const [, elsVlan, elsOn, elsIp, elsMac] = ELS.exec(line) ?? [];
    if (elsOn === unit) found.push(`${elsIp ?? ''} vlan ${elsVlan ?? ''} mac ${elsMac ?? ''}`);
  }
  return found;
}

/** `ge-0/0/1` and `ge-0/0/1.0` are the same port. */
export function withUnit(port: string): string {
  return /\.\d+$/.test(port) ? port : `${port}.0`;
}
