import { createDropParked } from '../../src/activities/dropParked';
import { approvedFingerprints } from '../../src/activities/pass/parkedChanges';
import { createLetApprovedPass, createRecordParkedDecision } from '../../src/activities/recordParkedDecision';
import type { PassInput } from '../../src/protocol/activities';
import type { DecideParkedInput, RecordedParkedDecision } from '../../src/protocol/parkedDecisions';
import { statement } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, PORT } from './portQuestions';

const FIRST = '1f2a3b4c5d6e7f80';
const ROUTER = statement('10.0.48.250');
const SAID = { author: 'ada', reason: 'moved' };

let world: FakeWorld;
const park = (fingerprint = FIRST): Promise<void> =>
  world.store.parked.put({
    ...{ device: DEVICE, port: PORT, fingerprint, reason: 'too many', added: [], removed: [ROUTER], guards: [] },
  });
beforeEach(async () => {
  world = fakeWorld();
  await park();
});

const decide = async (extra: Partial<DecideParkedInput> = {}): Promise<readonly RecordedParkedDecision[]> => {
  const input = { verdict: 'approve' as const, device: DEVICE, ports: [{ port: PORT }], ...SAID, ...extra };
  return (await inActivity(createRecordParkedDecision(world), input)).ports;
};

describe('a decision about what is parked', () => {
  it('names what is parked; an approval is in the journal once, with who said it, why, and what it lets go', async () => {
    const before = { device: DEVICE, port: PORT, workflowId: 'device:junos:1', summary: 'parked', commands: [] };
    await world.store.journal.append([{ ...before, status: 'parked', added: [], removed: [ROUTER] }]);
    for (let tries = 0; tries < 2; tries += 1) expect(await decide()).toEqual([{ port: PORT, fingerprint: FIRST }]);
    expect(await world.store.journal.list({ limit: 10 })).toMatchObject([
      {
        ...{ device: DEVICE, port: PORT, status: 'unchanged', ...SAID },
        ...{ summary: `ada approves what waits: - ${ROUTER.text}`, added: [], removed: [] },
      },
      { status: 'parked' },
    ]);
  });

  it('is about the change that was seen, and about one that there is', async () => {
    expect(await decide({ ports: [{ port: PORT, fingerprint: FIRST }] })).toEqual([{ port: PORT, fingerprint: FIRST }]);
    await park('aaaaaaaaaaaaaaaa');
    expect(await decide({ ports: [{ port: PORT, fingerprint: FIRST }] })).toEqual([
      { port: PORT, refused: 'what waits there is another change by now: look at it again' },
    ]);
    await world.store.parked.delete(DEVICE, PORT);
    expect(await decide()).toEqual([{ port: PORT, refused: 'nothing waits for a person there' }]);
  });

  it('a rejection is written where the change is dropped', async () => {
    expect(await decide({ verdict: 'reject' })).toEqual([{ port: PORT, fingerprint: FIRST }]);
    expect(await world.store.journal.list({ limit: 10 })).toEqual([]);
    const rejection = { device: DEVICE, port: PORT, fingerprint: FIRST, waiter: 'decideParked-1', ...SAID };
    for (let tries = 0; tries < 2; tries += 1) expect(await inActivity(createDropParked(world), rejection)).toBe(true);
    expect(await world.store.journal.list({ limit: 10 })).toMatchObject([
      {
        ...{ workflowId: 'decideParked-1', status: 'skipped', removed: [ROUTER], ...SAID },
        summary: 'ada rejected the parked change (too many)',
      },
    ]);
    expect(await world.store.parked.get(DEVICE, PORT)).toBeUndefined();
  });

  it('drops nothing that came in the place of what was seen', async () => {
    await park('aaaaaaaaaaaaaaaa');
    const rejection = { device: DEVICE, port: PORT, fingerprint: FIRST, waiter: 'decideParked-1', author: 'ada' };
    expect(await inActivity(createDropParked(world), rejection)).toBe(false);
    expect(await world.store.parked.get(DEVICE, PORT)).toMatchObject({ fingerprint: 'aaaaaaaaaaaaaaaa' });
    expect(await world.store.journal.list({ limit: 10 })).toEqual([]);
  });

  it('may pass a closed change window, with who said so', async () => {
    await inActivity(createLetApprovedPass(world), { device: DEVICE, ports: [PORT], ...SAID });
    expect(await world.store.windowExceptions.active(new Date(), DEVICE)).toMatchObject([{ port: PORT, ...SAID }]);
  });
});

describe('a pass', () => {
  const approvedBy = (extra: object): Promise<ReadonlyMap<string, string>> =>
    approvedFingerprints(world, {
      device: DEVICE,
      ports: [{ port: PORT, approved: false, ...extra }],
    } as unknown as PassInput);

  it('carries out the approved change while it is the one that waits, and no other', async () => {
    expect([...(await approvedBy({}))]).toEqual([]);
    expect([...(await approvedBy({ approvedChanges: ['aaaaaaaaaaaaaaaa', FIRST] }))]).toEqual([[PORT, FIRST]]);
    expect([...(await approvedBy({ approvedChanges: ['aaaaaaaaaaaaaaaa'] }))]).toEqual([]);
    expect([...(await approvedBy({ approved: true }))]).toEqual([[PORT, FIRST]]);
  });
});
