import { createCommitToSwitch } from '../../../src/activities/commitToSwitch';
import { CommitIntents } from '../../../src/activities/pass/commitIntents';
import { createNotifyWaiters } from '../../../src/activities/notifyWaiters';
import type { PassInput, PassResult } from '../../../src/protocol/activities';
import { plainOutcome, type PortOutcome } from '../../../src/domain/change/outcome';
import { removalFingerprint } from '../../../src/domain/change/removals';
import { ip, port } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { inActivity } from '../inActivity';
import { DEVICE, held, P1, P2, target } from '../passInputs';

/** A commit is in the journal, and the events are told of it, whatever interrupts its pass. */

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

let attempts = 0;
/** One pass; every one is an attempt and a batch of its own. */
const pass = (...ports: PassInput['ports'][number][]): Promise<PassResult> => {
  attempts += 1;
  const input: PassInput = {
    device: DEVICE,
    batch: attempts,
    guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
    ports,
  };
  return inActivity(createCommitToSwitch(world), input, { activityId: String(attempts) });
};
/** The coordinator has the result: its last step says so. */
const arrive = async ({ pass: name }: PassResult): Promise<void> => {
  if (name !== undefined)
    await inActivity(createNotifyWaiters(world), {
      outcomes: [],
      progress: [],
      answered: { device: DEVICE, pass: name },
    });
};
const outcomeOf = (result: PassResult, name = P1): PortOutcome | undefined =>
  result.outcomes.find((outcome) => outcome.port === name);
const commitsInJournal = (): (string | undefined)[] =>
  world.store.entries.filter(({ status }) => status === 'applied').map(({ commit }) => commit);

/** A pass that ends after its commit took place, before it could tell anybody. */
const interrupted = async (...ports: PassInput['ports'][number][]): Promise<void> => {
  world.device.afterCommit = async () => {
    throw new Error('killed');
  };
  await expect(pass(...ports)).rejects.toThrow('killed');
  world.device.afterCommit = async () => undefined;
};

describe('a pass that is interrupted after its commit', () => {
  it('is journaled by the next one, and its events are told `applied` with the commit that made the change', async () => {
    await interrupted(target());
    expect(world.store.entries).toEqual([]);
    const result = await pass(target());
    const [commit] = world.device.commitLog;
    expect(outcomeOf(result)).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.5')],
      removed: [],
      commit,
      journalId: 'j1',
      summary: expect.stringContaining('an earlier pass') as unknown,
    });
    expect(world.store.entries).toEqual([
      expect.objectContaining({
        port: P1,
        status: 'applied',
        commit,
        added: [held('10.0.48.5')],
        commands: [`set ${P1}`],
      }),
    ]);
    expect(world.device.commits).toBe(1);
  });

  it('is told once: what comes after the coordinator has the outcome is unchanged', async () => {
    await interrupted(target());
    await arrive(await pass(target()));
    expect(outcomeOf(await pass(target()))?.status).toBe('unchanged');
    expect(commitsInJournal()).toEqual(world.device.commitLog);
    expect(world.store.intents).toEqual([]);
  });

  it.each([1, 3])(
    'is told though %i result(s) got lost on the way to the coordinator, and journaled once',
    async (lost) => {
      await interrupted(target());
      for (let again = 0; again < lost; again += 1) expect(outcomeOf(await pass(target()))?.status).toBe('applied');
      expect(outcomeOf(await pass(target()))).toMatchObject({ status: 'applied', journalId: 'j1' });
      expect(commitsInJournal()).toEqual(world.device.commitLog);
    },
  );

  it('is journaled though the next pass is about another port, and told to its own port later', async () => {
    await interrupted(target(P1), target(P2, ['10.0.48.6']));
    await arrive(await pass(target(P2, ['10.0.48.6'])));
    expect(world.store.entries.map((entry) => entry.port)).toEqual([P1, P2]);
    expect(outcomeOf(await pass(target(P1)))?.status).toBe('applied');
    expect(outcomeOf(await pass(target(P2, ['10.0.48.6'])), P2)?.status).toBe('unchanged');
  });

  it('is journaled before the next pass does anything, so that a fault of that one loses nothing', async () => {
    await interrupted(target());
    world.device.beforeCommit = async () => {
      throw new Error('somebody else edits');
    };
    await expect(pass(target(P1, ['10.0.48.5', '10.0.48.6']))).rejects.toThrow('somebody else edits');
    expect(commitsInJournal()).toEqual(world.device.commitLog);
  });

  it('adds to what the next pass changes on the port: the events are told of both', async () => {
    await interrupted(target());
    const result = await pass(target(P1, ['10.0.48.5', '10.0.48.6']));
    expect(outcomeOf(result)).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.5'), held('10.0.48.6')],
      commit: world.device.commitLog[0],
    });
    expect(world.store.entries.map(({ added }) => added)).toEqual([[held('10.0.48.5')], [held('10.0.48.6')]]);
  });

  it('is not told for what somebody changed since', async () => {
    await interrupted(target());
    world.device.actual.set(P1, []);
    expect(outcomeOf(await pass(target(P1, [])))).toMatchObject({ status: 'unchanged', added: [], removed: [] });
    expect(world.store.entries).toEqual([
      expect.objectContaining({ status: 'applied', summary: expect.stringContaining('changed since') as unknown }),
    ]);
  });

  it('is told of what it did to the enforcement of a port too', async () => {
    const off = { key: 'off', text: 'port security off' };
    const change = { port: P1, effectivePort: P1, added: [off], removed: [], commands: [] };
    const { commitIntents } = world.store;
    await commitIntents.put(DEVICE, 'w', { logToken: 'c1', confirmed: false, ports: [change] });
    await commitIntents.close({ device: DEVICE, logToken: 'c1' }, [
      {
        device: DEVICE,
        port: P1,
        workflowId: 'w',
        status: 'applied',
        summary: '',
        added: [off],
        removed: [],
        commands: [],
        commit: 'c1',
      },
    ]);
    const intents = await CommitIntents.of(world, DEVICE, 'w', 'p');
    const unchanged = plainOutcome(DEVICE, P1, 'unchanged', 'x');
    const read = { port: P1, statements: [], enforcement: [off] };
    const { outcomes } = await intents.report([unchanged], [read as never]);
    expect(outcomes).toMatchObject([{ status: 'applied', added: [off], commit: 'c1' }]);
  });

  it('is told beside what waits for a person', async () => {
    world.device.actual.set(P1, [held('10.0.48.9')]);
    await interrupted(target());
    const absent = { named: [], absent: [ip('10.0.48.9')] };
    const guarded = outcomeOf(await pass({ ...target(P1, []), retainIps: [ip('10.0.48.5')], removals: absent }));
    expect(guarded).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.5')],
      parked: { remove: [held('10.0.48.9')] },
    });
    world.device.actual.set(P2, [held('10.0.48.9')]);
    await interrupted(target(P2));
    const outcome = outcomeOf(await pass(target(P2)), P2);
    expect(outcome).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.5')],
      parked: { remove: [held('10.0.48.9')] },
    });
    expect(outcome?.summary).toContain('by an earlier pass that could not report it');
    expect(outcome?.summary).toContain('port approve');
  });

  it('takes with it the parked change that it carried out, and no other', async () => {
    const removed = [held('10.0.48.9')];
    for (const name of [P1, P2]) {
      world.device.actual.set(name, removed);
      await world.store.parked.put({
        device: DEVICE,
        port: name,
        fingerprint: removalFingerprint(name, removed),
        reason: 'x',
        added: [],
        removed,
        guards: [],
      });
    }
    await interrupted({ ...target(P1), approved: true }, target(P2, ['10.0.48.6']));
    await pass(target(port('ge-0/0/3.0'), ['10.0.48.7']));
    expect([...world.store.changes.values()].map((parked) => parked.port)).toEqual([P2]);
  });
});

it('a pass that is interrupted before its commit leaves no entry, and the next one makes the change', async () => {
  world.device.duringCommit = async () => {
    throw new Error('killed');
  };
  await expect(pass(target())).rejects.toThrow('killed');
  expect([world.store.intents.length, world.device.commits]).toEqual([1, 0]);
  world.device.duringCommit = async () => undefined;
  expect(outcomeOf(await pass(target()))).toMatchObject({ status: 'applied', commit: world.device.commitLog[0] });
  expect(commitsInJournal()).toEqual(world.device.commitLog);
});

it('a pass whose result gets lost after it was journaled is told by the next one, from the journal', async () => {
  await pass(target());
  expect(outcomeOf(await pass(target()))).toMatchObject({
    status: 'applied',
    journalId: 'j1',
    commit: world.device.commitLog[0],
  });
  expect(world.store.entries).toHaveLength(1);
});

it('a result that nobody waits for any more is forgotten', async () => {
  await pass(target());
  const longest = world.limits.giveUpAfterMs + world.waitForOutcomeMs;
  for (const row of world.store.intents) Object.assign(row, { at: Date.now() - longest - 1_000 });
  expect(outcomeOf(await pass(target()))?.status).toBe('unchanged');
});

it('a commit that reads back otherwise than planned is in the journal too, as failed and with its log text', async () => {
  world.device.misread.add(P2);
  const result = await pass(target(P1), target(P2, ['10.0.48.6']));
  const [commit] = world.device.commitLog;
  expect(result.outcomes.map(({ status }) => status)).toEqual(['applied', 'failed']);
  expect(world.store.entries.map((entry) => [entry.port, entry.status, entry.commit])).toEqual([
    [P1, 'applied', commit],
    [P2, 'failed', commit],
  ]);
});

describe('a store that does not answer', () => {
  it('stops the pass before the commit: what cannot be written down is not done', async () => {
    world.device.beforeCommit = async () => {
      world.store.break('commitIntents');
    };
    await expect(pass(target())).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(world.device.commits).toBe(0);
  });

  it('after the commit delays its journal entry, no more', async () => {
    world.device.afterCommit = async () => {
      world.store.break('journal');
    };
    expect(outcomeOf(await pass(target()))).toMatchObject({ status: 'applied' });
    world.device.afterCommit = async () => undefined;
    world.store.mend('journal');
    await pass(target(P2, ['10.0.48.6']));
    expect(commitsInJournal().sort()).toEqual([...world.device.commitLog].sort());
  });

  it('does not keep the events from being told', async () => {
    const result = await pass(target());
    world.store.break('commitIntents');
    await expect(arrive(result)).resolves.toBeUndefined();
    expect(world.counted).toContain('sourceError store store-unavailable');
  });
});
