import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { LAB_SECRETS } from '../../lab/world';
import { ATTRIBUTE } from '../../src/protocol/names';
import { startedOnce } from '../../src/temporal/idempotencyKeys';
import { BARE_TASK_QUEUE, BARE_WORKFLOW, type BareInput } from '../bare/names';
import { serve } from './serve';

/** Where starts go: to the product's webhook, or as bare workflows to a Temporal server. */
export type Sink = { readonly webhook: string } | { readonly temporal: string };

/**
 * When starts are sent. `atOnce`: so many under way at a time, each next one when one is answered. `perSecond`: at fixed times,
 * whether or not the earlier ones were answered.
 */
export type Pace = { readonly atOnce: number } | { readonly perSecond: number };

/** What became of starts. */
export interface Started {
  readonly ids: readonly string[];
  /**
   * How long each answer took, in milliseconds. At a fixed rate it counts from the time at which the start was due, so that
   * a server that stops for a second is charged for everybody who would have waited (coordinated omission).
   */
  readonly answerMs: readonly number[];
  /** When the first one was sent, Unix milliseconds. */
  readonly at: number;
}

/** What sends events, in a process that does nothing else. */
export interface LoadPart {
  send(events: readonly BareInput[], sink: Sink, pace: Pace): Promise<Started>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
let connected: { readonly address: string; readonly client: Client } | undefined;

serve<LoadPart>({
  async send(events, sink, pace) {
    const start = 'webhook' in sink ? byWebhook(sink.webhook) : await byClient(sink.temporal);
    const ids: string[] = [];
    const answerMs: number[] = [];
    const at = Date.now();
    const one = async (event: BareInput, dueAt: number): Promise<void> => {
      ids.push(await start(event));
      answerMs.push(performance.now() - dueAt);
    };
    if ('atOnce' in pace) {
      const waiting = [...events];
      const sender = async (): Promise<void> => {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift())
          await one(event, performance.now());
      };
      await Promise.all(Array.from({ length: pace.atOnce }, sender));
    } else {
      const began = performance.now();
      await Promise.all(
        events.map(async (event, index) => {
          const dueAt = began + (index * 1000) / pace.perSecond;
          await new Promise((resolve) => setTimeout(resolve, dueAt - performance.now()));
          await one(event, dueAt);
        }),
      );
    }
    return { ids, answerMs, at };
  },
});

function byWebhook(apiUrl: string): (event: BareInput) => Promise<string> {
  const url = new URL('/api/port-security/event', apiUrl);
  const headers = { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' };
  return async (event) => {
    const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const posted = request(url, { method: 'POST', headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      });
      posted.on('error', reject);
      posted.end(JSON.stringify(event));
    });
    if (status !== 202) throw new Error(`the API answered ${status}: ${body}`);
    return (JSON.parse(body) as { workflowId: string }).workflowId;
  };
}

/** Starts a bare workflow with everything that the product gives an event at its start. */
async function byClient(address: string): Promise<(event: BareInput) => Promise<string>> {
  if (connected?.address !== address)
    connected = { address, client: new Client({ connection: await Connection.connect({ address }) }) };
  const { client } = connected;
  return async (event) => {
    const workflowId = `bare-${event.serverId}-${randomUUID()}`;
    await client.workflow.start(BARE_WORKFLOW, {
      workflowId,
      taskQueue: BARE_TASK_QUEUE,
      args: [event],
      ...startedOnce(workflowId),
      typedSearchAttributes: [
        { key: ATTRIBUTE.serverId, value: String(event.serverId) },
        { key: ATTRIBUTE.action, value: event.action },
      ],
      staticSummary: `${event.action} server ${event.serverId}`,
    });
    return workflowId;
  };
}
