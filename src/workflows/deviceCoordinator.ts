import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { parsePortName, type PortName } from '../domain/values/port';
import { QUERIES, SIGNALS } from '../protocol/names';
import type { CoordinatorInput, CoordinatorState } from '../protocol/coordinator';
import { Coordinator } from './coordinator/coordinator';
import { reportFailure } from './failures';
import { handleSignal } from './signals';
import { readCoordinatorInput, readEnlistRequest } from '../protocol/messages';
import { batchSteps, passStep } from './steps';

const enlistSignal = defineSignal<[unknown]>(SIGNALS.enlist);
const approveSignal = defineSignal<[unknown]>(SIGNALS.approve);
const rejectSignal = defineSignal<[unknown]>(SIGNALS.reject);
const pauseSignal = defineSignal(SIGNALS.pause);
const resumeSignal = defineSignal(SIGNALS.resume);
const retryNowSignal = defineSignal(SIGNALS.retryNow);
const stateQuery = defineQuery<CoordinatorState>(QUERIES.state);

const LONGEST_WAIT_MS = 3_600_000;

/**
 * One workflow per device: the mutex of its configuration. An open run is the lock; a second one cannot exist.
 * The rules are in coordinator/; here only handlers, timers and continue-as-new are wired.
 */
export async function deviceCoordinator(input: CoordinatorInput): Promise<string> {
  const rejected: PortName[] = [];
  const coordinator = new Coordinator(validInput(input), {
    steps: { ...batchSteps, runPass: passStep(workflowInfo().taskQueue) },
    now: () => Date.now(),
    reportFailure,
    show: setCurrentDetails,
    nextTask: () => sleep(1),
    log: (message, fields) => {
      log.warn(message, fields);
    },
  });
  const port = (text: unknown): PortName => parsePortName(typeof text === 'string' ? text : '');
  setHandler(enlistSignal, (requests) => {
    for (const request of Array.isArray(requests) ? (requests as unknown[]) : [requests]) {
      handleSignal(SIGNALS.enlist, () => {
        coordinator.enlist([readEnlistRequest(request)]);
      });
    }
  });
  setHandler(approveSignal, (text) => {
    handleSignal(SIGNALS.approve, () => {
      coordinator.queue.approve(port(text), Date.now());
    });
  });
  setHandler(rejectSignal, (text) => {
    handleSignal(SIGNALS.reject, () => {
      rejected.push(port(text));
    });
  });
  setHandler(pauseSignal, () => {
    coordinator.setPaused(true);
  });
  setHandler(resumeSignal, () => {
    coordinator.setPaused(false);
  });
  setHandler(retryNowSignal, () => {
    coordinator.queue.retryNow(Date.now());
  });
  setHandler(stateQuery, () => coordinator.state());

  const { historyLimit, idleExitMs } = await coordinator.readSettings();
  const historyIsLong = (): boolean => runIsLong(historyLimit);
  for (;;) {
    for (let next = rejected.shift(); next !== undefined; next = rejected.shift()) await coordinator.reject(next);
    if (coordinator.isReady()) await coordinator.runBatch();
    if (historyIsLong() && rejected.length === 0) await continueAsNew<typeof deviceCoordinator>(coordinator.snapshot());
    if (coordinator.isReady() || rejected.length > 0) continue;
    coordinator.show();
    const wasPaused = coordinator.paused;
    const wake = (): boolean =>
      coordinator.isReady() || rejected.length > 0 || historyIsLong() || coordinator.paused !== wasPaused;
    const due = coordinator.queue.nextDue();
    if (!coordinator.isIdle()) {
      const wait =
        due === undefined || coordinator.paused
          ? LONGEST_WAIT_MS
          : Math.min(Math.max(due - Date.now(), 1), LONGEST_WAIT_MS);
      await condition(wake, wait);
    } else if (!(await condition(wake, idleExitMs)) && coordinator.isIdle()) {
      return `Idle: ${coordinator.snapshot().batches ?? 0} batches done`;
    }
  }
}

function validInput(input: unknown): CoordinatorInput {
  try {
    return readCoordinatorInput(input);
  } catch (error) {
    throw ApplicationFailure.create({
      type: 'invalid-request',
      nonRetryable: true,
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Early and between batches: a run that is about to close refuses signals, so it must not be long or busy by then. */
function runIsLong(limit: number): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > limit;
}
