import type { JunosSwitch } from '../../../lab/junos';
import type { JunosSettings } from '../../../src/devices/junos/settings';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import type { SecurityGroups } from '../../../src/domain/policies/securityGroup';
import { parseCidr, parseIp } from '../../../src/domain/values/ip';
import { committed, PolicyPass, type Wanted } from './policySupport';
import { addressOf, bind, deviceFor, quickSwitch } from './support';

const MAC = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const A: Wanted = { sources: [bind('192.0.2.10', MAC[0], 10), bind('192.0.2.11', MAC[0], 10)] };
const B: Wanted = { sources: [bind('192.0.2.20', MAC[1], 10)] };
const [PORT_A, PORT_B] = ['ge-0/0/1.0', 'ge-0/0/2.0'];

const GROUPS: SecurityGroups = new Map([
  ['web', [{ direction: 'ingress', protocol: 'tcp', ports: { from: 80, to: 443 }, family: 4 }]],
]);

const BASE = {
  'non-ELS': [
    'set vlans net-10 vlan-id 10',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
    'set interfaces ge-0/0/2 unit 0 family ethernet-switching port-mode access',
    'set ethernet-switching-options secure-access-port vlan net-10 ip-source-guard',
  ],
  ELS: [
    'set vlans net-10 vlan-id 10',
    'set vlans net-20 vlan-id 20',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members net-10',
    'set interfaces ge-0/0/2 unit 0 family ethernet-switching interface-mode access',
    'set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members net-10',
    'set vlans net-10 forwarding-options dhcp-security ip-source-guard',
    'set vlans net-20 forwarding-options dhcp-security arp-inspection',
  ],
};

const PROFILES = [
  ['ex3300-12.3', 'non-ELS'],
  ['ex4200-vc', 'non-ELS'],
  ['ex3400-18', 'ELS'],
  ['ex4300-21', 'ELS'],
] as const;

let lab: JunosSwitch | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function start(
  profile: (typeof PROFILES)[number][0],
  lines: readonly string[],
  policies: Partial<JunosSettings['policies']> = {},
  more: Partial<JunosSettings> = {},
): Promise<{ readonly lab: JunosSwitch; readonly pass: PolicyPass }> {
  lab = await quickSwitch(profile, lines);
  const device = deviceFor(addressOf(lab), {
    confirmedCommit: 'never',
    policies: { ...DEFAULT_JUNOS_SETTINGS.policies, ...policies },
    securityGroups: GROUPS,
    ...more,
  });
  return { lab, pass: new PolicyPass(device) };
}

describe.each(PROFILES)('port security off on %s (%s)', (profile, dialect) => {
  const trusted =
    dialect === 'ELS'
      ? [
          'set vlans net-10 forwarding-options dhcp-security group portwarden-trusted overrides trusted',
          `set vlans net-10 forwarding-options dhcp-security group portwarden-trusted interface ${PORT_A} static-ip 192.0.2.10 mac ${MAC[0]}`,
          `set vlans net-10 forwarding-options dhcp-security group portwarden-trusted interface ${PORT_A} static-ip 192.0.2.11 mac ${MAC[0]}`,
        ]
      : [`set ethernet-switching-options secure-access-port interface ${PORT_A} dhcp-trusted`];

  it('trusts the one port, and reverts exactly', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect]);
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    const before = committed(at);
    const done = await pass.run({ [PORT_A]: { ...A, off: true }, [PORT_B]: B });
    expect(done[PORT_A]?.refused).toEqual([]);
    expect(done[PORT_A]?.remarks.join()).toContain('may send from any address in net-10 (ip-source-guard)');
    const after = committed(at);
    expect(after.filter((line) => !before.includes(line))).toEqual([...trusted].sort());
    expect(after.filter((line) => line.includes(PORT_B))).toEqual(before.filter((line) => line.includes(PORT_B)));
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    expect(committed(at)).toEqual(before);
  });

  it('a binding that comes and one that goes meanwhile follow the port', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect]);
    await pass.run({ [PORT_A]: A });
    await pass.run({ [PORT_A]: { ...A, off: true } });
    const other = { sources: [A.sources[0], bind('192.0.2.12', MAC[0], 10)].flatMap((one) => one ?? []) };
    await pass.run({ [PORT_A]: { ...other, off: true } });
    await pass.run({ [PORT_A]: other });
    const reached = committed(at);
    const fresh = await quickSwitch(profile, BASE[dialect]);
    try {
      await new PolicyPass(deviceFor(addressOf(fresh), { confirmedCommit: 'never' })).run({ [PORT_A]: other });
      expect(reached).toEqual(committed(fresh));
    } finally {
      await fresh.close();
    }
  });

  it('both ports at once, and back at once', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect]);
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    const before = committed(at);
    await pass.run({ [PORT_A]: { ...A, off: true }, [PORT_B]: { ...B, off: true } });
    expect(committed(at)).not.toEqual(before);
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    expect(committed(at)).toEqual(before);
  });

  it('takes the bindings away where it is configured so, with a warning, and brings them back', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect], { off: 'none' });
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    const before = committed(at);
    const done = await pass.run({ [PORT_A]: { ...A, off: true }, [PORT_B]: B });
    expect(done[PORT_A]).toMatchObject({ suspends: {}, refused: [] });
    expect(done[PORT_A]?.remarks.join()).toContain('drops what has no binding');
    expect(committed(at).filter((line) => line.includes(PORT_A) && line.includes('static-ip'))).toEqual([]);
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    expect(committed(at)).toEqual(before);
  });

  it('what somebody else trusted stays, and nothing is added to it', async () => {
    const own =
      dialect === 'ELS'
        ? [
            'set vlans net-10 forwarding-options dhcp-security group uplink overrides trusted',
            `set vlans net-10 forwarding-options dhcp-security group uplink interface ${PORT_A}`,
          ]
        : [`set ethernet-switching-options secure-access-port interface ${PORT_A} dhcp-trusted`];
    const { lab: at, pass } = await start(profile, [...BASE[dialect], ...own]);
    const before = committed(at);
    await pass.run({ [PORT_A]: { sources: [], off: true } });
    expect(committed(at)).toEqual(before);
    await pass.run({ [PORT_A]: { sources: [] } });
    expect(committed(at)).toEqual(before);
  });

  it('is a confirmed commit when the switch is set so', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect], {}, { confirmedCommit: 'always' });
    await pass.run({ [PORT_A]: A });
    await pass.run({ [PORT_A]: { ...A, off: true } });
    const before = committed(at);
    at.advance(24 * 60);
    expect(committed(at)).toEqual(before);
    expect(before.join()).toContain('trusted');
  });

  it('groups become a filter of the port, which goes with them', async () => {
    const { lab: at, pass } = await start(profile, BASE[dialect], { securityGroups: 'firewall-filter' });
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    const before = committed(at);
    const done = await pass.run({ [PORT_A]: { ...A, groups: ['web'] }, [PORT_B]: B });
    expect(done[PORT_A]?.refused).toEqual([]);
    const added = committed(at).filter((line) => !before.includes(line));
    expect(added).toContain(
      'set interfaces ge-0/0/1 unit 0 family ethernet-switching filter output portwarden-ge-0-0-1-0-out',
    );
    expect(added.join('\n')).toContain('destination-port 80-443');
    expect(added.filter((line) => !/portwarden-ge-0-0-1-0-out/.test(line))).toEqual([]);
    await pass.run({ [PORT_A]: { ...A, off: true }, [PORT_B]: B });
    expect(committed(at).join()).not.toContain('portwarden-ge');
    await pass.run({ [PORT_A]: A, [PORT_B]: B });
    expect(committed(at)).toEqual(before);
  });
});

it('groups on a port are refused in words where the switch is not set so, and bindings go on', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS);
  const done = await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
  expect(done[PORT_A]?.refused).toMatchObject([{ code: 'policy-not-enforceable' }]);
  expect(done[PORT_A]?.refused[0]?.message).toContain('policies.securityGroups');
  expect(committed(at).filter((line) => line.includes('static-ip'))).toHaveLength(2);
});

it.each([
  [
    'a filter of somebody else',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching filter output mine',
    'filter mine of somebody else',
  ],
])('a port with %s keeps it', async (_what, line, words) => {
  const { pass, lab: at } = await start(
    'ex4300-21',
    [...BASE.ELS, line, 'set firewall family ethernet-switching filter mine term all then accept'],
    { securityGroups: 'firewall-filter' },
  );
  const before = committed(at);
  const done = await pass.run({ [PORT_A]: { sources: [], groups: ['web'] } });
  expect(done[PORT_A]?.refused[0]?.message).toContain(words);
  expect(committed(at)).toEqual(before);
});

it('a port in a group of somebody else is not trusted, and says why', async () => {
  const { pass, lab: at } = await start('ex4300-21', [
    ...BASE.ELS,
    `set vlans net-10 forwarding-options dhcp-security group servers overrides untrusted`,
    `set vlans net-10 forwarding-options dhcp-security group servers interface ${PORT_A}`,
  ]);
  const before = committed(at);
  const done = await pass.run({ [PORT_A]: { sources: [], off: true } });
  expect(done[PORT_A]?.refused[0]?.message).toContain('is in group servers of VLAN net-10');
  expect(committed(at)).toEqual(before);
});

it('a group that the configuration lost leaves the filter on the port, and says so', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS, { securityGroups: 'firewall-filter' });
  await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
  const before = committed(at);
  for (const settings of [{ securityGroups: new Map() }, { policies: DEFAULT_JUNOS_SETTINGS.policies }]) {
    pass.device = deviceFor(addressOf(at), {
      confirmedCommit: 'never',
      policies: { ...DEFAULT_JUNOS_SETTINGS.policies, securityGroups: 'firewall-filter' },
      ...settings,
    });
    const done = await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
    expect(done[PORT_A]?.refused).toMatchObject([{ code: 'policy-not-enforceable' }]);
    expect(committed(at)).toEqual(before);
  }
  await pass.run({ [PORT_A]: A });
  expect(committed(at).join()).not.toContain('firewall');
});

it('a pair that is in doubt for now keeps its binding', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS);
  const pairs = [{ address: parseIp('192.0.2.99') }];
  await pass.run({ [PORT_A]: { ...A, pairs } });
  const done = await pass.run({ [PORT_A]: { sources: [...A.sources, ...B.sources], pairs } });
  expect(done[PORT_A]?.refused[0]?.message).toContain('2 MACs are behind the port');
  expect(committed(at).join()).toContain('192.0.2.99');
});

it('a term that somebody else put into the filter stays, and the port loses the filter with its policy all the same', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS, { securityGroups: 'firewall-filter' });
  await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
  const term = 'set firewall family ethernet-switching filter portwarden-ge-0-0-1-0-out term mine then accept';
  at.editAsOperator([term], { commit: true });
  await pass.run({ [PORT_A]: A });
  expect(committed(at).filter((line) => line.includes('filter'))).toEqual([term]);
});

it('a filter that somebody took off the port comes back', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS, { securityGroups: 'firewall-filter' });
  await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
  const before = committed(at);
  at.editAsOperator(['delete interfaces ge-0/0/1 unit 0 family ethernet-switching filter'], { commit: true });
  await pass.run({ [PORT_A]: { ...A, groups: ['web'] } });
  expect(committed(at)).toEqual(before);
});

it('pairs become bindings, in the MAC and VLAN of the port', async () => {
  const { pass, lab: at } = await start('ex4300-21', BASE.ELS);
  const pairs = [{ address: parseIp('192.0.2.99') }, { address: parseCidr('198.51.100.0/30') }];
  await pass.run({ [PORT_A]: { ...A, pairs } });
  expect(committed(at).filter((line) => line.includes('static-ip'))).toHaveLength(7);
  const done = await pass.run({ [PORT_A]: { ...A, pairs: [{ address: parseCidr('198.51.100.0/24') }] } });
  expect(done[PORT_A]?.refused).toMatchObject([{ code: 'address-pair-too-wide' }]);
  // Of what is refused nothing is taken away that is there.
  expect(committed(at).filter((line) => line.includes('static-ip'))).toHaveLength(6);
  await pass.run({ [PORT_A]: A });
  expect(committed(at).filter((line) => line.includes('static-ip'))).toHaveLength(2);
});
