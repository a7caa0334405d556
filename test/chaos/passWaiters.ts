import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { COORDINATOR_WORKFLOW } from '../../src/protocol/names';
import { wholeHistory } from '../support/wholeHistory';

/** Whom each pass worked for, by the text of its commit: the events that waited for each of its ports (`ae0.0`) when it began. */
export type PassWaiters = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The pass that made a commit, by the commit's text: what it commits to be confirmed, and the confirmation, have a mark. */
export function passOf(waiters: PassWaiters, log: string | undefined): ReturnType<PassWaiters['get']> {
  return waiters.get((log ?? '').replace(/ \[(?:confirm within \d+ min|confirmation)\]$/, ''));
}

/** Of the input of a pass, what says whom it works for. */
interface PassAsked {
  readonly batch: number;
  readonly ports: readonly { readonly port: string; readonly events?: readonly string[] }[];
}

const PASS = 'commitToSwitch';

/** The text with which a pass commits. Written without a line of the product, so that another text is noticed. */
const commitText = (workflowId: string, runId: string, batch: number): string =>
  `portwarden ${workflowId} batch ${batch} ${runId.slice(0, 8)}`;

/** Whom the passes of one run of a coordinator worked for, as its history has their inputs. */
export function waitersIn(
  run: { readonly workflowId: string; readonly runId: string },
  { events }: temporal.api.history.v1.IHistory,
): PassWaiters {
  return new Map(
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      const [payload] = scheduled?.activityType?.name === PASS ? (scheduled.input?.payloads ?? []) : [];
      if (payload === undefined) return [];
      const { batch, ports } = defaultPayloadConverter.fromPayload<PassAsked>(payload);
      const waiting = new Map(ports.map(({ port, events: waiters = [] }) => [port, waiters] as const));
      return [[commitText(run.workflowId, run.runId, batch), waiting] as const];
    }),
  );
}

/** Whom every pass of every coordinator worked for. */
export async function passWaiters(client: Client): Promise<PassWaiters> {
  const all = new Map<string, ReadonlyMap<string, readonly string[]>>();
  for await (const run of client.workflow.list({ query: `WorkflowType = '${COORDINATOR_WORKFLOW}'` }))
    for (const [text, waiting] of waitersIn(run, await wholeHistory(client, run))) all.set(text, waiting);
  return all;
}
