import fc from 'fast-check';
import { planPort, type PlanInput } from '../../../src/domain/change/planPort';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { addressesOf, compareStatements, withoutStatements } from '../../../src/domain/change/statement';
import { ip, port, statement } from '../../activities/fakes/values';
import { anyDesired, anyIp, anyMixed, anyPort } from '../arbitraries';

/** What a person took away by revoking its virtual MAC. */

const PORT = port('ge-0/0/1.0');
const STRICTEST = { maxRemovedBindings: 0, maxRemovedShare: 0 };
const BRAKE = { guard: 'site-brake' as const, reason: 'too much' };
const OTHER = statement('10.0.48.5');
const GONE = statement('10.0.48.6', '02:00:00:00:00:06');
const input = (more: Partial<PlanInput>): PlanInput => ({
  port: PORT,
  actual: [OTHER, GONE],
  desired: [],
  retainIps: [],
  removals: NO_REMOVALS,
  limits: STRICTEST,
  approved: [],
  revokedKeys: [GONE.key],
  ...more,
});

it.each<[string, Partial<PlanInput>]>([
  ['in doubt', { retainIps: [ip('10.0.48.5'), ip('10.0.48.6')] }],
  ['absent, and a guard holds what is', { removals: { named: [], absent: [ip('10.0.48.5'), ip('10.0.48.6')] } }],
  ['of nobody here', {}],
  ['absent while the brake is on', { removals: { named: [], absent: [ip('10.0.48.6')] }, holds: [BRAKE] }],
])('goes when its address is %s, and nothing else with it', (_name, more) => {
  const { plan, parked } = planPort(input(more));
  expect([plan.remove, [...plan.because]]).toEqual([[GONE], [[GONE.key, 'revoked']]]);
  expect(parked?.remove ?? []).not.toContain(GONE);
});

it('leaves the other statements of its address, and what comes in its place waits for nothing', () => {
  const own = statement('10.0.48.6', '00:50:56:00:00:01');
  expect(planPort(input({ actual: [GONE, own], retainIps: [ip('10.0.48.6')] })).plan.remove).toEqual([GONE]);
  const { plan, parked } = planPort(input({ desired: [OTHER, own], holds: [BRAKE] }));
  expect([plan.remove, plan.add, parked]).toEqual([[GONE], [own], undefined]);
});

it('stays where a person keeps exactly that, and where it is desired so after all', () => {
  expect(planPort(input({ kept: [GONE], retainIps: [ip('10.0.48.5')] })).plan.remove).toEqual([]);
  expect(planPort(input({ desired: [OTHER, GONE] })).plan.remove).toEqual([]);
});

it('everything else is judged as if it were not there: no loss looks smaller, no guard is weaker', () => {
  const anyInput = fc.record({
    port: anyPort,
    actual: anyMixed,
    desired: anyDesired,
    retainIps: fc.array(anyIp),
    removals: fc.record({ named: fc.array(anyIp), absent: fc.array(anyIp) }),
    limits: fc.record({ maxRemovedBindings: fc.nat(12), maxRemovedShare: fc.double({ min: 0, max: 1, noNaN: true }) }),
    holds: fc.constantFrom([], [BRAKE]),
    approved: fc.constant([]),
  });
  fc.assert(
    fc.property(anyInput, fc.nat(), (given, bits) => {
      const chosen = given.actual.filter((_, index) => (bits >> index) % 2 === 1);
      const goes = withoutStatements(chosen, given.desired);
      const rest = planPort({ ...given, actual: withoutStatements(given.actual, goes) });
      const { plan, parked } = planPort({ ...given, revokedKeys: chosen.map(({ key }) => key) });
      expect(plan.remove).toEqual([...rest.plan.remove, ...goes].sort(compareStatements));
      expect([plan.add, parked?.remove, parked?.guards]).toEqual([
        rest.plan.add,
        rest.parked?.remove,
        rest.parked?.guards,
      ]);
      for (const { key } of goes) expect(plan.because.get(key)).toBe('revoked');
      expect(plan.keptIps).toEqual(expect.arrayContaining(addressesOf(withoutStatements(given.actual, plan.remove))));
    }),
  );
});
