import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Activities, NotifyInput, PassActivities } from '../protocol/activities';
import { passFailure, reportFailure } from './failures';
import type { CoordinatorSteps } from './coordinator/host';
import { observe } from './observing';
import { deviceTaskQueue } from '../protocol/names';

const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '6 seconds',
  retry: { maximumAttempts: 1 },
});

/** The heartbeat timeout is short, so that a worker that died holds up a batch for seconds only. */
const DURABLE = {
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
} as const;
const BACKOFF = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '20 seconds' } as const;

const durable = proxyActivities<Activities>({ ...DURABLE, retry: { ...BACKOFF, maximumAttempts: 5 } });
const durableInBatch = proxyActivities<Activities>({ ...DURABLE, retry: { ...BACKOFF, maximumAttempts: 2 } });

/**
 * Runs a quick step as a local activity first (one history event); what does not answer within seconds, or fails
 * in a way that may pass, becomes a regular activity with durable retries that the UI shows. `slowly` is called then.
 */
function quickThenDurable<Input, Result>(
  quick: (input: Input) => Promise<Result>,
  slow: (input: Input) => Promise<Result>,
) {
  return async (input: Input, slowly?: () => void): Promise<Result> => {
    try {
      return await quick(input);
    } catch (error) {
      const cause = error instanceof ActivityFailure ? error.cause : error;
      if (isCancellation(error) || (cause instanceof ApplicationFailure && cause.nonRetryable === true)) throw error;
      slowly?.();
      return await slow(input);
    }
  };
}

/** Reads the worker's memory. It is tried until a worker answers: without knowing its limits nothing may go on. */
const settings = proxyLocalActivities<Activities>({ startToCloseTimeout: '5 seconds' });

/** What is refused here fails the coordinator's workflow, with the code as its type: it could only wait for ever. */
const coordinatorSettings: CoordinatorSteps['coordinatorSettings'] = async ({ device, ...known }) => {
  try {
    return await settings.coordinatorSettings({ device, observed: { ...observe(), ...known } });
  } catch (error) {
    const { code, message, remedy } = reportFailure(error);
    throw ApplicationFailure.create({ type: code, nonRetryable: true, message: `${message}. ${remedy}` });
  }
};

/** The steps of an event. */
export const eventSteps = {
  fetchServerIps: quickThenDurable(local.fetchServerIps, durable.fetchServerIps),
  findProxmoxNode: quickThenDurable(local.findProxmoxNode, durable.findProxmoxNode),
  enlist: quickThenDurable(local.enlist, durable.enlist),
  noteRequirement: quickThenDurable(local.noteRequirement, durable.noteRequirement),
};

/** More waiters than a quick step can inform in its seconds; begun again as a regular activity, it would inform the first ones twice. */
const MANY_WAITERS = 200;

const notifyFew = quickThenDurable(local.notifyWaiters, durable.notifyWaiters);

function waitersOf({ outcomes, progress }: NotifyInput): number {
  return [...outcomes, ...progress].reduce((sum, { waiters }) => sum + waiters.length, 0);
}

/**
 * The steps of a batch. A source that stays away is soon given up: its ports go back to the queue, whose back-off is
 * the longer one, and the other ports of the batch need not wait.
 */
export const batchSteps = {
  gatherVmMacs: quickThenDurable(local.gatherVmMacs, durableInBatch.gatherVmMacs),
  fetchServerIps: quickThenDurable(local.fetchServerIps, durableInBatch.fetchServerIps),
  filterByVlan: quickThenDurable(local.filterByVlan, durableInBatch.filterByVlan),
  notifyWaiters: (input: NotifyInput): Promise<void> =>
    waitersOf(input) > MANY_WAITERS ? durable.notifyWaiters(input) : notifyFew(input),
  dropParked: quickThenDurable(local.dropParked, durable.dropParked),
  coordinatorSettings,
};

/**
 * The change itself is tried once: what is tried again is the whole batch, with sources read afresh, after the
 * coordinator's own back-off. The heartbeat timeout is short so that a dead worker is noticed soon; a change that no
 * worker takes is dropped, because what was read for it grows old. Which activity makes it is known with each batch.
 */
export function passStep(taskQueue: string): CoordinatorSteps['runPass'] {
  const passes = proxyActivities<PassActivities>({
    taskQueue: deviceTaskQueue(taskQueue),
    scheduleToStartTimeout: '1 minute',
    startToCloseTimeout: '45 minutes',
    heartbeatTimeout: '15 seconds',
    retry: { maximumAttempts: 1 },
  });
  return async (input, activity) => {
    const { [activity]: pass } = passes;
    if (pass === undefined) throw new Error(`${activity} is no activity`);
    try {
      return await pass(input);
    } catch (error) {
      throw passFailure(error);
    }
  };
}
