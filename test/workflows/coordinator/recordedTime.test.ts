import { RecordedClock } from '../../../src/workflows/coordinator/recordedClock';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { portRequest } from '../../../src/domain/servers/portRequest';
import type { CoordinatorSteps } from '../../../src/workflows/coordinator/host';
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
    recorded.now += 700;
    await coordinator.observe({ ms: wait ?? 0, isTimeOver: wait !== undefined });
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
    const host = hostOver(site.steps, site.clock);
    const { coordinatorSettings } = host.steps;
    const steps: CoordinatorSteps = Object.assign(Object.create(host.steps) as CoordinatorSteps, {
      coordinatorSettings: async (input: Parameters<typeof coordinatorSettings>[0]) => {
        const settings = await coordinatorSettings(input);
        return { ...settings, observed: { ...settings.observed, historyLength, continueAsNewSuggested } };
      },
    });
    return { coordinator: new Coordinator({ device: DEVICE }, { ...host, steps }), inbox: host.inbox };
  };

  it.each([
    ['its history was long when that was recorded', 2_001, false, true],
    ['the server suggests it', 10, true, true],
    ['not otherwise', 2_000, false, false],
  ])('%s', async (_name, length, suggested, isLong) => {
    const { coordinator, inbox } = long(length, suggested);
    await coordinator.observe();
    expect(coordinator.isLong()).toBe(false);
    inbox.put(() => undefined);
    await coordinator.observe();
    expect(coordinator.isLong()).toBe(isLong);
  });

  it('before it takes anything more', async () => {
    const { coordinator, inbox } = long(2_001);
    inbox.put((to) => {
      to.enlist([portRequest(P(1))]);
    });
    await coordinator.observe();
    await coordinator.runBatch();
    expect([coordinator.isLong(), coordinator.snapshot().pending?.length, coordinator.state().batches]).toEqual([
      true,
      1,
      0,
    ]);
  });
});

it('what was observed serves the next batch, and no other', async () => {
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
  enlist(1);
  await coordinator.runBatch();
  expect(observed).toBe(2);
  // What a batch observes while it reads is old when it ends.
  const read = steps.gatherVmMacs;
  steps.gatherVmMacs = async (input, slowly) => {
    if (input.node === 'slow') slowly();
    return read(input, slowly);
  };
  enlist(1, undefined, { nodes: ['quick', 'slow'].map((node) => ({ cluster: 'c', node })) });
  await coordinator.runBatch();
  expect(observed).toBe(4);
  enlist(1);
  await coordinator.runBatch();
  expect(observed).toBe(5);
});

describe('signals that wait to be taken in', () => {
  it('are in the state that people see, and nowhere else', () => {
    const { coordinator, shown, inbox } = setUp();
    inbox.put((to) => to.enlist([{ ...portRequest(P(1)), waiter: 'a' }]));
    inbox.put((to) => to.pausesChanged());
    inbox.put((to) => void to.rejected.push(P(2)));
    const state = coordinator.stateAfterSignals();
    expect(state).toMatchObject({ pending: [{ port: P(1), waiters: 1 }] });
    expect([coordinator.queue.size, inbox.received, coordinator.rejected, shown]).toEqual([0, 3, [], []]);
  });

  it('a rejection that was not carried out yet is carried over to the next run', () => {
    const { coordinator, inbox } = setUp();
    inbox.put((to) => void to.rejected.push(P(1)));
    expect(setUp(coordinator.carried()).coordinator.rejected).toEqual([P(1)]);
    expect(setUp().coordinator.carried()).not.toHaveProperty('rejected');
  });

  it('are taken in by the number that was recorded, however many have come', async () => {
    const steps = new Steps();
    const host = hostOver(steps, { now: 1_000_000 });
    const { coordinatorSettings } = host.steps;
    const recorded: number[] = [];
    const later = (n: number): void => {
      host.inbox.put((to) => {
        to.enlist([portRequest(P(n))]);
      });
    };
    host.steps.coordinatorSettings = async (input) => {
      recorded.push(input.signals);
      later(10 + recorded.length);
      return coordinatorSettings(input);
    };
    const coordinator = new Coordinator({ device: DEVICE }, host);
    later(1);
    later(2);
    await coordinator.observe();
    later(3);
    await coordinator.runBatch();
    expect(steps.asked.filter((step) => step.startsWith('commit'))).toEqual([`commit ${P(1)},${P(2)}`]);
    await coordinator.observe();
    await coordinator.runBatch();
    expect(recorded).toEqual([2, 4]);
    expect(steps.asked.filter((step) => step.startsWith('commit')).at(-1)).toBe(`commit ${P(11)},${P(3)}`);
    expect([host.inbox.received, coordinator.carried().pending?.map(({ port }) => port)]).toEqual([5, [P(12)]]);
  });
});
