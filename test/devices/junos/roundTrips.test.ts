import type { JunosSwitch } from '../../../lab/junos';
import type { SessionOptions } from '../../../src/clients/netconf/session';
import type { JunosSettings } from '../../../src/devices/junos/settings';
import { Turns } from '../../support/turns';
import { addressOf, bind, deviceFor, outcomeOf, quickSwitch, recordingContext, request, target } from './support';

const ELS = [
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
  'set vlans v100 vlan-id 100',
  'set vlans v100 forwarding-options dhcp-security group hosts interface ge-0/0/2.0 static-ip 192.0.2.20 mac 02:00:00:00:00:20',
];
const NON_ELS = [
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
  'set vlans v100 vlan-id 100',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 192.0.2.20 vlan v100 mac 02:00:00:00:00:20',
];

/** One binding more on a port, over a connection whose round trips are counted. */
async function change(
  lab: JunosSwitch,
  settings: Partial<JunosSettings>,
  options: Partial<SessionOptions> = {},
): Promise<{ status: string; turns: number; bytes: number }> {
  const turns = await Turns.before(lab.host, lab.port);
  try {
    const context = recordingContext();
    const device = deviceFor(
      { ...addressOf(lab), port: turns.port, ...options },
      { confirmedCommit: 'never', ...settings },
    );
    const result = await device.converge(
      request([target('ge-0/0/1.0', [bind('192.0.2.11', '02:00:00:00:00:11', 100)])]),
      context,
    );
    return { status: outcomeOf(result, 'ge-0/0/1.0').status, turns: turns.count, bytes: turns.received };
  } finally {
    await turns.stop();
  }
}

test.each([
  ['ex3400-18', ELS, 'dhcp-security'],
  ['ex3300-12.3', NON_ELS, 'secure-access-port'],
] as const)(
  'a change of one port of %s, with its backup and a fresh reading, takes 15 round trips',
  async (profile, configuration, expectedDialect) => {
    const counted: number[] = [];
    // Whoever else uses the machine makes a client slow, and a slow client is counted too high.
    for (let attempt = 0; attempt < 3 && !counted.some((count) => count <= 15); attempt += 1) {
      const lab = await quickSwitch(profile, configuration);
      try {
        const { status, turns } = await change(lab, { expectedDialect }, { loginMethods: ['password'] });
        expect(status).toBe('applied');
        counted.push(turns);
      } finally {
        await lab.close();
      }
    }
    expect(Math.min(...counted)).toBeLessThanOrEqual(15);
  },
);

test('a server that answers one request before the next is sent, and has one session for each connection, is changed too', async () => {
  const lab = await quickSwitch('ex3400-18', ELS);
  try {
    const { status, turns } = await change(lab, {}, { pipelining: false });
    expect(status).toBe('applied');
    expect(turns).toBeGreaterThan(20);
  } finally {
    await lab.close();
  }
});

test.each([
  // As text, with XML around every word of it, and again as much for what is read twice.
  ['sent the bindings twice and everything else once', { compression: false }, 4.5],
  ['sent less than a fifth of its text where it compresses', {}, 0.2],
] as const)('on a switch of 480 ports a change is %s', async (_how, options, mostTimesItsText) => {
  const ports = Array.from({ length: 480 }, (_each, index) => `ge-${Math.floor(index / 48)}/0/${index % 48}`);
  const lab = await quickSwitch('ex3400-18', [
    'set vlans v100 vlan-id 100',
    ...ports.flatMap((port, index) => [
      `set interfaces ${port} unit 0 family ethernet-switching interface-mode access`,
      `set interfaces ${port} unit 0 family ethernet-switching vlan members v100`,
      `set vlans v100 forwarding-options dhcp-security group hosts interface ${port}.0 static-ip 10.0.${Math.floor(index / 200)}.${(index % 200) + 1} mac 02:00:00:00:${Math.floor(
        index / 256,
      )
        .toString(16)
        .padStart(2, '0')}:${(index % 256).toString(16).padStart(2, '0')}`,
    ]),
  ]);
  try {
    const { status, bytes } = await change(lab, {}, options);
    expect(status).toBe('applied');
    expect(bytes / lab.committedText().length).toBeLessThan(mostTimesItsText);
  } finally {
    await lab.close();
  }
});
