import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { PortwardenError } from '../domain/errors';
import type { TemporalSettings } from './settings';
import { temporalConnectionOptions } from './connection';

/** A write through Temporal's database, as small as an event's start, that leaves nothing behind. */
export interface WriteProbe {
  /** @throws what kept the write from being stored, in the server's own words. */
  write(): Promise<void>;
  close(): Promise<void>;
}

/** Name, id and queue of a workflow that never runs: nobody listens to the queue, and it is deleted before it begins. */
const NAME = 'portwarden-write-check';
const CONNECT_MS = 10_000;
const WRITE_MS = 2_500;
const TRIES = 3;
const PAUSE_MS = 200;

/**
 * Writes what an event writes: starts a workflow, with a delay so that no task comes of it, and deletes it. A read would
 * prove nothing, for a full disk fails writes only. The connection is one of its own, without the client's retries:
 * they wait until the deadline and hide the cause.
 * @throws PortwardenError `temporal-unavailable` when the server cannot be reached.
 */
export async function openWriteProbe(address: string, settings: TemporalSettings): Promise<WriteProbe> {
  const connection = await connect(address, settings);
  const { namespace } = settings;
  const client = new Client({ connection, namespace });
  const workflowId = `${NAME}-${randomUUID()}`;
  const once = async (): Promise<void> => {
    const { firstExecutionRunId: runId } = await client.workflow.start(NAME, {
      workflowId,
      taskQueue: NAME,
      startDelay: '10 minutes',
      workflowExecutionTimeout: '1 minute',
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      staticSummary: 'Proves that events can be accepted; deleted at once',
    });
    // What cannot be deleted ends by itself or at the next start; the write is proven all the same.
    await connection.workflowService
      .deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } })
      .catch(() => undefined);
  };
  return {
    write: () => connection.withDeadline(Date.now() + WRITE_MS, () => severalTimes(once)),
    close: () => connection.close(),
  };
}

async function connect(address: string, settings: TemporalSettings): Promise<Connection> {
  try {
    return await Connection.connect({
      connectTimeout: CONNECT_MS,
      interceptors: [],
      ...temporalConnectionOptions({ ...settings, address }),
    });
  } catch (error) {
    throw new PortwardenError(
      'temporal-unavailable',
      `The Temporal server at ${address} cannot be reached (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/** A server that is busy for a moment is not one that stores nothing. The first cause is the telling one. */
async function severalTimes(work: () => Promise<void>): Promise<void> {
  const causes = new Set<string>();
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      causes.add(messageOf(error));
    }
    if (attempt < TRIES) await sleep(PAUSE_MS);
  }
  throw new Error([...causes].join('; '));
}

/** The innermost message: the client wraps what the server said. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : messageOf(error.cause);
}

/** How long what was learned is believed, in milliseconds, and what tells the time. */
export interface WriteCheckOptions {
  /** After a write that was stored. Default 30,000. */
  readonly successForMs?: number;
  /** After one that was not. Default 5,000. */
  readonly failureForMs?: number;
  readonly now?: () => number;
}

/**
 * Whether events can be accepted. Every event that was accepted proves it, so that the probe writes only when none was
 * for a while, and never more often than every few seconds.
 */
export class WriteCheck {
  private last: { readonly at: number; readonly failure?: PortwardenError } | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly probe: Pick<WriteProbe, 'write'>,
    private readonly options: WriteCheckOptions = {},
  ) {}

  /** An event was accepted. */
  succeeded(): void {
    this.last = { at: this.now() };
  }

  /** An event was not accepted because of Temporal: what was learned before counts no more. */
  failed(): void {
    if (this.last?.failure === undefined) this.last = undefined;
  }

  /** @throws PortwardenError `temporal-unavailable` naming the cause. */
  async check(): Promise<void> {
    const { successForMs = 30_000, failureForMs = 5_000 } = this.options;
    const { last } = this;
    if (last === undefined || this.now() - last.at >= (last.failure === undefined ? successForMs : failureForMs)) {
      this.running ??= this.write().finally(() => {
        this.running = undefined;
      });
      await this.running;
    }
    if (this.last?.failure !== undefined) throw this.last.failure;
  }

  private async write(): Promise<void> {
    try {
      await this.probe.write();
      this.last = { at: this.now() };
    } catch (error) {
      this.last = {
        at: this.now(),
        failure: new PortwardenError('temporal-unavailable', `Temporal stores nothing: ${messageOf(error)}`, {
          cause: error,
        }),
      };
    }
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }
}
