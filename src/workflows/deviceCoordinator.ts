import {
  ApplicationFailure,
  CancellationScope,
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

/** What a signal says to a coordinator. */
type Said = (coordinator: Coordinator) => void;

/**
 * One workflow per device: the mutex of its configuration. An open run is the lock; a second one cannot exist.
 * The rules are in coordinator/; here only handlers, timers and continue-as-new are wired.
 *
 * Signals are put aside first. Whether one comes before or after the result of a local activity is not the same in a replay, so they
 * are taken in only where that cannot matter: all of them at the start and after a pass, one by one while the coordinator waits.
 */
export async function deviceCoordinator(input: CoordinatorInput): Promise<string> {
  const inbox: Said[] = [];
  const takeIn = (most = inbox.length): void => {
    for (const said of inbox.splice(0, most)) said(coordinator);
  };
  const pass = passStep(workflowInfo().taskQueue);
  const coordinator = new Coordinator(validInput(input), {
    steps: {
      ...batchSteps,
      runPass: async (...asked) => {
        try {
          return await pass(...asked);
        } finally {
          takeIn();
        }
      },
    },
    startedAt: workflowInfo().runStartTime.getTime(),
    shownNow,
    reportFailure,
    show: setCurrentDetails,
    nextTask: () => sleep(1),
    log: (message, fields) => {
      log.warn(message, fields);
    },
  });
  listen(inbox);
  setHandler(stateQuery, () => coordinator.stateAfter(inbox));
  takeIn();

  /** Waits for the time or for news. Signals that are none let the same timer go on. @returns whether the time is over. */
  const wait = async (ms: number, isNews: () => boolean): Promise<boolean> => {
    let isOver = false;
    const scope = new CancellationScope();
    void scope
      .run(() => sleep(ms))
      .then(
        () => {
          isOver = true;
        },
        () => undefined,
      );
    for (;;) {
      await condition(() => isOver || inbox.length > 0);
      if (inbox.length === 0) return true;
      takeIn(1);
      if (!isNews()) continue;
      scope.cancel();
      return false;
    }
  };

  const { idleExitMs } = await coordinator.observe();
  const { rejected } = coordinator;
  for (;;) {
    for (let next = rejected.shift(); next !== undefined; next = rejected.shift()) await coordinator.reject(next);
    if (coordinator.isReady()) await coordinator.runBatch();
    if (coordinator.isLong()) {
      takeIn();
      await continueAsNew<typeof deviceCoordinator>(coordinator.snapshot());
    }
    if (coordinator.isReady() || rejected.length > 0) continue;
    coordinator.show();
    const wasPaused = coordinator.paused;
    const mayEnd = coordinator.isIdle();
    const longest = mayEnd ? idleExitMs : Math.min(coordinator.untilDue() ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
    const isOver = await wait(
      longest,
      () =>
        coordinator.isReady() || rejected.length > 0 || coordinator.isUncertain() || coordinator.paused !== wasPaused,
    );
    coordinator.waited(isOver ? longest : undefined);
    if (isOver && mayEnd && coordinator.isIdle()) return `Idle: ${coordinator.snapshot().batches ?? 0} batches done`;
    // Somebody came in between: without knowing how long it was, the ports that wait for their time would wait for all of it again.
    if (!isOver && !coordinator.isReady()) await coordinator.observe();
  }
}

/** Puts aside what signals say. */
function listen(inbox: Said[]): void {
  const port = (text: unknown): PortName => parsePortName(typeof text === 'string' ? text : '');
  const hear = (signal: string, said: Said): void => {
    inbox.push((coordinator) => {
      coordinator.heard();
      handleSignal(signal, () => {
        said(coordinator);
      });
    });
  };
  setHandler(enlistSignal, (requests) => {
    inbox.push((coordinator) => {
      coordinator.heard();
      for (const request of Array.isArray(requests) ? (requests as unknown[]) : [requests]) {
        handleSignal(SIGNALS.enlist, () => {
          coordinator.enlist([readEnlistRequest(request)]);
        });
      }
    });
  });
  setHandler(approveSignal, (text) => {
    hear(SIGNALS.approve, (coordinator) => {
      coordinator.approve(port(text));
    });
  });
  setHandler(rejectSignal, (text) => {
    hear(SIGNALS.reject, (coordinator) => {
      coordinator.rejected.push(port(text));
    });
  });
  setHandler(pauseSignal, () => {
    hear(SIGNALS.pause, (coordinator) => {
      coordinator.setPaused(true);
    });
  });
  setHandler(resumeSignal, () => {
    hear(SIGNALS.resume, (coordinator) => {
      coordinator.setPaused(false);
    });
  });
  setHandler(retryNowSignal, () => {
    hear(SIGNALS.retryNow, (coordinator) => {
      coordinator.retryNow();
    });
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
