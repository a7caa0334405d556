import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  log,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { parsePortName, type PortName } from '../domain/values/port';
import { QUERIES, SIGNALS } from '../protocol/names';
import type { CoordinatorInput, CoordinatorState } from '../protocol/coordinator';
import { Coordinator, type Said } from './coordinator/coordinator';
import { Inbox } from './coordinator/inbox';
import { reportFailure, wasCutOff } from './failures';
import { shownNow } from './observing';
import { handleSignal, listenTo } from './signals';
import { readCoordinatorInput, readEnlistRequest } from '../protocol/messages';
import { batchSteps, passStep } from './steps';

const stateQuery = defineQuery<CoordinatorState>(QUERIES.state);

const LONGEST_WAIT_MS = 3_600_000;

/**
 * One workflow per device: the mutex of its configuration. An open run is the lock; a second one cannot exist.
 * The rules are in coordinator/; here only handlers, timers and continue-as-new are wired.
 *
 * Signals are put aside. Whether one comes before or after the result of a local activity is not the same in a replay, so they
 * are taken in where a local activity has recorded how many there were, and nothing is decided by those that wait (docs/decisions/0035).
 */
export async function deviceCoordinator(input: CoordinatorInput): Promise<string> {
  const inbox = new Inbox<Said>(condition);
  const coordinator = new Coordinator(validInput(input), {
    steps: { ...batchSteps, runPass: passStep(workflowInfo().taskQueue) },
    inbox,
    startedAt: workflowInfo().runStartTime.getTime(),
    shownNow,
    reportFailure,
    isCutOff: (error) => wasCutOff(error) && patched('soon-after-a-cut-off'),
    show: setCurrentDetails,
    nextTask: () => sleep(1),
    log: (message, fields) => {
      log.warn(message, fields);
    },
  });
  listen(inbox);
  setHandler(stateQuery, () => coordinator.stateAfterSignals());

  const { idleExitMs } = await coordinator.observe();
  const { rejected } = coordinator;
  for (;;) {
    for (let next = rejected.shift(); next !== undefined; next = rejected.shift()) await coordinator.reject(next);
    if (coordinator.isStale) await coordinator.observe();
    if (coordinator.isReady()) await coordinator.runBatch();
    if (coordinator.isLong()) await continueAsNew<typeof deviceCoordinator>(coordinator.carried());
    if (coordinator.isReady() || coordinator.isStale || rejected.length > 0) continue;
    await coordinator.tellDeferred();
    coordinator.show();
    const mayEnd = coordinator.isIdle();
    const ms = mayEnd ? idleExitMs : Math.min(coordinator.untilDue() ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
    const isTimeOver = await wait(ms, inbox);
    // No local activity runs while it waits, so that this moment is the same in a replay. A signal after it makes the server refuse the end.
    if (isTimeOver && inbox.isEmpty && mayEnd) return `Idle: ${coordinator.snapshot().batches ?? 0} batches done`;
    await coordinator.observe({ ms, isTimeOver });
  }
}

/**
 * Waits for the time or for a signal. The timer is always begun, and ended before anything else is: a command that is only there when
 * no signal is would be one that a replay may not have. @returns whether the time is over.
 */
async function wait(ms: number, inbox: Inbox<Said>): Promise<boolean> {
  let isTimeOver = false;
  const scope = new CancellationScope();
  void scope
    .run(() => sleep(ms))
    .then(
      () => {
        isTimeOver = true;
      },
      () => undefined,
    );
  await condition(() => isTimeOver || !inbox.isEmpty);
  scope.cancel();
  return isTimeOver;
}

/** Puts aside what signals say. */
function listen(inbox: Inbox<Said>): void {
  const port = (text: unknown): PortName => parsePortName(typeof text === 'string' ? text : '');
  const hear = (signal: string, said: Said): void => {
    inbox.put((coordinator) => {
      handleSignal(signal, () => {
        said(coordinator);
      });
    });
  };
  listenTo({
    [SIGNALS.enlist]: (requests) => {
      inbox.put((coordinator) => {
        for (const request of Array.isArray(requests) ? (requests as unknown[]) : [requests]) {
          handleSignal(SIGNALS.enlist, () => {
            coordinator.enlist([readEnlistRequest(request)]);
          });
        }
      });
    },
    [SIGNALS.approve]: (text) => {
      hear(SIGNALS.approve, (coordinator) => {
        coordinator.approve(port(text));
      });
    },
    [SIGNALS.reject]: (text) => {
      hear(SIGNALS.reject, (coordinator) => {
        coordinator.rejected.push(port(text));
      });
    },
    [SIGNALS.pausesChanged]: () => {
      hear(SIGNALS.pausesChanged, (coordinator) => {
        coordinator.pausesChanged();
      });
    },
    [SIGNALS.retryNow]: () => {
      hear(SIGNALS.retryNow, (coordinator) => {
        coordinator.retryNow();
      });
    },
  });
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
