import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';

const FIRST_LOOK_MS = 1_000;
const NEXT_LOOK_MS = 5_000;
/** Until a Temporal server that is away is asked again. */
const AWAY_MS = 500;

/**
 * Waits for the ends of workflows by Temporal's long poll. A look at a running event would be a query, which Temporal,
 * the worker and the API compute; many events that wait at once kept a product busy with nothing else.
 */
export class Endings {
  private readonly connections = new Map<string, Connection>();

  /** @param address of the Temporal server; another one after a restart */
  constructor(private readonly address: () => string) {}

  /**
   * Looks at an event when its workflow has ended, and now and then before, until it is over.
   * @param look what the API answers about it
   * @returns the last answer, of an event that still runs when the time is over
   */
  async wait<T extends { readonly state: string }>(
    workflowId: string,
    look: () => Promise<T>,
    withinMs: number,
  ): Promise<T> {
    const deadline = Date.now() + withinMs;
    const stop = new AbortController();
    const over = new AbortController();
    const ended = this.ended(workflowId, stop.signal).then(() => {
      over.abort();
    });
    try {
      for (let pause = FIRST_LOOK_MS; ; pause = over.signal.aborted ? AWAY_MS : NEXT_LOOK_MS) {
        const next = sleep(Math.min(pause, Math.max(deadline - Date.now(), 0)), undefined, stop);
        await (over.signal.aborted ? next : Promise.race([ended, next]));
        const answer = await look();
        if (answer.state !== 'running' || Date.now() >= deadline) return answer;
      }
    } finally {
      stop.abort();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
    this.connections.clear();
  }

  /** Never rejects; resolves also when nobody waits any more. */
  private async ended(workflowId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const connection = this.connection();
        const client = new Client({ connection });
        await connection.withAbortSignal(signal, () => client.workflow.getHandle(workflowId).result());
        return;
      } catch (error) {
        if (error instanceof WorkflowFailedError) return;
        await sleep(AWAY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private connection(): Connection {
    const address = this.address();
    const known = this.connections.get(address) ?? Connection.lazy({ address });
    this.connections.set(address, known);
    return known;
  }
}
