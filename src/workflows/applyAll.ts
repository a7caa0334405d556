import {
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { countsText, doneOf } from '../domain/applyAll/progress';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import {
  DEVICES_AT_ONCE,
  readApplyAllInput,
  readPlanApplyAllInput,
  readRunNews,
  type ApplyAllActivities,
  type ApplyAllInput,
  type ApplyAllResult,
  type PlanApplyAllInput,
  type PlanApplyAllResult,
  type RunProgress,
} from '../protocol/applyAll';
import { QUERIES, SIGNALS } from '../protocol/names';
import { ApplyRun } from './applyAll/run';
import { shownNow } from './observing';
import { answer, readOrFail } from './shortWorkflow';
import { handleSignal, listenTo } from './signals';
import { someAtOnce } from './someAtOnce';

/** Tried until the store and Temporal answer: a run that ends early is ports that nobody looks at. */
const steps = proxyActivities<ApplyAllActivities>({
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});
/** A page of a plan that cannot be looked at must not hold up the others for ever. */
const looks = proxyActivities<ApplyAllActivities>({
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 10 },
});

const planQuery = defineQuery<{ readonly plan: string; readonly ports: number }>(QUERIES.progress);
const progressQuery = defineQuery<RunProgress>(QUERIES.progress);

const MOST_NOTES = 100;

/**
 * Plans Apply All: looks at every port of a scope as a preview does and puts what it sees into the store. Nothing is changed.
 * Input: `{plan, scope, author}`.
 */
export async function planApplyAll(input: unknown): Promise<PlanApplyAllResult> {
  const request = readOrFail(() => readPlanApplyAllInput(input));
  const { plan, scope, author } = request;
  let notes = [...(request.notes ?? [])];
  let ports = 0;
  setHandler(planQuery, () => ({ plan, ports }));
  const planDevice = async (device: DeviceId): Promise<void> => {
    for (let from: PortName | undefined; ;) {
      const page = await looks.planPorts({ plan, device, ...(from === undefined ? {} : { from }) });
      ports += page.ports;
      notes = [...notes, ...page.notes].slice(0, MOST_NOTES);
      setCurrentDetails(`${ports} port(s) looked at, last of ${device}`);
      if (page.next === undefined) return;
      from = page.next;
    }
  };
  try {
    const { after } = request;
    const page = await looks.planDevices({ plan, scope, author, ...(after === undefined ? {} : { after }) });
    await someAtOnce(page.devices, DEVICES_AT_ONCE, planDevice);
    if (page.next !== undefined)
      await continueAsNew<typeof planApplyAll>({ ...request, after: page.next, notes } satisfies PlanApplyAllInput);
    const planned = await steps.finishPlan({ plan, notes });
    setCurrentDetails(`${planned.summary}; hash ${planned.hash}`);
    return planned;
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    await CancellationScope.nonCancellable(() => steps.failPlan({ plan, notes: [...notes, wordsOf(error)] }));
    return answer(() => Promise.reject(error instanceof Error ? error : new Error(String(error))));
  }
}

/**
 * Carries out a plan of Apply All: asks the coordinators for every port of it, some at a time. A port whose change is not the
 * planned one is left alone and reported. Input: `{plan, author, reason}`. Signals: `pauseRun`, `resumeRun`, `cancelRun`.
 */
export async function applyAll(input: unknown): Promise<ApplyAllResult> {
  const request = readOrFail(() => readApplyAllInput(input));
  const { plan, author, reason } = request;
  const waiter = workflowInfo().workflowId;
  const said: ((run: ApplyRun) => void)[] = [];
  const begunRun: { run?: ApplyRun } = {};
  const hear = (say: (run: ApplyRun) => void): void => {
    if (begunRun.run === undefined) said.push(say);
    else say(begunRun.run);
  };
  listenTo({
    [SIGNALS.runNews]: (message) => {
      hear((one) => {
        one.heard();
        handleSignal(SIGNALS.runNews, () => {
          one.hear(readRunNews(message));
        });
        setCurrentDetails(detailsOf(one.progress()));
      });
    },
    [SIGNALS.pauseRun]: () => {
      hear((one) => {
        one.pause();
      });
    },
    [SIGNALS.resumeRun]: () => {
      hear((one) => {
        one.resume();
      });
    },
    [SIGNALS.cancelRun]: () => {
      hear((one) => {
        one.cancel();
      });
    },
  });
  const begun =
    request.carried?.begun ?? (await answer(() => steps.beginRun({ plan, workflowId: waiter, author, reason })));
  const applying = new ApplyRun(request, begun, {
    steps,
    workflowId: waiter,
    shownNow,
    until: (holds, ms) => (ms === undefined ? condition(holds) : condition(holds, ms)),
  });
  begunRun.run = applying;
  for (const say of said) say(applying);
  setHandler(progressQuery, () => applying.progress());
  const end = async (state: 'done' | 'cancelled'): Promise<void> => {
    await CancellationScope.nonCancellable(() => steps.endRun({ plan, settled: applying.carried().settled, state }));
    setHandler(progressQuery, () => applying.progress(state));
  };
  try {
    const ended = await applying.part();
    if (ended === 'long')
      await continueAsNew<typeof applyAll>({
        plan,
        author,
        reason,
        carried: applying.carried(),
      } satisfies ApplyAllInput);
    const state = ended === 'cancelled' ? 'cancelled' : 'done';
    await end(state);
    return resultOf(plan, state, begun.total, applying);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    await end('cancelled');
    if (isCancellation(error)) throw error;
    return answer(() => Promise.reject(error instanceof Error ? error : new Error(String(error))));
  }
}

function resultOf(plan: string, state: 'done' | 'cancelled', total: number, run: ApplyRun): ApplyAllResult {
  const { counts } = run.carried();
  const how = state === 'done' ? 'Done' : 'Cancelled; what was committed stays';
  const summary = `${how}: ${doneOf(counts)} of ${total} port(s): ${countsText(counts)}`;
  setCurrentDetails(summary);
  return { summary, plan, state, total, counts };
}

function detailsOf({ state, done, total, counts, waiting }: RunProgress): string {
  return `${state}: ${done} of ${total} port(s): ${countsText(counts)}${waiting === 0 ? '' : `; ${waiting} waiting`}`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
