import fc from 'fast-check';
import { settingsChanges } from '../../../src/domain/desired/bindingSettings';
import { leftByPass } from '../../../src/domain/desired/leftByPass';
import {
  afterPass,
  formerSettings,
  NO_SETTINGS,
  type RememberedSettings,
} from '../../../src/domain/desired/rememberedSettings';
import type { Claim } from '../../../src/domain/desired/claims';
import { NOTHING_LATELY, judgePass } from '../../../src/domain/change/passGuards';
import { absentIps, applyPlan, removedBy } from '../../../src/domain/change/plan';
import { planPort, type PlanInput } from '../../../src/domain/change/planPort';
import { addressesOf, type Statement } from '../../../src/domain/change/statement';
import { compareIps, type IpAddress } from '../../../src/domain/values/ip';
import { ip, mac, port, server, statement, vlan } from '../../activities/fakes/values';

/**
 * Whatever happens one after the other on a port, every binding that goes was justified: named by an event, absent within
 * the guards, replaced because a source says otherwise, or approved; and nothing that is to be added waits for a removal.
 * There are three configurations, each with a VLAN of its own, that come, go and come back.
 */

const LIMITS = { maxRemovedBindings: 3, maxRemovedShare: 0.6 };
const BRAKE = { since: '2026-11-29T00:00:00.000Z', reason: 'too much' };

type Happening =
  | { readonly kind: 'assign' | 'remove' | 'removeUntold' | 'newMac' | 'unreadable' | 'byHand'; readonly last: number }
  | { readonly kind: 'configure'; readonly vlan: number }
  | { readonly kind: 'brake' | 'release' | 'approve' | 'look' };

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('assign' as const), last: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove' as const, 'removeUntold' as const, 'newMac' as const, 'unreadable' as const),
      last: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('byHand' as const), last: fc.integer({ min: 20, max: 25 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('configure' as const), vlan: fc.constantFrom(100, 200, 300) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('brake' as const, 'release' as const, 'approve' as const, 'look' as const),
    }),
  },
);

/** Panel, hypervisor, configuration and port, as a test knows them. */
class Site {
  readonly assigned = new Map<IpAddress, number>();
  readonly known = new Set<IpAddress>();
  actual: readonly Statement[] = [];
  lostToday: IpAddress[] = [];
  configured = 100;
  remembered: RememberedSettings = NO_SETTINGS;
  isBraking = false;
  parked: string | undefined;

  private bound(address: IpAddress, macs: number, id: number): Statement {
    const of = mac(`00:50:56:00:00:0${macs}`);
    return { ...statement(address, of, `VLAN.${id}`), vlan: vlan(id) };
  }

  private claims(id: number, unread: IpAddress | undefined): readonly Claim[] {
    return [...this.assigned].flatMap(([address, macs]) =>
      address === unread
        ? []
        : [
            {
              serverId: server(1),
              name: 'web1',
              ip: address,
              outcome: { binding: { ip: address, mac: mac(`00:50:56:00:00:0${macs}`), vlan: vlan(id) } },
            },
          ],
    );
  }

  /** What happens, and the pass after it. */
  happen(happening: Happening): void {
    const named: IpAddress[] = [];
    let unread: IpAddress | undefined;
    if ('last' in happening) {
      const address = ip(`10.0.48.${happening.last}`);
      const macs = this.assigned.get(address);
      if (happening.kind === 'assign') this.assigned.set(address, macs ?? 1);
      else if (happening.kind === 'unreadable') unread = address;
      else if (happening.kind === 'newMac' && macs !== undefined) this.assigned.set(address, (macs % 8) + 1);
      else if (happening.kind === 'byHand') this.actual = applied(this.actual, this.bound(address, 9, 13));
      else if (happening.kind !== 'newMac') this.assigned.delete(address);
      if (happening.kind === 'remove') named.push(address);
    } else if (happening.kind === 'configure') this.configured = happening.vlan;
    else if (happening.kind === 'brake') this.isBraking = true;
    else if (happening.kind === 'release') this.isBraking = false;
    this.pass(named, unread, happening.kind === 'approve');
  }

  private pass(named: readonly IpAddress[], unread: IpAddress | undefined, approves: boolean): void {
    const before = this.actual;
    const now = this.claims(this.configured, unread);
    const present = String(this.configured);
    const former = formerSettings(this.remembered, present).map(
      (digest) => [digest, { claims: this.claims(Number(digest), unread), nodes: [] }] as const,
    );
    const changes = settingsChanges(this.remembered, new Map(former), { claims: now, nodes: [] });
    for (const address of this.assigned.keys()) this.known.add(address);
    const absent = [...this.known].filter((address) => !this.assigned.has(address) && !named.includes(address));
    const desired = [...this.assigned].flatMap(([address, macs]) =>
      address === unread ? [] : [this.bound(address, macs, this.configured)],
    );
    const input: PlanInput = {
      port: port('ge-0/0/1.0'),
      actual: before,
      desired,
      retainIps: unread === undefined ? [] : [unread],
      removals: { named, absent },
      limits: LIMITS,
      lostToday: this.lostToday,
      approved: approves && this.parked !== undefined ? [this.parked] : [],
      configured: changes.map((change) => ({
        ip: change.ip,
        before:
          change.before === undefined
            ? []
            : [this.bound(change.ip, this.assigned.get(change.ip) ?? 1, Number(change.former))],
        settings: ['vlans.map'],
      })),
    };
    const facts = this.isBraking ? { ...NOTHING_LATELY, brake: BRAKE } : NOTHING_LATELY;
    const holds = judgePass([planPort(input).plan], LIMITS, facts);
    const { plan, parked } = planPort({ ...input, holds });
    this.actual = applyPlan(before, plan);
    this.judge(before, input, plan);
    this.lostToday.push(...absentIps(plan));
    this.parked = parked?.fingerprint;
    this.remembered = afterPass(
      this.remembered,
      present,
      leftByPass({
        wanted: addressesOf(desired),
        statements: this.actual,
        excluded: [],
        parked,
        // A doubt about one address is not always about everything behind the port.
        isWhole: unread === undefined || compareIps(unread, ip('10.0.48.6')) > 0,
      }),
    );
  }

  private judge(before: readonly Statement[], input: PlanInput, plan: ReturnType<typeof planPort>['plan']): void {
    for (const { because, ip: gone, mac: of } of removedBy(plan)) {
      const macs = gone === undefined ? undefined : this.assigned.get(gone);
      if (because === 'named') expect(input.removals.named).toContain(gone);
      else if (because === 'approved') expect(input.approved).not.toEqual([]);
      else if (because === 'replaced') expect(of).not.toBe(`00:50:56:00:00:0${macs ?? 0}`);
      else expect([because, macs, this.isBraking]).toEqual(['absent', undefined, false]);
    }
    const left = new Set(addressesOf(this.actual));
    const lost = new Set([...this.lostToday, ...absentIps(plan)].filter((one) => !left.has(one)));
    if (absentIps(plan).length > 0) expect(lost.size).toBeLessThanOrEqual(LIMITS.maxRemovedBindings);
    const present = new Set(addressesOf(before));
    for (const want of input.desired)
      if (want.ip !== undefined && !present.has(want.ip)) expect(this.actual).toContainEqual(want);
    for (const address of this.assigned.keys()) if (present.has(address)) expect(left.has(address)).toBe(true);
  }
}

function applied(actual: readonly Statement[], added: Statement): readonly Statement[] {
  return actual.some(({ key }) => key === added.key) ? actual : [...actual, added];
}

it('over any sequence of faults, events, moves and configurations, every removal was justified and no addition waited', () => {
  fc.assert(
    fc.property(fc.array(anyHappening, { minLength: 1, maxLength: 40 }), (happenings) => {
      const site = new Site();
      for (const happening of happenings) site.happen(happening);
    }),
    { numRuns: 200 },
  );
});
