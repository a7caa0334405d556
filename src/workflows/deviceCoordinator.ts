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
import { shownNow } from './observing';
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
    startedAt: workflowInfo().runStartTime.getTime(),
    shownNow,
    reportFailure,
    show: setCurrentDetails,
    nextTask: () => sleep(1),
    log: (message, fields) => {
      log.warn(message, fields);
    },
  });
  const port = (text: unknown): PortName => parsePortName(typeof text === 'string' ? text : '');
  const hear = (signal: string, use: () => void): void => {
    coordinator.heard();
    handleSignal(signal, use);
  };
  setHandler(enlistSignal, (requests) => {
    coordinator.heard();
    for (const request of Array.isArray(requests) ? (requests as unknown[]) : [requests]) {
      handleSignal(SIGNALS.enlist, () => {
        coordinator.enlist([readEnlistRequest(request)]);
      });
    }
  });
  setHandler(approveSignal, (text) => {
    hear(SIGNALS.approve, () => {
      coordinator.approve(port(text));
    });
  });
  setHandler(rejectSignal, (text) => {
    hear(SIGNALS.reject, () => {
      rejected.push(port(text));
    });
  });
  setHandler(pauseSignal, () => {
    hear(SIGNALS.pause, () => {
      coordinator.setPaused(true);
    });
  });
  setHandler(resumeSignal, () => {
    hear(SIGNALS.resume, () => {
      coordinator.setPaused(false);
    });
  });
  setHandler(retryNowSignal, () => {
    hear(SIGNALS.retryNow, () => {
      coordinator.retryNow();
    });
  });
  setHandler(stateQuery, () => coordinator.state());

  const { idleExitMs } = await coordinator.observe();
  for (;;) {
    for (let next = rejected.shift(); next !== undefined; next = rejected.shift()) await coordinator.reject(next);
    if (coordinator.isReady()) await coordinator.runBatch();
    if (coordinator.isLong() && rejected.length === 0)
      await continueAsNew<typeof deviceCoordinator>(coordinator.snapshot());
    if (coordinator.isReady() || rejected.length > 0) continue;
    coordinator.show();
    const wasPaused = coordinator.paused;
    const wake = (): boolean =>
      coordinator.isReady() || rejected.length > 0 || coordinator.isUncertain() || coordinator.paused !== wasPaused;
    const mayEnd = coordinator.isIdle();
    const wait = mayEnd ? idleExitMs : Math.min(coordinator.untilDue() ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
    const isWoken = await condition(wake, wait);
    coordinator.waited(isWoken ? undefined : wait);
    if (!isWoken && mayEnd && coordinator.isIdle()) return `Idle: ${coordinator.snapshot().batches ?? 0} batches done`;
    // Somebody came in between: without knowing how long it was, the ports that wait for their time would wait for all of it again.
    if (isWoken && !coordinator.isReady()) await coordinator.observe();
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
