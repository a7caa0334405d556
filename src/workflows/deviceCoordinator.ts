import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  log,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { parsePortName, type PortName } from '../domain/port';
import { QUERIES, SIGNALS, type CoordinatorInput, type CoordinatorState, type EnlistRequest } from './contract';
import { Coordinator } from './coordinator/coordinator';
import { explainFailure } from './failures';
import { commitStep, steps } from './steps';

const enlistSignal = defineSignal<[EnlistRequest[]]>(SIGNALS.enlist);
const approveSignal = defineSignal<[string]>(SIGNALS.approve);
const rejectSignal = defineSignal<[string]>(SIGNALS.reject);
const pauseSignal = defineSignal(SIGNALS.pause);
const resumeSignal = defineSignal(SIGNALS.resume);
const retryNowSignal = defineSignal(SIGNALS.retryNow);
const stateQuery = defineQuery<CoordinatorState>(QUERIES.state);

const HISTORY_LIMIT = 2_000;
const IDLE = '60 seconds';
const LONGEST_WAIT_MS = 3_600_000;

/**
 * One workflow per device: the mutex of its configuration. An open run is the lock; a second one cannot exist.
 * The rules are in coordinator/; here only handlers, timers and continue-as-new are wired.
 */
export async function deviceCoordinator(input: CoordinatorInput): Promise<string> {
  const rejected: PortName[] = [];
  const coordinator = new Coordinator(input, {
    steps: { ...steps, commitToSwitch: commitStep(workflowInfo().taskQueue) },
    now: () => Date.now(),
    explain: explainFailure,
    show: setCurrentDetails,
    log: (message, fields) => { log.warn(message, fields); },
  });
  const withPort = (text: unknown, use: (port: PortName) => void): void => {
    try {
      use(parsePortName(typeof text === 'string' ? text : ''));
    } catch (error) {
      log.warn('signal ignored: it must carry a port name', { error: String(error) });
    }
  };
  setHandler(enlistSignal, (requests) => { coordinator.enlist(Array.isArray(requests) ? requests : []); });
  setHandler(approveSignal, (text) => { withPort(text, (port) => { coordinator.queue.approve(port, Date.now()); }); });
  setHandler(rejectSignal, (text) => { withPort(text, (port) => { rejected.push(port); }); });
  setHandler(pauseSignal, () => { coordinator.setPaused(true); });
  setHandler(resumeSignal, () => { coordinator.setPaused(false); });
  setHandler(retryNowSignal, () => { coordinator.queue.retryNow(Date.now()); });
  setHandler(stateQuery, () => coordinator.state());

  for (;;) {
    for (let port = rejected.shift(); port !== undefined; port = rejected.shift()) await coordinator.reject(port);
    if (coordinator.isReady()) await coordinator.runBatch();
    if (historyIsLong() && rejected.length === 0) await continueAsNew<typeof deviceCoordinator>(coordinator.snapshot());
    if (coordinator.isReady() || rejected.length > 0) continue;
    coordinator.show();
    const wake = (): boolean => coordinator.isReady() || rejected.length > 0 || historyIsLong();
    const due = coordinator.queue.nextDue();
    if (coordinator.paused || due !== undefined) {
      const wait = due === undefined || coordinator.paused ? LONGEST_WAIT_MS : Math.min(Math.max(due - Date.now(), 1), LONGEST_WAIT_MS);
      await condition(wake, wait);
    } else if (!(await condition(wake, IDLE)) && coordinator.queue.size === 0 && !coordinator.paused) {
      return `Idle: ${coordinator.snapshot().batches ?? 0} batches done`;
    }
  }
}

/** Early and between batches: a run that is about to close refuses signals, so it must not be long or busy by then. */
function historyIsLong(): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > HISTORY_LIMIT;
}
