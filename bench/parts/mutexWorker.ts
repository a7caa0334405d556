import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import {
  HOLDER_WORKFLOW,
  LOCK_REQUESTED,
  LOCK_WORKFLOW,
  MUTEX_TASK_QUEUE,
  type LockRequest,
  type MutexActivities,
} from '../mutex/names';
import type { Started } from './load';
import { serve } from './serve';

/** A worker for events that take turns by Temporal's mutex sample. */
export interface MutexWorkerPart {
  /** Resolves when it takes work. */
  start(address: string): Promise<void>;
  /** Starts so many events for one resource, 16 at a time. */
  send(resourceId: string, events: number, workMs: number): Promise<Started>;
  /** Ends the workflow that hands the lock out. */
  endLock(resourceId: string): Promise<void>;
}

const AT_ONCE = 16;
const LOCK_TIMEOUT_MS = 60_000;

let client: Client;

serve<MutexWorkerPart>({
  async start(address) {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    client = new Client({ connection: await Connection.connect({ address }) });
    const activities: MutexActivities = {
      async requestLock(resourceId, timeoutMs) {
        const { workflowId } = Context.current().info.workflowExecution ?? { workflowId: '' };
        await client.workflow.signalWithStart(LOCK_WORKFLOW, {
          workflowId: resourceId,
          taskQueue: MUTEX_TASK_QUEUE,
          signal: LOCK_REQUESTED,
          signalArgs: [{ initiatorId: workflowId, timeoutMs } satisfies LockRequest],
        });
      },
      notifyLocked: () => Promise.resolve(),
      useResource: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      notifyUnlocked: () => Promise.resolve(),
    };
    const worker = await Worker.create({
      connection: await NativeConnection.connect({ address }),
      taskQueue: MUTEX_TASK_QUEUE,
      workflowsPath: require.resolve('../mutex/workflows'),
      activities: { ...activities },
    });
    void worker.run().catch((error: unknown) => {
      process.stderr.write(`the mutex worker failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
  },
  async send(resourceId, events, workMs) {
    const at = Date.now();
    const ids: string[] = [];
    const answerMs: number[] = [];
    let left = events;
    const sender = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const workflowId = `mutex-${randomUUID()}`;
        const started = performance.now();
        await client.workflow.start(HOLDER_WORKFLOW, {
          ...{ workflowId, taskQueue: MUTEX_TASK_QUEUE },
          args: [resourceId, workMs, LOCK_TIMEOUT_MS],
        });
        ids.push(workflowId);
        answerMs.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
    return { ids, answerMs, at };
  },
  async endLock(resourceId) {
    await client.workflow.getHandle(resourceId).terminate('the benchmark is over');
  },
});
