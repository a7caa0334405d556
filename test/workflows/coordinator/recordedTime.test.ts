import { RecordedClock } from '../../../src/workflows/coordinator/recordedClock';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { DEVICE, fault, hostOver, P, setUp, Steps } from './coordinatorUnderTest';
import { settingsWith } from './settings';

it('the clock is moved by records and timers, never backwards, and shows people their own time', () => {
  const clock = new RecordedClock(1_000);
  clock.record(5_000);
  clock.record(4_000);
  expect(clock.now).toBe(5_000);
  clock.passed(500);
  expect(clock.now).toBe(5_500);
  clock.compare(7_500);
  expect([clock.now, clock.shown(6_000)]).toEqual([5_500, new Date(8_000).toISOString()]);
});

/** What a coordinator does with a device that is busy at first, when the workflow's clock shows these times. */
async function stepsWith(shownNow: () => number): Promise<unknown[]> {
  const steps = new Steps();
  steps.settings = settingsWith({ batchPorts: 2 });
  const recorded = { now: 1_000_000 };
  const done: unknown[] = [];
  const coordinator = new Coordinator({ device: DEVICE }, { ...hostOver(steps, recorded), shownNow });
  const commit = steps.runPass;
  steps.runPass = fault('device-busy');
  for (let round = 0; round < 8; round += 1) {
    coordinator.enlist([{ ...portRequest(P(round)), waiter: `event-${round}`, nodes: [{ cluster: 'c', node: 'n' }] }]);
    if (round === 4) steps.runPass = commit;
    if (coordinator.isReady()) await coordinator.runBatch();
    const wait = coordinator.untilDue();
    coordinator.waited(wait);
    recorded.now += 700;
    done.push([coordinator.isReady(), coordinator.isIdle(), coordinator.isLong(), wait]);
  }
  return [...done, ...steps.asked, ...steps.outcomes()];
}

it('a coordinator does the same whatever its workflow sees of the time', async () => {
  let shown = 1_000_000;
  const live = await stepsWith(() => (shown += 13));
  expect(await stepsWith(() => 1_000_000)).toEqual(live);
  expect(await stepsWith(() => (shown += 600_000))).toEqual(live);
  expect(live).toContain(`commit ${P(0)},${P(1)}`);
});

describe('a run continues as new', () => {
  const long = (historyLength: number, continueAsNewSuggested = false) => {
    const site = setUp();
    const observed = { at: site.clock.now, historyLength, continueAsNewSuggested };
    const host = hostOver(site.steps, site.clock);
    const steps = { ...host.steps, coordinatorSettings: async () => ({ ...site.steps.settings, observed }) };
    return new Coordinator({ device: DEVICE }, { ...host, steps });
  };

  it.each([
    ['its history was long when that was recorded', 2_001, false, true],
    ['the server suggests it', 10, true, true],
    ['not otherwise', 2_000, false, false],
  ])('%s', async (_name, length, suggested, isLong) => {
    const coordinator = long(length, suggested);
    await coordinator.observe();
    expect(coordinator.isLong()).toBe(false);
    coordinator.heard();
    expect(coordinator.isLong()).toBe(isLong);
  });

  it('before it takes anything more', async () => {
    const coordinator = long(2_001);
    coordinator.heard();
    coordinator.enlist([portRequest(P(1))]);
    await coordinator.runBatch();
    expect([coordinator.isLong(), coordinator.snapshot().pending?.length, coordinator.state().batches]).toEqual([
      true,
      1,
      0,
    ]);
  });

  it('which it finds out after many signals too', async () => {
    const coordinator = long(10);
    await coordinator.observe();
    for (let signal = 0; signal < 250; signal += 1) coordinator.heard();
    expect(coordinator.isUncertain()).toBe(false);
    coordinator.heard();
    expect(coordinator.isUncertain()).toBe(true);
    await coordinator.observe();
    expect(coordinator.isUncertain()).toBe(false);
  });
});

it('what was observed serves the next batch as long as nobody waited', async () => {
  const { coordinator, enlist, steps } = setUp();
  let observed = 0;
  const settings = steps.coordinatorSettings;
  steps.coordinatorSettings = async () => {
    observed += 1;
    return settings();
  };
  await coordinator.observe();
  enlist(1);
  await coordinator.runBatch();
  expect(observed).toBe(1);
  await coordinator.observe();
  coordinator.waited();
  enlist(1);
  await coordinator.runBatch();
  expect(observed).toBe(3);
  // What a batch observes while it reads is old when it ends.
  const read = steps.gatherVmMacs;
  steps.gatherVmMacs = async (input, slowly) => {
    if (input.node === 'slow') slowly();
    return read(input, slowly);
  };
  enlist(1, undefined, { nodes: ['quick', 'slow'].map((node) => ({ cluster: 'c', node })) });
  await coordinator.runBatch();
  expect(observed).toBe(5);
  enlist(1);
  await coordinator.runBatch();
  expect(observed).toBe(6);
});

describe('signals that wait to be taken in', () => {
  it('are in the state that people see, and nowhere else', () => {
    const { coordinator, shown } = setUp();
    const state = coordinator.stateAfter([
      (to) => to.enlist([{ ...portRequest(P(1)), waiter: 'a' }]),
      (to) => to.setPaused(true),
      (to) => void to.rejected.push(P(2)),
    ]);
    expect(state).toMatchObject({ paused: true, pending: [{ port: P(1), waiters: 1 }] });
    expect([coordinator.queue.size, coordinator.paused, coordinator.rejected, shown]).toEqual([0, false, [], []]);
  });

  it('a rejection that was not carried out yet is carried over to the next run', () => {
    const { coordinator } = setUp();
    coordinator.rejected.push(P(1));
    expect(setUp(coordinator.snapshot()).coordinator.rejected).toEqual([P(1)]);
    expect(setUp().coordinator.snapshot()).not.toHaveProperty('rejected');
  });
});
