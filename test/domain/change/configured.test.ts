import fc from 'fast-check';
import type { ConfiguredChange } from '../../../src/domain/change/configured';
import { applyPlan, isEmptyPlan, removedBy } from '../../../src/domain/change/plan';
import { planPort, type PlanInput, type PortDecision } from '../../../src/domain/change/planPort';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { addressesOf, sameStatement, type Statement } from '../../../src/domain/change/statement';
import { ip, port, statement, vlan } from '../../activities/fakes/values';
import { anyActual, anyDesired, anyIp } from '../arbitraries';

const MAP = ['vlans.map'];
const at = (address: string, id: number, mac = '00:50:56:00:00:01'): Statement => ({
  ...statement(address, mac, `VLAN.${id}`),
  vlan: vlan(id),
});
const change = (address: string, ...before: Statement[]): ConfiguredChange => ({
  ip: ip(address),
  before,
  settings: MAP,
});

function decide(
  actual: readonly Statement[],
  desired: readonly Statement[],
  configured: readonly ConfiguredChange[],
  more: Partial<PlanInput> = {},
): PortDecision {
  return planPort({
    port: port('ge-0/0/1.0'),
    actual,
    desired,
    retainIps: [],
    removals: NO_REMOVALS,
    limits: { maxRemovedBindings: 100, maxRemovedShare: 1 },
    approved: [],
    configured,
    ...more,
  });
}

describe('what only a changed configuration does', () => {
  it('a replacement is parked with both halves and the name of the setting; a new address goes where the map says now', () => {
    const { plan, parked } = decide(
      [at('10.0.0.1', 100)],
      [at('10.0.0.1', 200), at('10.0.0.2', 200)],
      [change('10.0.0.1', at('10.0.0.1', 100)), change('10.0.0.2', at('10.0.0.2', 100))],
    );
    expect([plan.remove, plan.add]).toEqual([[], [at('10.0.0.2', 200)]]);
    expect(parked).toMatchObject({
      remove: [at('10.0.0.1', 100)],
      add: [at('10.0.0.1', 200)],
      guards: ['configuration-change'],
      reason:
        '1 bindings would be removed or replaced only because vlans.map was changed (10.0.0.1 00:50:56:00:00:01 VLAN.100)',
    });
  });

  it('a removal is parked: an address that the allowlist no longer permits', () => {
    const { plan, parked } = decide([at('10.0.0.1', 100)], [], [change('10.0.0.1', at('10.0.0.1', 100))], {
      retainIps: [ip('10.0.0.1')],
    });
    expect([isEmptyPlan(plan), parked?.remove, parked?.guards]).toEqual([
      true,
      [at('10.0.0.1', 100)],
      ['configuration-change'],
    ]);
  });

  it('what a person approved goes, by its fingerprint or one by one', () => {
    const actual = [at('10.0.0.1', 100), at('10.0.0.3', 100)];
    const desired = [at('10.0.0.1', 200)];
    const changes = [change('10.0.0.1', at('10.0.0.1', 100)), change('10.0.0.3', at('10.0.0.3', 100))];
    const retainIps = [ip('10.0.0.3')];
    const approved = [decide(actual, desired, changes, { retainIps }).parked?.fingerprint ?? ''];
    const all = decide(actual, desired, changes, { retainIps, approved });
    expect([applyPlan(actual, all.plan), all.parked]).toEqual([desired, undefined]);
    expect(removedBy(all.plan).map(({ because }) => because)).toEqual(['approved', 'approved']);
    const one = decide(actual, desired, changes, { retainIps, approvedKeys: [at('10.0.0.3', 100).key] });
    expect([one.plan.remove, one.parked?.remove]).toEqual([[at('10.0.0.3', 100)], [at('10.0.0.1', 100)]]);
  });

  it('a MAC that changes meanwhile goes on, in the VLAN of before; then the rest can be approved', () => {
    const actual = [at('10.0.0.1', 100)];
    const moved = at('10.0.0.1', 100, '00:50:56:00:00:02');
    const desired = [at('10.0.0.1', 200, '00:50:56:00:00:02')];
    const first = decide(actual, desired, [change('10.0.0.1', moved)]);
    expect([applyPlan(actual, first.plan), first.parked?.remove, first.parked?.add]).toEqual([
      [moved],
      [moved],
      desired,
    ]);
    const approved = [first.parked?.fingerprint ?? ''];
    expect(applyPlan(actual, decide(actual, desired, [change('10.0.0.1', moved)], { approved }).plan)).toEqual(desired);
    expect(applyPlan([moved], decide([moved], desired, [change('10.0.0.1', moved)], { approved }).plan)).toEqual(
      desired,
    );
  });

  it('what is as the present configuration says already, or what an event names, does not wait', () => {
    const changes = [change('10.0.0.1', at('10.0.0.1', 100))];
    expect(decide([at('10.0.0.1', 200)], [at('10.0.0.1', 200)], changes).parked).toBeUndefined();
    const named = { removals: { named: [ip('10.0.0.1')], absent: [] } };
    expect(decide([at('10.0.0.1', 100)], [], changes, named)).toMatchObject({
      plan: { remove: [at('10.0.0.1', 100)] },
    });
  });

  it('what the present configuration wants stays where it is there beside the former statement, and after the approval too', () => {
    const actual = [at('10.0.0.1', 100), at('10.0.0.1', 200)];
    const desired = [at('10.0.0.1', 200)];
    const changes = [change('10.0.0.1', at('10.0.0.1', 100))];
    const first = decide(actual, desired, changes);
    expect([isEmptyPlan(first.plan), first.parked?.remove]).toEqual([true, [at('10.0.0.1', 100)]]);
    const approved = [first.parked?.fingerprint ?? ''];
    expect(applyPlan(actual, decide(actual, desired, changes, { approved }).plan)).toEqual(desired);
  });

  it('a statement that neither configuration makes stays as it is', () => {
    const { plan, parked } = decide(
      [at('10.0.0.1', 300)],
      [at('10.0.0.1', 200)],
      [change('10.0.0.1', at('10.0.0.1', 100))],
    );
    expect([isEmptyPlan(plan), parked?.remove, parked?.add]).toEqual([
      true,
      [at('10.0.0.1', 300)],
      [at('10.0.0.1', 200)],
    ]);
  });

  it('it takes no address away, holds up no new one, and is carried out as a whole once approved', () => {
    fc.assert(
      fc.property(anyActual, anyDesired, anyDesired, fc.array(anyIp), (actual, before, now, touched) => {
        const changes = [...new Set(touched)].map((address) => ({
          ip: address,
          before: before.filter((one) => one.ip === address),
          settings: MAP,
        }));
        const retainIps = [...new Set(touched)];
        const { plan, parked } = decide(actual, now, changes, { retainIps });
        const after = applyPlan(actual, plan);
        const present = new Set(addressesOf(actual));
        for (const kept of retainIps.filter((address) => present.has(address)))
          expect(addressesOf(after)).toContain(kept);
        for (const want of now) if (want.ip !== undefined && !present.has(want.ip)) expect(after).toContainEqual(want);
        if (parked === undefined) return;
        const approved = applyPlan(
          actual,
          decide(actual, now, changes, { retainIps, approved: [parked.fingerprint] }).plan,
        );
        for (const want of now) expect(approved).toContainEqual(want);
        for (const gone of parked.remove)
          expect(approved.some((one) => sameStatement(one, gone)) && !now.some((one) => sameStatement(one, gone))).toBe(
            false,
          );
      }),
    );
  });
});
