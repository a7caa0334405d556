import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { COORDINATOR_WORKFLOW } from '../../src/protocol/names';
import { wholeHistory } from '../support/wholeHistory';

/** Whom each pass worked for, by the text of its commit: the events that waited for each of its ports (`ae0.0`) when it began. */
export type PassWaiters = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The pass that made a commit, by the commit's text: what it commits to be confirmed, and the confirmation, have a mark. */
export function passOf<T>(passes: ReadonlyMap<string, T>, log: string | undefined): T | undefined {
  return passes.get((log ?? '').replace(/ \[(?:confirm within \d+ min|confirmation)\]$/, ''));
}

/** The plan of Apply All that each port of a pass was held to, by the text of its commit; of ports that were held to none there is nothing. */
export type PassPlans = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Of the input of a pass, what says whom it works for. */
interface PassAsked {
  readonly batch: number;
  readonly ports: readonly { readonly port: string; readonly events?: readonly string[]; readonly plan?: string }[];
}

const PASS = 'commitToSwitch';

/** The text with which a pass commits. Written without a line of the product, so that another text is noticed. */
const commitText = (workflowId: string, runId: string, batch: number): string =>
  `portwarden ${workflowId} batch ${batch} ${runId.slice(0, 8)}`;

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

/** What the passes of one run of a coordinator were asked, as its history has their inputs, by the text of their commits. */
function askedIn(run: Run, { events }: temporal.api.history.v1.IHistory): ReadonlyMap<string, PassAsked['ports']> {
  return new Map(
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      const [payload] = scheduled?.activityType?.name === PASS ? (scheduled.input?.payloads ?? []) : [];
      if (payload === undefined) return [];
      const { batch, ports } = defaultPayloadConverter.fromPayload<PassAsked>(payload);
      return [[commitText(run.workflowId, run.runId, batch), ports] as const];
    }),
  );
}

/** Whom the passes of one run of a coordinator worked for. */
export function waitersIn(run: Run, history: temporal.api.history.v1.IHistory): PassWaiters {
  return new Map(
    [...askedIn(run, history)].map(([text, ports]) => [
      text,
      new Map(ports.map(({ port, events: waiters = [] }) => [port, waiters] as const)),
    ]),
  );
}

/** The plans that the passes of one run of a coordinator were held to. */
export function plansIn(run: Run, history: temporal.api.history.v1.IHistory): PassPlans {
  return new Map(
    [...askedIn(run, history)].map(([text, ports]) => [
      text,
      new Map(ports.flatMap(({ port, plan }) => (plan === undefined ? [] : [[port, plan] as const]))),
    ]),
  );
}

/** Whom every pass of every coordinator worked for. */
export function passWaiters(client: Client): Promise<PassWaiters> {
  return ofAllRuns(client, waitersIn);
}

/** Which plans every pass of every coordinator was held to. */
export function passPlans(client: Client): Promise<PassPlans> {
  return ofAllRuns(client, plansIn);
}

async function ofAllRuns<T>(
  client: Client,
  read: (run: Run, history: temporal.api.history.v1.IHistory) => ReadonlyMap<string, T>,
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>();
  for await (const run of client.workflow.list({ query: `WorkflowType = '${COORDINATOR_WORKFLOW}'` }))
    for (const [text, found] of read(run, await wholeHistory(client, run))) all.set(text, found);
  return all;
}
