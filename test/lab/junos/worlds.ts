import { type JunosSwitch, type JunosSwitchOptions, startJunosSwitch } from '../../../lab/junos';

/** A non-ELS switch with one binding, a trusted port and operator settings. */
export const NON_ELS = [
  'set system host-name access-sw1',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members VLAN.13',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 mac-limit 8 action drop',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2',
  'set ethernet-switching-options secure-access-port interface ge-0/0/24.0 dhcp-trusted',
  'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
  'set vlans VLAN.13 vlan-id 13',
  'set vlans VLAN.100 vlan-id 100',
];

const ELS = [
  'set system host-name access-els',
  'set vlans cust-13 vlan-id 13',
  'set vlans cust-13 forwarding-options dhcp-security ip-source-guard',
  'set vlans cust-13 forwarding-options dhcp-security group bindings interface ge-0/0/2.0 static-ip 10.0.48.20 mac 00:50:56:86:e1:a2',
  'set vlans cust-100 vlan-id 100',
];

const running: JunosSwitch[] = [];

/** A switch that is stopped by {@link stopAll}. Commits take no time unless told. */
export async function startSwitch(options: Partial<JunosSwitchOptions> = {}): Promise<JunosSwitch> {
  const profile = options.profile ?? 'ex3300-12.3';
  const started = await startJunosSwitch({
    profile,
    username: 'portwarden',
    password: 'secret',
    configuration: profile === 'ex3300-12.3' || profile === 'ex4200-vc' ? NON_ELS : ELS,
    commitMs: 0,
    checkMs: 0,
    users: [
      { username: 'alice', password: 'secret' },
      { username: 'viewer', password: 'secret', permissions: 'read-only' },
    ],
    ...options,
  });
  running.push(started);
  return started;
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((s) => s.close()));
}
