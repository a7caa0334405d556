import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Activities, PassActivities } from '../protocol/activities';
import { deviceTaskQueue } from '../protocol/names';
import type { ShutdownTimes } from './shutdownTimes';

/** The running workers of a process. */
export interface RunningWorkers {
  /** Rejects when a worker fails; resolves after a shutdown. */
  readonly done: Promise<void>;
  /** Lets running activities end for a while, a commit for as long as it may take; then returns. */
  stop(): Promise<void>;
}

/** Activities that are told to end get so long for it. */
const ENDING_MS = 10_000;
/** So often at most a pass tells the server that it is alive: three times before it counts as dead. */
const HEARTBEATS_MS = 4_000;

/**
 * Starts the two workers of a process: workflows with the quick activities, and device changes on a queue of their
 * own, so that slow switches never hold up anything else.
 */
export async function startWorkers(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The quick ones. */
  readonly activities: Activities;
  /** Those that change devices. */
  readonly passes: PassActivities;
  readonly concurrentDevices?: number;
  readonly shutdown: ShutdownTimes;
  /** Called when a device change that is not in its commit has had its time. */
  readonly onStopping: () => void;
}): Promise<RunningWorkers> {
  const { connection, namespace, taskQueue, activities, passes, shutdown } = options;
  const grace = (ms: number): Partial<WorkerOptions> => ({ shutdownGraceTime: ms, shutdownForceTime: ms + ENDING_MS });
  const workers = await Promise.all([
    Worker.create({
      connection,
      namespace,
      ...grace(shutdown.other),
      taskQueue,
      activities,
      ...workflowCode(),
    }),
    Worker.create({
      connection,
      namespace,
      ...grace(shutdown.commit),
      taskQueue: deviceTaskQueue(taskQueue),
      activities: passes,
      maxConcurrentActivityTaskExecutions: options.concurrentDevices ?? 100,
      maxHeartbeatThrottleInterval: HEARTBEATS_MS,
    }),
  ]);
  const runs = Promise.all(workers.map((worker) => worker.run()));
  const done = runs.then(() => undefined);
  return {
    done,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      const timer = setTimeout(options.onStopping, shutdown.other);
      await done.finally(() => {
        clearTimeout(timer);
      });
    },
  };
}

/** The bundle that the build made, beside the compiled code; without one (tests) it is made at start. */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = join(__dirname, '..', '..', 'workflow-bundle.js');
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath: require.resolve('../workflows') };
}
