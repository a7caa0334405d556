import fc from 'fast-check';
import type { JunosSwitch } from '../../../lab/junos';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import type { SecurityGroups } from '../../../src/domain/policies/securityGroup';
import { parseCidr, parseIp } from '../../../src/domain/values/ip';
import { campaign } from '../../support/campaign';
import { committed, PolicyPass, type Said, type Wanted } from './policySupport';
import { addressOf, bind, deviceFor, quickSwitch } from './support';

/**
 * Whatever policies come, change and go on some ports, a switch ends as one that never had them, and lines of ports without
 * a policy never change.
 */
const { runs: RUNS, seed: SEED } = campaign({
  name: 'sequences of port policies on a simulated switch',
  sample: 2,
  whole: 8,
  runsVariable: 'PORTWARDEN_ROUND_TRIPS',
  seedVariable: 'PORTWARDEN_ROUND_TRIPS_SEED',
});
const PORTS = ['ge-0/0/1.0', 'ge-0/0/2.0'] as const;

const GROUPS: SecurityGroups = new Map([
  ['web', [{ direction: 'ingress', protocol: 'tcp', ports: { from: 80, to: 443 } }]],
  ['dns', [{ direction: 'egress', protocol: 'udp', ports: { from: 53, to: 53 }, family: 4 }]],
]);

const DIALECTS = [
  {
    profile: 'ex3300-12.3',
    lines: [
      'set vlans net-10 vlan-id 10',
      'set vlans net-20 vlan-id 20',
      ...['1', '2', '3'].map((n) => `set interfaces ge-0/0/${n} unit 0 family ethernet-switching port-mode access`),
      'set ethernet-switching-options secure-access-port vlan all ip-source-guard',
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 mac-limit 4 action drop',
      'set ethernet-switching-options secure-access-port interface ge-0/0/3.0 dhcp-trusted',
    ],
  },
  {
    profile: 'ex4300-21',
    lines: [
      'set vlans net-10 vlan-id 10',
      'set vlans net-20 vlan-id 20',
      ...['1', '2', '3'].map((n) => `set interfaces ge-0/0/${n} unit 0 family ethernet-switching vlan members 10-20`),
      'set interfaces ge-0/0/3 unit 0 family ethernet-switching filter input mine',
      'set firewall family ethernet-switching filter mine term all then accept',
      'set vlans net-10 forwarding-options dhcp-security ip-source-guard',
      'set vlans net-20 forwarding-options dhcp-security arp-inspection',
      'set vlans net-20 forwarding-options dhcp-security group portwarden interface ge-0/0/3.0 static-ip 192.0.2.200 mac 02:00:00:00:00:03',
      'set vlans net-10 forwarding-options dhcp-security group portwarden-trusted overrides trusted',
      'set vlans net-10 forwarding-options dhcp-security group portwarden-trusted interface ge-0/0/3.0',
    ],
  },
] as const;

const said: fc.Arbitrary<Said> = fc.record(
  {
    off: fc.boolean(),
    pairs: fc.subarray([{ address: parseIp('192.0.2.99') }, { address: parseCidr('198.51.100.0/30') }]),
    groups: fc.subarray(['web', 'dns']),
  },
  { requiredKeys: [] },
);
const step = fc.tuple(
  ...PORTS.map((_port, index) =>
    fc.record({
      sources: fc
        .subarray([10, 11, 12])
        .map((hosts) =>
          hosts.map((host) => bind(`192.0.2.${index + 1}${host}`, `02:00:00:00:00:0${index}`, index === 0 ? 10 : 20)),
        ),
      said,
    }),
  ),
);

/** What bindings once stood in stays when it is empty (docs/junos.md), with or without policies. */
function withoutEmptied(lab: JunosSwitch): readonly string[] {
  return committed(lab).filter((line) => !/ group portwarden$| secure-access-port interface \S+$/.test(line));
}

describe.each(DIALECTS)('on a simulated $profile', ({ profile, lines }) => {
  it.each(['trusted', 'none'] as const)('policies come and go without a trace (off: %s)', async (off) => {
    const settings = {
      confirmedCommit: 'never' as const,
      policies: { ...DEFAULT_JUNOS_SETTINGS.policies, off, securityGroups: 'firewall-filter' as const },
      securityGroups: GROUPS,
    };
    const [lab, plain] = [await quickSwitch(profile, lines), await quickSwitch(profile, lines)];
    try {
      const [pass, without] = [lab, plain].map((at) => new PolicyPass(deviceFor(addressOf(at), settings)));
      const others = committed(lab).filter((line) => line.includes('ge-0/0/3'));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
          let sources: Record<string, Wanted> = {};
          for (const ports of steps) {
            const of = (withPolicy: boolean): Record<string, Wanted> =>
              Object.fromEntries(
                ports.map((one, i) => [PORTS[i] ?? '', { sources: one.sources, ...(withPolicy ? one.said : {}) }]),
              );
            const carried = await pass?.run(of(true));
            for (const [i, one] of ports.entries())
              if (one.said.off === true)
                expect(carried?.[PORTS[i] ?? '']).toMatchObject(off === 'none' ? { suspends: {} } : { refused: [] });
            expect(committed(lab).filter((line) => line.includes('ge-0/0/3'))).toEqual(others);
            sources = of(false);
          }
          await pass?.run(sources);
          await without?.run(sources);
          expect(withoutEmptied(lab)).toEqual(withoutEmptied(plain));
        }),
        // A failure leaves the switches as they are, so nothing is to be learnt from trying smaller ones.
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
    } finally {
      await lab.close();
      await plain.close();
    }
  });
});
