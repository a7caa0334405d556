import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Activities, CommitToSwitchInput } from '../activities/contract';
import { deviceTaskQueue } from '../workflows/contract';

/** The running workers of a process. */
export interface RunningWorkers {
  /** Rejects when a worker fails; resolves after a shutdown. */
  readonly done: Promise<void>;
  /** Lets running activities end for a while, then returns. */
  stop(): Promise<void>;
}

const GRACE = '20 seconds';
const FORCE = '30 seconds';

/**
 * Starts the two workers of a process: workflows with the quick activities, and device changes on a queue of their
 * own, so that slow switches never hold up anything else.
 */
export async function startWorkers(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: Activities;
  readonly concurrentDevices?: number;
}): Promise<RunningWorkers> {
  const { connection, namespace, taskQueue, activities } = options;
  const shared = { connection, namespace, shutdownGraceTime: GRACE, shutdownForceTime: FORCE } satisfies Partial<WorkerOptions>;
  const workers = await Promise.all([
    Worker.create({ ...shared, taskQueue, activities: quickActivities(activities), ...workflowCode() }),
    Worker.create({
      ...shared,
      taskQueue: deviceTaskQueue(taskQueue),
      activities: { commitToSwitch: (input: CommitToSwitchInput) => activities.commitToSwitch(input) },
      maxConcurrentActivityTaskExecutions: options.concurrentDevices ?? 100,
    }),
  ]);
  const runs = Promise.all(workers.map((worker) => worker.run()));
  const done = runs.then(() => undefined);
  return {
    done,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}

function quickActivities(activities: Activities): Partial<Activities> {
  const quick: Partial<Activities> = { ...activities };
  delete quick.commitToSwitch;
  return quick;
}

/** The bundle that the build made, beside the compiled code; without one (tests) it is made at start. */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = join(__dirname, '..', '..', 'workflow-bundle.js');
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath: require.resolve('../workflows') };
}
