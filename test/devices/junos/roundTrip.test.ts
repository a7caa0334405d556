import fc from 'fast-check';
import type { JunosSwitch } from '../../../lab/junos';
import type { Binding } from '../../../src/domain/desired/binding';
import { parseIp, tryParseIp } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { campaign } from '../../support/campaign';
import { addressOf, deviceFor, outcomeOf, quickSwitch, recordingContext, request, target } from './support';

/**
 * Whatever two sets of bindings some ports have, converging from one to the other and back through real XML on a
 * switch that was written by somebody else ends exactly there, and leaves everything else as it was.
 */
const { runs: RUNS, seed: SEED } = campaign({
  name: 'configurations of both dialects, there and back',
  sample: 5,
  whole: 25,
  runsVariable: 'PORTWARDEN_ROUND_TRIPS',
  seedVariable: 'PORTWARDEN_ROUND_TRIPS_SEED',
});

const VLANS = [10, 20, 30] as const;
const PORTS = ['ge-0/0/1.0', 'ge-0/0/2.0', 'ae0.0', 'xe-0/1/0.0'] as const;

const mac = fc.integer({ min: 1, max: 0xffff }).map((n) => parseMac(`02${n.toString(16).padStart(10, '0')}`));
const ipv4 = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 12 }))
  .map(([net, host]) => `10.0.${net}.${host}`);
const ipv6 = fc.integer({ min: 1, max: 0xfff }).map((n) => `2001:DB8:0:0::${n.toString(16)}`);
const bindings = (ip: fc.Arbitrary<string>): fc.Arbitrary<readonly Binding[]> =>
  fc.uniqueArray(
    fc.record({ ip: ip.map(parseIp), mac, vlan: fc.constantFrom(...VLANS).map((id) => parseVlanId(id)) }),
    { selector: (binding) => binding.ip, maxLength: 8 },
  );
const world = (ip: fc.Arbitrary<string>): fc.Arbitrary<Record<string, readonly Binding[]>> =>
  fc.record(Object.fromEntries(PORTS.map((port) => [port, bindings(ip)])));

const COMMON = ['set system host-name sw', ...VLANS.map((id) => `set vlans net-${id} vlan-id ${id}`)];
const DIALECTS = [
  {
    profile: 'ex3300-12.3',
    ip: ipv4,
    line: (port: string, { ip, mac: m, vlan }: Binding) =>
      `set ethernet-switching-options secure-access-port interface ${port} static-ip ${ip} vlan net-${vlan} mac ${m}`,
    rest: [
      'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
      'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 mac-limit 4 action drop',
    ],
  },
  {
    profile: 'ex4300-21',
    ip: fc.oneof(ipv4, ipv6),
    line: (port: string, { ip, mac: m, vlan }: Binding) =>
      `set vlans net-${vlan} forwarding-options dhcp-security group portwarden interface ${port} ${ip.includes(':') ? 'static-ipv6' : 'static-ip'} ${ip} mac ${m}`,
    rest: [
      'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
      'set vlans net-10 forwarding-options dhcp-security group uplink overrides trusted',
    ],
  },
] as const;

describe.each(DIALECTS)('on a simulated $profile', ({ profile, ip, line, rest }) => {
  let lab: JunosSwitch;
  beforeAll(async () => {
    lab = await quickSwitch(profile, [...COMMON, ...rest]);
  });
  afterAll(() => lab.close());

  const bindingLines = (): readonly string[] =>
    lab
      .committedSet()
      .filter((entry) => / static-ip(v6)? /.test(entry))
      .map(canonicalLine)
      .sort();
  const others = (): readonly string[] =>
    lab
      .committedSet()
      .filter(
        (entry) =>
          !/ static-ip(v6)? /.test(entry) &&
          !/secure-access-port interface \S+$/.test(entry) &&
          !/group portwarden$/.test(entry),
      );
  const expected = (wanted: Record<string, readonly Binding[]>): readonly string[] =>
    Object.entries(wanted)
      .flatMap(([port, list]) => list.map((binding) => line(port, binding)))
      .map(canonicalLine)
      .sort();

  it('every configuration can be reached from every other, and back', async () => {
    const device = deviceFor(addressOf(lab), { confirmedCommit: 'never' });
    const before = others();
    await fc.assert(
      fc.asyncProperty(world(ip), world(ip), async (a, b) => {
        for (const wanted of [a, b, a]) {
          const removals = {
            named: bindingLines().flatMap((entry) => entry.split(' ').flatMap((word) => tryParseIp(word) ?? [])),
            absent: [],
          };
          const result = await device.converge(
            request(Object.entries(wanted).map(([port, list]) => target(port, list, { removals }))),
            recordingContext(),
          );
          expect(
            result.ports.map(({ status }) => status).filter((status) => status !== 'applied' && status !== 'unchanged'),
          ).toEqual([]);
          expect(bindingLines()).toEqual(expected(wanted));
          expect(others()).toEqual(before);
          for (const port of PORTS) expect(outcomeOf(result, port).statements).toHaveLength(wanted[port]?.length ?? 0);
        }
        const again = await device.converge(
          request(Object.entries(a).map(([port, list]) => target(port, list))),
          recordingContext(),
        );
        expect(again.commands).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

function canonicalLine(entry: string): string {
  return entry
    .split(' ')
    .map((word) => tryParseIp(word) ?? word)
    .join(' ');
}
