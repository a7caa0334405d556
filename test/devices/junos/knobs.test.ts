import type { JunosSwitchOptions } from '../../../lab/junos';
import { inspectSwitch, renderInspection } from '../../../src/devices/junos/doctor';
import { openSession } from '../../../src/clients/netconf/openSession';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import {
  addressOf,
  bind,
  codeOf,
  deviceFor,
  quickSwitch,
  recordingContext,
  request,
  target,
  TIMEOUTS,
} from './support';

const MAC = '02:00:00:00:00:10';
const V4 = bind('192.0.2.10', MAC, 100);
const V6 = bind('2001:db8::10', MAC, 100);
const SECURITY = 'set vlans v100 forwarding-options dhcp-security';
const ELS = [
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
  'set vlans v100 vlan-id 100',
];
const NON_ELS = [
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port vlan v100 ip-source-guard',
];
const trunk = (port: string): string => `set interfaces ${port} unit 0 family ethernet-switching interface-mode trunk`;

/** The notes of a pass that binds on a port of such a switch. */
async function notes(
  configuration: readonly string[],
  bindings = [V4],
  port = 'ge-0/0/5.0',
  profile: JunosSwitchOptions['profile'] = 'ex4300-21',
): Promise<readonly string[]> {
  const lab = await quickSwitch(profile, configuration);
  try {
    return (await deviceFor(addressOf(lab)).converge(request([target(port, bindings)]), recordingContext())).notes;
  } finally {
    await lab.close();
  }
}

describe('notes of an ELS switch', () => {
  it.each([
    ['ip-source-guard', [V4], []],
    ['arp-inspection', [V4], []],
    ['ipv6-source-guard', [V6], []],
    ['neighbor-discovery-inspection', [V6], []],
    [
      'ip-source-guard',
      [V6],
      [
        'VLAN v100 has neither ipv6-source-guard nor neighbor-discovery-inspection: its IPv6 bindings filter nothing yet',
      ],
    ],
    [
      'ipv6-source-guard',
      [V4],
      ['VLAN v100 has neither ip-source-guard nor arp-inspection: its IPv4 bindings filter nothing yet'],
    ],
  ])('with %s speak of the address family that it leaves out', async (knob, bindings, expected) => {
    expect(await notes([...ELS, `${SECURITY} ${knob}`], bindings)).toEqual(expected);
  });

  it('say for which family snooping is switched off', async () => {
    const guarded = [...ELS, `${SECURITY} ip-source-guard`, `${SECURITY} ipv6-source-guard`];
    expect(await notes([...guarded, `${SECURITY} no-dhcp-snooping`], [V4, V6])).toEqual([
      'VLAN v100 has no-dhcp-snooping: snooping, whose table its IPv4 bindings fill, is switched off',
    ]);
    expect(await notes([...guarded, `${SECURITY} no-dhcpv6-snooping`], [V4, V6])).toEqual([
      'VLAN v100 has no-dhcpv6-snooping: snooping, whose table its IPv6 bindings fill, is switched off',
    ]);
    expect(await notes([...guarded, `${SECURITY} no-dhcpv6-snooping`], [V4])).toEqual([]);
  });

  it('say that a port is in a trusted group, whosever it is', async () => {
    const guarded = [...ELS, `${SECURITY} ip-source-guard`];
    const trusted = [
      ...guarded,
      `${SECURITY} group theirs overrides trusted`,
      `${SECURITY} group theirs interface ge-0/0/5.0`,
    ];
    const expected = ['ge-0/0/5.0 is in group theirs of VLAN v100, which is trusted: nothing filters it there'];
    expect(await notes(trusted)).toEqual(expected);
    expect(await notes([...trusted, trunk('ge-0/0/5')])).toEqual(expected);
    expect(await notes(trusted, [V4], 'ge-0/0/6.0')).toEqual([]);
    expect(
      await notes([
        ...trusted,
        'deactivate vlans v100 forwarding-options dhcp-security group theirs overrides trusted',
      ]),
    ).toEqual([]);
    expect(
      await notes([
        ...trusted,
        'deactivate vlans v100 forwarding-options dhcp-security group theirs interface ge-0/0/5.0',
      ]),
    ).toEqual([]);
    const elsewhere = trusted.map((line) => line.replace(/^set vlans v100 (.*group)/, 'set vlans v200 $1'));
    expect(await notes(['set vlans v200 vlan-id 200', ...elsewhere])).toEqual([]);
  });

  it('say that a trunk is trusted by default, unless a group of the port says untrusted', async () => {
    const guarded = [...ELS, `${SECURITY} arp-inspection`, trunk('ge-0/0/5')];
    const expected = [
      'ge-0/0/5.0 is a trunk, which many releases trust by default: its bindings in VLAN v100 filter only with `overrides untrusted` in a group that it is in',
    ];
    expect(await notes(guarded)).toEqual(expected);
    expect(await notes(guarded, [V4], 'ge-0/0/1.0')).toEqual([]);
    expect(await notes([...guarded, `${SECURITY} group portwarden overrides untrusted`])).toEqual([]);
    expect(
      await notes([
        ...guarded,
        `${SECURITY} group theirs overrides untrusted`,
        `${SECURITY} group theirs interface ge-0/0/5.0`,
      ]),
    ).toEqual([]);
    expect(await notes([...guarded, `${SECURITY} group theirs overrides untrusted`])).toEqual(expected);
    expect(
      await notes([...guarded, 'deactivate interfaces ge-0/0/5 unit 0 family ethernet-switching interface-mode']),
    ).toEqual([]);
  });

  it('know a trunk by its interface range and by its aggregate', async () => {
    const guarded = [...ELS, `${SECURITY} arp-inspection`];
    const range = [
      'set interfaces interface-range uplinks member-range ge-0/0/5 to ge-0/0/6',
      'set interfaces interface-range uplinks unit 0 family ethernet-switching interface-mode trunk',
    ];
    expect((await notes([...guarded, ...range])).join()).toContain('ge-0/0/5.0 is a trunk');
    expect(
      (await notes([...guarded, 'set interfaces ge-0/0/5 ether-options 802.3ad ae0', trunk('ae0')])).join(),
    ).toContain('ae0.0 is a trunk');
  });
});

describe('notes of a non-ELS switch', () => {
  const uplink = [...NON_ELS, 'set interfaces ge-0/0/5 unit 0 family ethernet-switching port-mode trunk'];
  it('say that a trunk is trusted by default, unless the port says otherwise', async () => {
    expect(await notes(uplink, [V4], 'ge-0/0/5.0', 'ex3300-12.3')).toEqual([
      'ge-0/0/5.0 is a trunk, which many releases trust by default: its bindings filter only with `no-dhcp-trusted`',
    ]);
    expect(
      await notes(
        [...uplink, 'set ethernet-switching-options secure-access-port interface ge-0/0/5.0 no-dhcp-trusted'],
        [V4],
        'ge-0/0/5.0',
        'ex3300-12.3',
      ),
    ).toEqual([]);
  });
});

describe('portwarden doctor', () => {
  it('shows what filters, trusts and switches off snooping, and the trunks', async () => {
    const lines = [
      `${SECURITY} neighbor-discovery-inspection`,
      `${SECURITY} no-dhcp-snooping`,
      `${SECURITY} group theirs overrides untrusted`,
      trunk('ge-0/0/5'),
    ];
    const lab = await quickSwitch('ex4300-21', [...ELS, ...lines]);
    try {
      const session = (): Promise<Parameters<typeof openSession>[0]> =>
        Promise.resolve({ ...addressOf(lab), timeouts: TIMEOUTS });
      const found = await inspectSwitch(
        { session, settings: DEFAULT_JUNOS_SETTINGS, open: openSession },
        new AbortController().signal,
      );
      expect(found.configuration?.knobs.map(({ kind }) => kind).sort()).toEqual([
        'dhcp-snooping',
        'neighbor-discovery-inspection',
        'no-dhcp-snooping',
        'untrusted-group',
      ]);
      const text = renderInspection(found, DEFAULT_JUNOS_SETTINGS).join('\n');
      expect(text).toContain('No VLAN has ip-source-guard or arp-inspection: IPv4 bindings filter nothing yet.');
      expect(text).not.toContain('IPv6 bindings filter nothing');
      expect(text).toContain('Trunks, which many releases trust by default:\n  ge-0/0/5.0');
    } finally {
      await lab.close();
    }
  });
});

describe('the dialect', () => {
  const dialectOf = async (
    profile: JunosSwitchOptions['profile'],
    configuration: readonly string[],
  ): Promise<string> => {
    const lab = await quickSwitch(profile, configuration);
    try {
      return await codeOf(
        deviceFor(addressOf(lab)).converge(request([target('ge-0/0/5.0', [V4])]), recordingContext()),
      );
    } finally {
      await lab.close();
    }
  };
  const VLAN = 'set vlans v100 vlan-id 100';
  const mode = (port: number, word: 'port' | 'interface', path = ''): readonly string[] => [
    `set interfaces ge-0/0/${port} unit 0 family ethernet-switching ${word}-mode access`,
    ...(path === '' ? [] : [`deactivate interfaces ge-0/0/${port}${path}`]),
  ];

  it.each<[string, JunosSwitchOptions['profile'], readonly string[]]>([
    [
      'an inactive port-mode beside an interface-mode',
      'ex4300-21',
      [...mode(1, 'interface'), ...mode(2, 'port', ' unit 0 family ethernet-switching port-mode'), VLAN],
    ],
    ['a port-mode below an inactive unit', 'ex4300-21', [...mode(1, 'interface'), ...mode(2, 'port', ' unit 0'), VLAN]],
    [
      'an interface-mode on an inactive interface of a non-ELS switch',
      'ex3300-12.3',
      [...mode(1, 'port'), ...mode(2, 'interface', ''), 'deactivate interfaces ge-0/0/2', VLAN],
    ],
    [
      'an inactive routed VLAN of the other kind',
      'ex4300-21',
      [...mode(1, 'interface'), VLAN, 'set vlans old l3-interface vlan.9', 'deactivate vlans old'],
    ],
    [
      'ethernet-switching-options that are all deactivated, and nothing else',
      'ex3300-12.3',
      [
        VLAN,
        'set ethernet-switching-options secure-access-port vlan v100 arp-inspection',
        'deactivate ethernet-switching-options secure-access-port',
      ],
    ],
  ])('is not in doubt by %s', async (_what, profile, configuration) => {
    expect(await dialectOf(profile, configuration)).toBe('nothing was thrown');
  });

  it('is in doubt where both show and both are active', async () => {
    expect(await dialectOf('ex3300-12.3', [...mode(1, 'interface'), ...mode(2, 'port'), VLAN])).toBe(
      'device-dialect-unknown',
    );
  });
});
