import {
  condition,
  defineQuery,
  defineSignal,
  proxyLocalActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';

/*
 * Workflows of tests that decide by what is not the same in a replay, and one that does it right. docs/decisions/0035 says why.
 */

const { pause, returned } = proxyLocalActivities<{
  pause(ms: number): Promise<void>;
  returned(value: number): Promise<number>;
}>({ startToCloseTimeout: '9 seconds' });

const go = defineSignal('go');

/** Its first workflow task ends without any command, as that of a workflow does to which a signal said nothing new. */
async function told(): Promise<void> {
  let isTold = false;
  setHandler(go, () => {
    isTold = true;
  });
  await condition(() => isTold);
}

/** Takes one step or another one. */
async function decide(isLong: boolean): Promise<boolean> {
  if (isLong) await sleep(1);
  else await pause(1);
  return isLong;
}

/** A step that outlasts the heartbeat of a workflow task of two seconds, and what is long then: more than what is left after it. */
const SLOW_MS = 3_400;
const LONG_MS = 2_600;

/** By the time since before a local activity that outlasts the heartbeat of its workflow task. */
export async function bySlowStep(): Promise<boolean> {
  await told();
  const began = Date.now();
  await pause(SLOW_MS);
  return decide(Date.now() - began > LONG_MS);
}

/** By the length of the history before such a local activity. */
export async function byHistoryLength(): Promise<boolean> {
  await told();
  const began = workflowInfo().historyLength;
  await pause(SLOW_MS);
  return decide(workflowInfo().historyLength > began);
}

/** By the length of the history before a local activity during which a query is answered. */
export async function byAnsweredQuery(): Promise<boolean> {
  setHandler(defineQuery<string>('how'), () => 'well');
  setHandler(defineSignal('work'), busy);
  await told();
  const began = workflowInfo().historyLength;
  await pause(1_000);
  return decide(workflowInfo().historyLength > began);
}

/** A while without any command, so that a signal and a query come meanwhile and are in the next workflow task together. */
function busy(): void {
  for (let turn = 0; turn < 1e9; turn += 1);
}

/** By how long the quicker one of two local activities takes that run at the same time. */
export async function byParallelSteps(): Promise<boolean> {
  await told();
  const began = Date.now();
  let quick = 0;
  await Promise.all([
    pause(10).then(() => {
      quick = Date.now() - began;
    }),
    pause(3_000),
  ]);
  return decide(quick > 2_000);
}

/** As the first two, by what local activities returned. */
export async function byRecordedValues(): Promise<boolean> {
  await told();
  const began = await returned(Date.now());
  const length = await returned(workflowInfo().historyLength);
  await pause(SLOW_MS);
  const took = (await returned(Date.now())) - began;
  const grown = (await returned(workflowInfo().historyLength)) - length;
  return decide(took > LONG_MS && grown > 0);
}
