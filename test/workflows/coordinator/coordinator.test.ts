import { type ErrorReport } from '../../../src/domain/errors';
import { plainOutcome } from '../../../src/domain/change/outcome';
import type { CoordinatorInput } from '../../../src/protocol/coordinator';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { DEVICE, fault, hostOver, P, paused, setUp, type Steps } from './coordinatorUnderTest';
import { settingsWith } from './settings';

it('asks every source once for a batch, commits once, and tells each waiter once', async () => {
  const { steps, coordinator, enlist } = setUp();
  const nodes = [{ cluster: 'c', node: 'n1' }];
  enlist(1, 'a', { nodes });
  enlist(1, 'b', { nodes });
  enlist(2, 'c', { nodes: [...nodes, { cluster: 'c', node: 'n2' }] });
  enlist(1, 'a', { nodes });
  await coordinator.runBatch();
  expect(steps.asked).toEqual(['gather n1', 'gather n2', 'fetch', 'filter', `commit ${P(1)},${P(2)}`]);
  expect(steps.outcomes().sort()).toEqual([`a ${P(1)} applied`, `b ${P(1)} applied`, `c ${P(2)} applied`]);
  expect(coordinator.isReady()).toBe(false);
});

describe('nothing is lost', () => {
  it.each([
    [
      'fetchServerIps',
      (steps: Steps) => {
        steps.fetchServerIps = async () => ({ of: 'batch', summary: '', ports: [] });
      },
    ],
    [
      'filterByVlan',
      (steps: Steps) => {
        steps.filterByVlan = async () => ({ summary: '', ports: [], failed: [] });
      },
    ],
    [
      'commitToSwitch',
      (steps: Steps) => {
        steps.runPass = async () => ({ summary: '', outcomes: [], commands: [], notes: [] });
      },
    ],
  ])('when %s says nothing about a port, it goes back to the queue', async (_name, arrange) => {
    const { steps, coordinator, enlist } = setUp();
    arrange(steps);
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(coordinator.snapshot().pending).toEqual([
      expect.objectContaining({
        port: P(1),
        waiters: ['a'],
        lastError: expect.objectContaining({ code: 'internal' }) as unknown,
      }),
    ]);
  });

  it('a second outcome for a port is not told', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.runPass = async () => ({
      summary: '',
      outcomes: [steps.outcome(P(1)), plainOutcome(DEVICE, P(1), 'failed', 'no')],
      commands: [],
      notes: [],
    });
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`a ${P(1)} applied`]);
  });

  it('that it has a result is said after its waiters were told, also when there are none, and only of results that want it', async () => {
    const { steps, coordinator, enlist } = setUp();
    const { runPass } = steps;
    steps.runPass = async (input) => ({ ...(await runPass(input)), pass: 'run/5/1' });
    enlist(1, 'a');
    await coordinator.runBatch();
    enlist(1);
    await coordinator.runBatch();
    steps.runPass = runPass;
    enlist(1);
    await coordinator.runBatch();
    const answered = { device: DEVICE, pass: 'run/5/1' };
    expect(steps.told).toEqual([
      { outcomes: [expect.objectContaining({ waiters: ['a'] })], progress: [], answered },
      { outcomes: [], progress: [], answered },
    ]);
  });

  it('waiters that cannot be told do not stop it', async () => {
    const { steps, coordinator, enlist, logged } = setUp();
    steps.notifyWaiters = fault('internal');
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(logged).toEqual(['waiting events could not be informed; they will ask again']);
    expect(coordinator.state().running).toBeUndefined();
  });

  it('a port that needs nodes nobody named is looked at again with them, at once', async () => {
    const { steps, coordinator, enlist } = setUp();
    const { servers } = steps;
    let first = true;
    steps.servers = (name) => {
      const unread = first && name === P(1) ? { unreadNodes: [{ cluster: 'c', node: 'n9' }] } : {};
      first = false;
      return { ...servers(name), ...unread };
    };
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
    expect(coordinator.isReady()).toBe(true);
    await coordinator.runBatch();
    expect(steps.asked).toContain('gather n9');
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`, `a ${P(1)} applied`]);
  });

  it('a snapshot restored from JSON goes on where it was', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.runPass = fault('device-busy');
    enlist(1, 'a');
    await coordinator.runBatch();
    steps.deferrals = [paused()];
    await coordinator.observe();
    const next = setUp(JSON.parse(JSON.stringify(coordinator.snapshot())) as CoordinatorInput);
    expect(next.coordinator.snapshot()).toEqual(coordinator.snapshot());
    expect(next.coordinator.isReady()).toBe(false);
    next.clock.now = clock.now + 1_000;
    await next.coordinator.runBatch();
    expect(next.steps.outcomes()).toEqual([`a ${P(1)} applied`]);
    expect(next.steps.commits[0]?.batch).toBe(2);
  });
});

describe('limits', () => {
  it('takes as many ports as a batch may have, the others next', async () => {
    const { steps, coordinator, enlist } = setUp();
    for (let n = 1; n <= 7; n += 1) enlist(n, `w${n}`);
    await coordinator.runBatch();
    await coordinator.runBatch();
    expect(steps.commits.map(({ ports }) => ports.length)).toEqual([5, 2]);
  });

  it('commits as many bindings as a batch may have, but never nothing', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.bindings = 4;
    for (let n = 1; n <= 3; n += 1) enlist(n, `w${n}`);
    await coordinator.runBatch();
    expect(steps.commits[0]?.ports.map(({ port: name }) => name)).toEqual([P(1), P(2)]);
    await coordinator.runBatch();
    expect(steps.commits[1]?.ports.map(({ port: name }) => name)).toEqual([P(3)]);
    steps.bindings = 100;
    enlist(4, 'w4');
    await coordinator.runBatch();
    expect(steps.outcomes()).toHaveLength(4);
  });
});

it('a cancellation is not swallowed', async () => {
  const { steps, coordinator, enlist } = setUp();
  const cancelled = new Error('cancelled');
  const host = {
    ...hostOver(steps, { now: 1 }),
    reportFailure: (error: unknown): ErrorReport => {
      throw error;
    },
  };
  const other = new Coordinator({ device: DEVICE }, host);
  steps.runPass = async () => {
    throw cancelled;
  };
  enlist(1);
  other.enlist([portRequest(P(1))]);
  await expect(other.runBatch()).rejects.toBe(cancelled);
  expect(coordinator.queue.size).toBe(1);
});

describe('the settings of its worker', () => {
  it('rule from the next batch on, paused or not: guards, ports in a batch, back-off and when to give up', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    enlist(1, 'a');
    await coordinator.runBatch();
    steps.deferrals = [paused()];
    await coordinator.observe();
    for (let n = 1; n <= 3; n += 1) enlist(n);
    const guards = { maxRemovedBindings: 99, maxRemovedShare: 1 };
    steps.settings = settingsWith({ guards, batchPorts: 2, initialBackoffMs: 5_000, giveUpAfterMs: 1 });
    steps.deferrals = [];
    await coordinator.observe();
    await coordinator.runBatch();
    expect(steps.commits.map((commit) => [commit.guards.maxRemovedBindings, commit.ports.length])).toEqual([
      [5, 1],
      [99, 2],
    ]);
    steps.runPass = fault('device-busy');
    await coordinator.runBatch();
    expect(coordinator.state().pending[0]?.waitingUntil).toBe(new Date(clock.now + 5_000).toISOString());
    clock.now += 5_000;
    await coordinator.runBatch();
    expect(coordinator.queue.size).toBe(0);
    expect(coordinator.state().lastOutcomes.at(-1)).toMatchObject({ port: P(3), status: 'failed' });
  });

  it('are asked for before anything is taken: a pause that comes meanwhile holds', async () => {
    const { steps, coordinator, enlist } = setUp();
    enlist(1, 'a');
    steps.deferrals = [paused()];
    await coordinator.runBatch();
    expect([steps.asked, coordinator.queue.size, coordinator.state().batches]).toEqual([[], 1, 0]);
  });

  it('that are refused end it: a device that nothing can change would wait for ever', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.coordinatorSettings = fault('device-kind-unknown');
    enlist(1, 'a');
    await expect(coordinator.observe()).rejects.toMatchObject({ code: 'device-kind-unknown' });
    await expect(coordinator.runBatch()).rejects.toMatchObject({ code: 'device-kind-unknown' });
    expect([steps.asked, coordinator.queue.size]).toEqual([[], 1]);
  });
});

it('names the events that wait for a port in its commit, twenty of them at most, for the journal', async () => {
  const { steps, coordinator, enlist } = setUp();
  for (let n = 1; n <= 25; n += 1) enlist(1, `event-${n}`);
  enlist(2);
  await coordinator.runBatch();
  const [first, second] = steps.commits[0]?.ports ?? [];
  expect(first?.events).toEqual(Array.from({ length: 20 }, (_, i) => `event-${i + 1}`));
  expect(second).not.toHaveProperty('events');
});
