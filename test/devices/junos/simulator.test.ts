import type { JunosSwitch, JunosSwitchOptions } from '../../../lab/junos';
import { CAN, describeJunos, lines, PORTS, type JunosSubject } from './promises';
import { addressOf, bind, deviceFor, outcomeOf, quickSwitch, recordingContext, request, target } from './support';

const NON_ELS = [
  'set system host-name sw',
  'set system root-authentication encrypted-password "$6$lab$secret"',
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
  'set system root-authentication encrypted-password "$6$lab$secret"',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
  'set vlans v100 vlan-id 100',
  'set vlans v200 vlan-id 200',
  'set vlans v100 forwarding-options dhcp-security ip-source-guard',
  'set vlans v100 forwarding-options dhcp-security group uplink overrides trusted',
  'set vlans v100 forwarding-options dhcp-security group uplink interface ge-0/0/47.0',
  'set vlans v100 forwarding-options dhcp-security group hosts interface ge-0/0/1.0 static-ip 192.0.2.10 mac 02:00:00:00:00:10',
  'set vlans v100 forwarding-options dhcp-security group hosts interface ge-0/0/2.0 static-ip 192.0.2.20 mac 02:00:00:00:00:20',
];

const PROFILES = [
  ['ex3300-12.3', NON_ELS],
  ['ex4200-vc', NON_ELS],
  ['ex3400-18', ELS],
  ['ex4300-21', ELS],
] as const;

const MINUTE = 60_000;
/** Releases that show of a confirmed commit only its comment, or nothing. */
const BARE = { comments: false, pendingMark: false };
const NO_MARK = { comments: true, pendingMark: false };

describe.each(PROFILES)('the driver on a simulated %s', (profile, configuration) => {
  describeJunos(`a simulated ${profile}`, () => simulated(profile, configuration));
  describeJunos(`one whose clock is 15 minutes ahead and whose log marks nothing`, () =>
    simulated(profile, configuration, { clockSkewMs: 15 * MINUTE, commitLog: NO_MARK }),
  );
  describeJunos(`one whose clock is 15 minutes behind and whose log shows nothing of confirmed commits`, () =>
    simulated(profile, configuration, { clockSkewMs: -15 * MINUTE, commitLog: BARE }),
  );
});

/** Default settings, first change of a switch: as the switch shows it. */
describe.each(PROFILES)(
  'what was applied on a simulated %s is still there when every confirm timer has run out,',
  (profile, configuration) => {
    it.each<[string, Partial<JunosSwitchOptions>]>([
      ['its clock 15 minutes ahead', { clockSkewMs: 15 * MINUTE, commitLog: NO_MARK }],
      ['its clock 15 minutes behind', { clockSkewMs: -15 * MINUTE, commitLog: NO_MARK }],
      ['without comments in its commit log', { commitLog: BARE }],
      ['its clock off and without comments', { clockSkewMs: 15 * MINUTE, commitLog: BARE }],
    ])('%s', async (_how, options) => {
      const lab = await quickSwitch(profile, configuration, options);
      try {
        const result = await deviceFor(addressOf(lab)).converge(
          request([
            target('ge-0/0/1.0', [
              bind('192.0.2.10', '02:00:00:00:00:10', 100),
              bind('192.0.2.11', '02:00:00:00:00:11', 200),
            ]),
          ]),
          recordingContext(),
        );
        expect(result.commit?.confirmed).toBe(true);
        expect(outcomeOf(result, 'ge-0/0/1.0').status).toBe('applied');
        const applied = bindingLines(lab.committedSet());
        expect(applied).toContain('ge-0/0/1.0 192.0.2.11 02:00:00:00:00:11 v200');
        lab.advance(24 * 60);
        expect(bindingLines(lab.committedSet())).toEqual(applied);
      } finally {
        await lab.close();
      }
    });
  },
);

async function simulated(
  profile: JunosSwitch['profile'],
  configuration: readonly string[],
  options: Partial<JunosSwitchOptions> = {},
): Promise<JunosSubject> {
  const isEls = configuration === ELS;
  let lab = await quickSwitch(profile, configuration, options);
  return {
    device: (settings) => deviceFor(addressOf(lab), settings),
    can: { ...CAN, ipv6: isEls ? 'works' : 'excluded', evidence: 'commit-log' },
    ports: PORTS,
    lines,
    secret: '$6$lab$secret',
    vlanMustExist: isEls,
    statements: () => Promise.resolve(bindingLines(lab.committedSet())),
    rest: () => Promise.resolve(restOf(lab.committedSet())),
    reset: async () => {
      expect(lab.isCandidateDirty()).toBe(false);
      expect(lab.isLocked()).toBe(false);
      await lab.close();
      lab = await quickSwitch(profile, configuration, options);
    },
    holdLock: () => {
      const operator = lab.editAsOperator([], { lock: true });
      return Promise.resolve(() => Promise.resolve(operator.release()));
    },
    refuse: (ips) => {
      lab.faults.checkOut = { rejectIps: [...ips] };
    },
    letTimersRunOut: () => lab.advance(24 * 60),
    stop: () => lab.close(),
  };
}

function bindingLines(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => /interface (\S+) static-ip(?:v6)? (\S+) (?:vlan (\S+) )?mac (\S+)/.exec(line)?.slice(1) ?? [])
    .map(([port, ip, vlan, mac], index) =>
      [port, ip, mac, vlan ?? /^set vlans (\S+)/.exec(lines[index] ?? '')?.[1]].join(' '),
    )
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
