import fc from 'fast-check';
import { applyPlan } from '../../../src/domain/change/plan';
import { removalFingerprint } from '../../../src/domain/change/removals';
import { sameStatement, type Statement } from '../../../src/domain/change/statement';
import { parkedByOver, releaseHash } from '../../../src/domain/holds/overHold';
import { nothingOn, planHeld, presentForm, type HeldPort } from '../../../src/domain/holds/planHeld';
import { describeHold, phaseOf, type PortHold } from '../../../src/domain/holds/portHold';
import { ip, junos, port, statement, vlan } from '../../activities/fakes/values';
import { anyActual, anyDesired, anyIp, anyMixed, enforced } from '../arbitraries';

const PORT = port('ge-0/0/1.0');
const NOTHING = { removes: [], retainIps: [], approved: [], approvedKeys: [] };
const has = (statements: readonly Statement[], one: Statement): boolean =>
  statements.some((other) => sameStatement(other, one));
const texts = (statements: readonly Statement[]): string[] => statements.map(({ text }) => text);
const held = (input: Omit<Partial<HeldPort>, 'port'> & Pick<HeldPort, 'actual' | 'wanted'>) =>
  planHeld({ ...NOTHING, port: PORT, ...input });

const HOLD: PortHold = {
  ...{ id: '3', device: junos(1), port: PORT, askedAs: [PORT], statements: [], removes: [], brought: [] },
  ...{ backup: '7', backupAt: '2026-11-29T00:00:00.000Z', workflowId: 'restoreBackup-1' },
  ...{ author: 'ada@ops1', reason: 'wrong batch', createdAt: '2026-11-30T00:00:00.000Z' },
  expiresAt: '2026-12-07T00:00:00.000Z',
};

describe('a held port', () => {
  it('loses nothing that the hold has, and only what its author saw, or approved since', () => {
    fc.assert(
      fc.property(
        anyMixed,
        anyDesired,
        anyMixed,
        fc.array(anyIp),
        anyActual,
        (actual, wanted, removes, retainIps, later) => {
          const approvedKeys = later.map(({ key }) => key);
          const { plan } = held({ actual, wanted, removes, retainIps, approvedKeys });
          for (const gone of plan.remove) {
            expect(has(wanted, gone)).toBe(false);
            expect(has(removes, gone) || approvedKeys.includes(gone.key)).toBe(true);
            expect(plan.because.get(gone.key)).toBe('approved');
          }
          expect(plan.add.every((one) => has(wanted, one) && !has(actual, one))).toBe(true);
        },
      ),
    );
  });

  it('comes to what the hold has and nothing else, once all that is besides was seen', () => {
    fc.assert(
      fc.property(anyMixed, anyDesired, (actual, wanted) => {
        const { plan, parked } = held({ actual, wanted, removes: actual });
        expect(parked).toBeUndefined();
        expect(new Set(texts(applyPlan(actual, plan)))).toEqual(new Set(texts(wanted)));
      }),
    );
  });

  it('never has an address in two ways because of the hold: what would come waits with what nobody saw', () => {
    fc.assert(
      fc.property(anyMixed, anyDesired, anyMixed, (actual, wanted, removes) => {
        const { plan, parked } = held({ actual, wanted, removes });
        const left = applyPlan(actual, plan);
        for (const one of plan.add)
          expect(left.filter((other) => other.ip !== undefined && other.ip === one.ip && !has(wanted, other))).toEqual(
            [],
          );
        const missing = wanted.filter((one) => !has(actual, one));
        expect(new Set(texts([...plan.add, ...(parked?.add ?? [])]))).toEqual(new Set(texts(missing)));
      }),
    );
  });

  it('is the same at the second pass', () => {
    fc.assert(
      fc.property(anyMixed, anyDesired, anyMixed, (actual, wanted, removes) => {
        const after = applyPlan(actual, held({ actual, wanted, removes }).plan);
        const { plan } = held({ actual: after, wanted, removes });
        expect([plan.add, plan.remove]).toEqual([[], []]);
      }),
    );
  });

  it('parks what came since, by name, and lets it go by exactly that approval', () => {
    const came = statement('10.0.48.9');
    const other = statement('10.0.48.1', '00:50:56:00:00:02');
    const wanted = [statement('10.0.48.1')];
    const { plan, parked } = held({ actual: [came, other], wanted });
    expect([plan.add, plan.remove]).toEqual([[], []]);
    expect(parked).toMatchObject({ guards: ['hold-unseen'], guarded: true, unexplained: [] });
    expect(texts(parked?.remove ?? [])).toEqual([other.text, came.text]);
    expect(texts(parked?.add ?? [])).toEqual([statement('10.0.48.1').text]);
    expect(parked?.reason).toContain('2 of 2 bindings came since the port is held');
    const approved = held({ actual: [came, other], wanted, approved: [parked?.fingerprint ?? ''] });
    expect(texts(applyPlan([came, other], approved.plan))).toEqual(texts(wanted));
    expect(held({ actual: [came, other], wanted, approved: ['another'] }).plan.remove).toEqual([]);
  });
});

describe('the statements of a backup', () => {
  const translate = jest.fn((binding: Parameters<typeof enforced>[0]) =>
    binding.vlan === 200 ? { statements: [], why: 'the switch has no VLAN 200' } : { statements: [enforced(binding)] },
  );
  const whole = (address: string, id: number, name = `VLAN.${id}`): Statement => ({
    ...statement(address, '00:50:56:00:00:01', name),
    vlan: vlan(id),
  });

  it('are those that are there, by key or by all that they say; the others as the device would have them now', () => {
    const renamed = whole('10.0.48.2', 13, 'customers');
    const { statements, missing } = presentForm(
      [statement('10.0.48.1'), whole('10.0.48.2', 13), whole('10.0.48.3', 100)],
      [statement('10.0.48.1'), renamed],
      translate,
    );
    expect(texts(statements)).toEqual([statement('10.0.48.1').text, renamed.text, whole('10.0.48.3', 100).text]);
    expect(missing).toEqual([]);
  });

  it('say why they cannot be put back', () => {
    const { statements, missing } = presentForm([whole('10.0.48.1', 200), statement('10.0.48.2')], [], translate);
    expect(statements).toEqual([]);
    expect(missing).toEqual([
      `${whole('10.0.48.1', 200).text} cannot be put back: the switch has no VLAN 200`,
      `${statement('10.0.48.2').text} cannot be put back: not enough is known of it`,
    ]);
  });
});

describe('a hold', () => {
  it('holds until its time, is over from then on, and released by a person whenever', () => {
    const end = Date.parse(HOLD.expiresAt);
    expect([phaseOf(HOLD, end - 1), phaseOf(HOLD, end)]).toEqual(['holding', 'over']);
    const released = { author: 'bob', reason: 'mended', at: '2026-12-01T00:00:00.000Z' };
    expect([phaseOf({ ...HOLD, released }, end - 1), phaseOf({ ...HOLD, released }, end)]).toEqual([
      'released',
      'released',
    ]);
  });

  it('says whose it is, why, as what, and until when', () => {
    expect(describeHold(HOLD)).toBe(
      'held by ada@ops1 because "wrong batch" as backup 7 of 2026-11-29T00:00:00.000Z has it, until 2026-12-07T00:00:00.000Z (hold 3)',
    );
  });

  it('parks, when it is over, all that the sources would do and all that would wait anyhow, under one fingerprint', () => {
    const [gone, come, odd] = [statement('10.0.48.1'), statement('10.0.48.2'), statement('10.0.48.3')];
    const waiting = {
      ...{
        remove: [odd],
        add: [],
        reason: 'nobody knows 10.0.48.3',
        fingerprint: 'f',
        guards: ['port-shrink'] as const,
      },
      ...{ guarded: true, unexplained: [odd] },
    };
    const parked = parkedByOver(PORT, HOLD, { plan: { remove: [gone], add: [come] }, parked: waiting });
    expect(parked).toMatchObject({ guards: ['hold-over', 'port-shrink'], guarded: true, unexplained: [odd] });
    expect([texts(parked.remove), texts(parked.add)]).toEqual([[gone.text, odd.text], [come.text]]);
    expect(parked.reason).toContain('was held by ada@ops1');
    expect(parked.reason).toContain('nobody knows 10.0.48.3');
    expect(parked.fingerprint).toBe(removalFingerprint(PORT, [gone, odd], [come]));
  });

  it('is released by the hash of exactly what its release does', () => {
    const [one, two] = [statement('10.0.48.1'), statement('10.0.48.2')];
    expect(releaseHash(PORT, { remove: [one], add: [two] })).not.toBe(releaseHash(PORT, { remove: [two], add: [one] }));
    expect(releaseHash(PORT, { remove: [one, two], add: [] })).toBe(releaseHash(PORT, { remove: [two, one], add: [] }));
  });

  it('leaves everything as it is while its end waits', () => {
    const actual = [statement('10.0.48.1')];
    expect(nothingOn(PORT, actual)).toMatchObject({ remove: [], add: [], actualCount: 1, keptIps: [ip('10.0.48.1')] });
  });
});
