import { PortwardenError } from '../../../src/domain/errors';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { CutOff, hostOver, setUp } from './coordinatorUnderTest';

const busy = (): PortwardenError => new PortwardenError('device-busy', 'the lock is held');

/** Every try of the coordinator while it is asked at once, and how long it waits then. */
async function tryNow({ coordinator }: Pick<ReturnType<typeof setUp>, 'coordinator'>): Promise<number | undefined> {
  await coordinator.runBatch();
  return coordinator.untilDue();
}

test('after a pass that was cut off with its worker the device is tried at once, and only then as after any fault', async () => {
  const under = setUp();
  const { steps, enlist, coordinator, clock } = under;
  enlist(1, 'e1');
  steps.runPass = async () => {
    throw new CutOff();
  };
  expect(await tryNow(under)).toBe(1);
  expect(coordinator.isReady()).toBe(true);
  // Cut off once more: whatever ends the workers, it is not to go round and round.
  const wait = await tryNow(under);
  expect(wait).toBe(steps.settings.initialBackoffMs);
  clock.now += wait ?? 0;
  await coordinator.observe({ ms: wait ?? 0, isTimeOver: true });
  expect(await tryNow(under)).toBe(2 * steps.settings.initialBackoffMs);
});

test('a device that still has the lock of a pass that was cut off is asked again in a short while, a bounded number of times', async () => {
  const under = setUp();
  const { steps, enlist, clock } = under;
  let { coordinator } = under;
  enlist(1, 'e1');
  let tries = 0;
  const runPass = steps.runPass;
  steps.runPass = async () => {
    tries += 1;
    throw tries === 1 ? new CutOff() : busy();
  };
  await coordinator.runBatch();
  const waits: (number | undefined)[] = [];
  for (let count = 0; count < 16; count += 1) {
    const wait = await tryNow({ coordinator });
    waits.push(wait);
    clock.now += wait ?? 0;
    // What it knows goes on to its next run.
    coordinator = new Coordinator(coordinator.carried(), hostOver(steps, clock));
    await coordinator.observe();
  }
  expect(waits.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => 2_000));
  expect(waits[15]).toBe(steps.settings.initialBackoffMs);
  steps.runPass = runPass;
  expect(await tryNow({ coordinator })).toBeUndefined();
  expect(steps.outcomes()).toEqual([`e1 ge-0/0/1.0 applied`]);
  expect(coordinator.snapshot().soonTries).toBeUndefined();
});

test('a device that is busy with somebody else waits as ever', async () => {
  const under = setUp();
  const { steps, enlist } = under;
  enlist(1, 'e1');
  steps.runPass = async () => {
    throw busy();
  };
  expect(await tryNow(under)).toBe(steps.settings.initialBackoffMs);
  expect(under.coordinator.snapshot().soonTries).toBeUndefined();
});
