import { condition, defineQuery, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { plainOutcome, type PortOutcome } from '../domain/change/outcome';
import { errorReport } from '../domain/errors';
import type { Placement } from '../domain/servers/server';
import type { DeviceId } from '../domain/values/device';
import type { Activities } from '../protocol/activities';
import { readPortOutcome, readPortProgress } from '../protocol/messages';
import { coordinatorWorkflowId, QUERIES, SIGNALS } from '../protocol/names';
import type { EnlistRequest } from '../protocol/requests';
import { handleSignal, listenTo } from './signals';
import { eventSteps as steps } from './steps';
import { patiently, Waiting } from './waiting';

const statusQuery = defineQuery<string>(QUERIES.status);

/** With half an hour for each wait: two months. */
const MOST_WAITS = 3_000;
const SHORTEST_WAIT_MS = 1_000;
const SHOWN_PORTS = 10;

/** A port that a workflow wants looked at, with what it knows of it. */
export type Wanted = Omit<EnlistRequest, 'waiter'> & { readonly device: DeviceId };

/** Takes what coordinators report to this workflow, and answers for what it waits. */
export function listen(): Waiting {
  const waiting = new Waiting();
  setHandler(statusQuery, () => waiting.status);
  listenTo({
    [SIGNALS.portOutcome]: (outcome) => {
      handleSignal(SIGNALS.portOutcome, () => {
        waiting.settle(readPortOutcome(outcome));
      });
    },
    [SIGNALS.portProgress]: (progress) => {
      handleSignal(SIGNALS.portProgress, () => {
        waiting.report(readPortProgress(progress));
      });
    },
  });
  return waiting;
}

/**
 * Asks the coordinators and waits, asking again in case one was terminated by hand. Whether an outcome comes before or after the result of a
 * local activity is not the same in a replay (docs/decisions/0035): so all are asked first, whoever has reported by then, and what the end
 * of a wait decides is in the history, with a timer, before anything else begins.
 * @returns an outcome for each.
 */
export async function converge(
  targets: readonly Wanted[],
  placement: Placement | undefined,
  waiting: Waiting,
): Promise<PortOutcome[]> {
  const open = (): Wanted[] => targets.filter((target) => waiting.outcomeOf(target) === undefined);
  const outcomes = (): PortOutcome[] => targets.map((target) => waiting.outcomeOf(target) ?? waitedTooLong(target));
  let asked = targets;
  let waited = 0;
  let reported = outcomes();
  for (let wait = 0; wait < MOST_WAITS && asked.length > 0; wait += 1) {
    // The placement is stored once: later, other events may know better.
    const remember = wait === 0 ? placement : undefined;
    const answers = await Promise.all(asked.map((target) => patiently(waiting, () => enlist(target, remember))));
    const patience = answers[0] ?? { waitForOutcomeMs: 0, giveUpAfterMs: 0 };
    if (wait === 0) waiting.show(waitingFor(open()));
    const longest = Math.max(patience.waitForOutcomeMs, SHORTEST_WAIT_MS);
    const isSettled = await condition(() => open().length === 0, longest);
    asked = open();
    reported = outcomes();
    if (isSettled) break;
    // What is deferred goes on by itself when its time comes, however late that is.
    if (!waiting.isDeferred) waited += longest;
    await sleep(1);
    if (waited > patience.giveUpAfterMs + patience.waitForOutcomeMs) break;
  }
  return reported;
}

/** Asks the coordinators once, without waiting for what becomes of it. */
export async function askOnce(targets: readonly Wanted[], waiting: Waiting): Promise<void> {
  await Promise.all(targets.map((target) => patiently(waiting, () => enlist(target, undefined))));
}

/** Details have a limit, and people read them: of many ports only the first ones are named. */
function waitingFor(open: readonly Wanted[]): string {
  const named = open
    .slice(0, SHOWN_PORTS)
    .map((t) => `${t.device} to converge ${t.port} (workflow ${coordinatorWorkflowId(t.device)})`)
    .join(' and ');
  return `Waiting for ${named}${open.length > SHOWN_PORTS ? ` and ${open.length - SHOWN_PORTS} further ports` : ''}`;
}

async function enlist(target: Wanted, placement: Placement | undefined): ReturnType<Activities['enlist']> {
  const { device, ...known } = target;
  const request = { ...known, waiter: workflowInfo().workflowId };
  return await steps.enlist({ device, request, ...(placement === undefined ? {} : { placement }) } satisfies Parameters<
    Activities['enlist']
  >[0]);
}

function waitedTooLong({ device, port }: Wanted): PortOutcome {
  const error = errorReport('waited-too-long', 'The coordinator reported no outcome in time');
  return plainOutcome(device, port, 'failed', error.message, { error });
}
