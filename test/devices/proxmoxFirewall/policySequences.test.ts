import fc from 'fast-check';
import { parseAddressPair } from '../../../src/domain/policies/addressPair';
import type { PolicyFields } from '../../../src/domain/policies/policy';
import { parseIp } from '../../../src/domain/values/ip';
import { campaign } from '../../support/campaign';
import { PolicySite } from '../policySite';
import { bind, target } from '../support';
import { FIRST, SECOND, startCluster, type FilteredCluster } from './cluster';

/*
 * Whatever policies come, change and go on a NIC, with passes cut off at any request: its filter ends as that of a NIC that
 * never had them, it is always whole and in one of the two places, and the guest's other NIC never changes.
 */
const { runs: RUNS, seed: SEED } = campaign({
  name: 'sequences of policies on a NIC',
  sample: 5,
  whole: 25,
  runsVariable: 'PORTWARDEN_ROUND_TRIPS',
  seedVariable: 'PORTWARDEN_ROUND_TRIPS_SEED',
});
const SOURCES = ['192.0.2.10', '192.0.2.11', '2001:db8::10'] as const;
const FOREIGN = ['198.51.100.0/24', 'dc/office'];

let cluster: FilteredCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const said: fc.Arbitrary<PolicyFields> = fc.oneof(
  fc.constant<PolicyFields>({ portSecurity: 'off' }),
  fc.constant<PolicyFields>({ portSecurity: 'on' }),
  fc
    .subarray(['203.0.113.0/28', '203.0.113.99', '192.0.2.11'], { minLength: 1 })
    .map((pairs) => ({ allowedAddressPairs: pairs.map((address) => parseAddressPair({ address })) })),
);
const step = fc.record({
  sources: fc.subarray([...SOURCES], { minLength: 1 }),
  says: fc.option(said, { nil: undefined, freq: 4 }),
  /** After how many requests the pass is cut off. */
  cut: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined, freq: 2 }),
});

test(`${RUNS} sequences leave no trace`, async () => {
  const { sets } = cluster.lab.cluster.firewall(101);
  const names = (): string[] => [...sets.keys()].filter((name) => name.endsWith('net0')).sort();
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 7 }), async (hasFilter, steps) => {
      sets.clear();
      cluster.put(SECOND, ['192.0.2.20/32']);
      if (hasFilter) cluster.put(FIRST, FOREIGN);
      const second = JSON.stringify(sets.get('ipfilter-net1'));
      const site = new PolicySite(cluster.device);
      const pass = async (sources: readonly string[], cut?: number): Promise<void> => {
        const going = SOURCES.filter((ip) => !sources.includes(ip)).map(parseIp);
        const desired = sources.map((ip) => bind(ip, 'bc:24:11:00:01:00', 100));
        const asked = [target(FIRST, desired, { removals: { named: going, absent: [] } })];
        const controller = new AbortController();
        let left = cut ?? Infinity;
        const end = cluster.lab.onRequest(() => {
          left -= 1;
          if (left === 0) controller.abort();
        });
        const passing = site.pass(asked, { signal: controller.signal });
        await (cut === undefined ? passing : passing.catch(() => undefined));
        end();
      };
      for (const { sources, says, cut } of steps) {
        site.policies = says === undefined ? [] : [site.policy(FIRST, says)];
        const had = names().some((name) => name.includes('ipfilter') || name.includes('off'));
        await pass(sources, cut);
        const places = names().filter((name) => name !== 'portwarden-net0');
        expect(places.length).toBeLessThanOrEqual(1);
        if (had) expect(places).toHaveLength(1);
        if (cut === undefined) {
          const isOff = says?.portSecurity === 'off';
          expect(cluster.cidrs(FIRST) === undefined).toBe(isOff);
        }
      }
      site.policies = [];
      const last = steps.at(-1)?.sources ?? [];
      await pass(last);
      await pass(last);
      expect(cluster.cidrs(FIRST)?.sort()).toEqual([...last, ...(hasFilter ? FOREIGN : [])].sort());
      expect([names(), site.memories.size]).toEqual([['ipfilter-net0'], 0]);
      expect(JSON.stringify(sets.get('ipfilter-net1'))).toBe(second);
    }),
    { numRuns: RUNS, seed: SEED },
  );
}, 240_000);
