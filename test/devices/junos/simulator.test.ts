import type { JunosSwitch } from '../../../lab/junos';
import { describeCompliance, type ComplianceSubject } from './compliance';
import { addressOf, deviceFor, quickSwitch } from './support';

const NON_ELS = [
  'set system host-name sw',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
  'set vlans v100 vlan-id 100',
  'set vlans v200 vlan-id 200',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 mac-limit 8 action drop',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 192.0.2.10 vlan v100 mac 02:00:00:00:00:10',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 192.0.2.20 vlan v100 mac 02:00:00:00:00:20',
  'set ethernet-switching-options secure-access-port interface ge-0/0/47.0 dhcp-trusted',
  'set ethernet-switching-options secure-access-port vlan v100 ip-source-guard',
];
const ELS = [
  'set system host-name sw',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
  'set vlans v100 vlan-id 100',
  'set vlans v200 vlan-id 200',
  'set vlans v100 forwarding-options dhcp-security ip-source-guard',
  'set vlans v100 forwarding-options dhcp-security group uplink overrides trusted',
  'set vlans v100 forwarding-options dhcp-security group uplink interface ge-0/0/47.0',
  'set vlans v100 forwarding-options dhcp-security group hosts interface ge-0/0/1.0 static-ip 192.0.2.10 mac 02:00:00:00:00:10',
  'set vlans v100 forwarding-options dhcp-security group hosts interface ge-0/0/2.0 static-ip 192.0.2.20 mac 02:00:00:00:00:20',
];

describe.each([
  ['ex3300-12.3', NON_ELS],
  ['ex4200-vc', NON_ELS],
  ['ex3400-18', ELS],
  ['ex4300-21', ELS],
] as const)('the driver on a simulated %s', (profile, configuration) => {
  describeCompliance(`a simulated ${profile}`, () => simulated(profile, configuration));
});

async function simulated(profile: JunosSwitch['profile'], configuration: readonly string[]): Promise<ComplianceSubject> {
  const isEls = configuration === ELS;
  let lab = await quickSwitch(profile, configuration);
  return {
    device: (settings) => deviceFor(addressOf(lab), settings),
    ipv6: isEls ? 'works' : 'excluded',
    vlanMustExist: isEls,
    bindings: () => Promise.resolve(bindingLines(lab.committedSet())),
    rest: () => Promise.resolve(restOf(lab.committedSet())),
    reset: async () => {
      expect(lab.isCandidateDirty()).toBe(false);
      expect(lab.isLocked()).toBe(false);
      await lab.close();
      lab = await quickSwitch(profile, configuration);
    },
    holdLock: () => {
      const operator = lab.editAsOperator([], { lock: true });
      return Promise.resolve(() => Promise.resolve(operator.release()));
    },
    stop: () => lab.close(),
  };
}

function bindingLines(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => /interface (\S+) static-ip(?:v6)? (\S+) (?:vlan (\S+) )?mac (\S+)/.exec(line)?.slice(1) ?? [])
    .map(([port, ip, vlan, mac], index) => [port, ip, mac, vlan ?? /^set vlans (\S+)/.exec(lines[index] ?? '')?.[1]].join(' '))
    .filter((line) => line.trim() !== '')
    .filter((line) => line.startsWith('ge-') || line.startsWith('ae'))
    .sort();
}

/** What portwarden must not touch: all but bindings, their interface nodes, and its own group. */
function restOf(lines: readonly string[]): string {
  return lines
    .filter((line) => !/ static-ip(v6)? /.test(line) && !/secure-access-port interface \S+$/.test(line))
    .filter((line) => !/dhcp-security group (portwarden|hosts)( interface \S+)?$/.test(line))
    .join('\n');
}
