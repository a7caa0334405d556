import { describeCoordinator } from '../../../src/workflows/coordinator/describe';
import { errorReport, PortwardenError } from '../../../src/domain/errors';
import { fault, P, paused, setUp } from './coordinatorUnderTest';

it('what is paused is kept and merged, and is one commit afterwards', async () => {
  const { steps, coordinator, enlist } = setUp();
  steps.deferrals = [paused()];
  await coordinator.observe();
  for (const waiter of ['a', 'b', 'c']) enlist(1, waiter);
  enlist(2, 'd');
  expect([coordinator.isReady(), coordinator.isIdle()]).toEqual([false, false]);
  await coordinator.runBatch();
  expect([steps.asked, coordinator.queue.size]).toEqual([[], 2]);
  steps.deferrals = [];
  coordinator.pausesChanged();
  await coordinator.observe();
  await coordinator.runBatch();
  expect(steps.commits).toHaveLength(1);
  expect(steps.outcomes().sort()).toEqual([
    `a ${P(1)} applied`,
    `b ${P(1)} applied`,
    `c ${P(1)} applied`,
    `d ${P(2)} applied`,
  ]);
});

it('ports that are not paused go on', async () => {
  const { steps, coordinator, enlist } = setUp();
  steps.deferrals = [paused([P(1)])];
  enlist(1, 'a');
  enlist(2, 'b');
  await coordinator.runBatch();
  expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
  expect([coordinator.isReady(), coordinator.queue.size]).toEqual([false, 1]);
});

it('each event is told once why it waits, also one that comes later, and again when the reason is another one', async () => {
  const { steps, coordinator, enlist, clock } = setUp();
  steps.deferrals = [paused()];
  await coordinator.observe();
  enlist(1, 'a');
  expect(coordinator.hasUntold()).toBe(true);
  await coordinator.tellDeferred();
  await coordinator.tellDeferred();
  enlist(1, 'b');
  enlist(1, 'a');
  await coordinator.tellDeferred();
  const first = 'Waiting until a person ends that: paused: alice paused it';
  expect(steps.progress()).toEqual([`a ${first}`, `b ${first}`]);
  expect(steps.told.every(({ progress }) => progress.every((one) => one.progress.isDeferred === true))).toBe(true);
  expect(coordinator.hasUntold()).toBe(false);
  const until = clock.now + 60_000;
  steps.deferrals = [paused(undefined, until)];
  await coordinator.observe();
  await coordinator.tellDeferred();
  const second = `Waiting until ${new Date(until).toISOString()}: paused: alice paused it until ${until}`;
  expect(steps.progress().slice(2)).toEqual([`a ${second}`, `b ${second}`]);
});

it('ends by itself at its time, which no signal has to say', async () => {
  const { steps, coordinator, enlist, clock } = setUp();
  steps.deferrals = [paused(undefined, clock.now + 30_000)];
  await coordinator.observe();
  enlist(1, 'a');
  expect(coordinator.untilDue()).toBe(30_000);
  await coordinator.observe({ ms: 30_000, isTimeOver: true });
  expect(coordinator.isReady()).toBe(true);
});

it('without a time it is looked at again after a minute, in case that nobody could say that it is over', async () => {
  const { steps, coordinator, enlist } = setUp();
  steps.deferrals = [paused()];
  await coordinator.observe();
  expect(coordinator.untilDue()).toBeUndefined();
  enlist(1, 'a');
  expect(coordinator.untilDue()).toBe(60_000);
  await coordinator.observe({ ms: 60_000, isTimeOver: true });
  expect(coordinator.isReady()).toBe(false);
  steps.deferrals = [];
  await coordinator.observe({ ms: 60_000, isTimeOver: true });
  expect(coordinator.isReady()).toBe(true);
});

it('what the store cannot say stays as it was known', async () => {
  const { steps, coordinator, enlist } = setUp();
  steps.deferrals = [paused()];
  await coordinator.observe();
  steps.coordinatorSettings = async () => steps.settings;
  enlist(1, 'a');
  await coordinator.observe();
  await coordinator.runBatch();
  expect([steps.asked, coordinator.queue.size]).toEqual([[], 1]);
});

it('a pause that only the pass meets puts its ports back, and how long they wait never makes them give up', async () => {
  const { steps, coordinator, enlist, clock } = setUp();
  const { runPass } = steps;
  steps.runPass = async () => {
    steps.deferrals = [paused()];
    throw new PortwardenError('paused', 'alice paused it');
  };
  enlist(1, 'a');
  await coordinator.runBatch();
  expect([coordinator.isStale, coordinator.queue.size]).toEqual([true, 1]);
  await coordinator.observe();
  await coordinator.tellDeferred();
  clock.now += 10 * 86_400_000;
  steps.runPass = runPass;
  steps.deferrals = [];
  coordinator.pausesChanged();
  await coordinator.observe();
  expect(coordinator.isReady()).toBe(true);
  await coordinator.runBatch();
  expect(steps.outcomes()).toEqual([`a ${P(1)} applied`]);
});

it('a port that failed before a long pause has its whole time afterwards', async () => {
  const { steps, coordinator, enlist, clock } = setUp();
  const { runPass } = steps;
  steps.runPass = fault('device-unreachable');
  enlist(1, 'a');
  await coordinator.runBatch();
  steps.deferrals = [paused()];
  await coordinator.observe();
  await coordinator.tellDeferred();
  clock.now += 10 * 86_400_000;
  steps.deferrals = [];
  coordinator.pausesChanged();
  await coordinator.observe();
  await coordinator.runBatch();
  expect([steps.outcomes(), coordinator.queue.size]).toEqual([[], 1]);
  steps.runPass = runPass;
  coordinator.retryNow();
  await coordinator.runBatch();
  expect(steps.outcomes()).toEqual([`a ${P(1)} applied`]);
});

it('one port of a batch that the pass finds paused goes back alone', async () => {
  const { steps, coordinator, enlist } = setUp();
  const { outcome } = steps;
  steps.outcome = (name) =>
    name === P(1)
      ? { ...outcome(name), status: 'failed', error: errorReport('paused', 'alice paused ae0.0') }
      : outcome(name);
  enlist(1, 'a');
  enlist(2, 'b');
  await coordinator.runBatch();
  expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
  expect(coordinator.snapshot().pending).toMatchObject([{ port: P(1), lastError: { code: 'paused' } }]);
  steps.outcome = outcome;
  coordinator.pausesChanged();
  expect(coordinator.isReady()).toBe(true);
});

it('people see it, and until when', async () => {
  const { steps, coordinator, enlist, clock } = setUp();
  steps.deferrals = [paused([P(1)], clock.now + 1_000), paused([P(2)])];
  enlist(1, 'a');
  enlist(2, 'b');
  await coordinator.observe();
  const until = new Date(clock.now + 1_000).toISOString();
  expect(coordinator.state()).toMatchObject({
    deferrals: [
      { ports: [P(1)], until, reason: expect.stringMatching(/^paused: alice/) as unknown },
      { ports: [P(2)] },
    ],
    pending: [
      { port: P(1), waitingUntil: until },
      { port: P(2), reason: 'paused: alice paused it' },
    ],
  });
  expect(coordinator.state().pending[1]).not.toHaveProperty('waitingUntil');
  expect(describeCoordinator(coordinator.state())).toContain(
    `**Nothing is changed on ${P(2)}** until a person ends it: paused: alice paused it`,
  );
});
