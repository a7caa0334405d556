import { ApplicationFailure } from '@temporalio/common';
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import type { DeviceId } from '../domain/values/device';
import { Semaphore } from '../primitives/concurrency';
import { CUT_OFF, COORDINATOR_WORKFLOW, coordinatorWorkflowId, EVENT_WORKFLOW } from '../protocol/names';
import { reaching } from './client';

/** What was left of passes whose worker is gone. */
export interface InterruptedPasses {
  /** The devices whose pass was ended here. */
  readonly ended: readonly DeviceId[];
}

const WITHIN_MS = 10_000;
const AT_ONCE = 8;
/** Of more that run, the others are waited for as before: some seconds each. */
const MOST_RUNNING = 1_000;
const RUNNING = `WorkflowType IN ("${COORDINATOR_WORKFLOW}", "${EVENT_WORKFLOW}") AND ExecutionStatus = "Running"`;

/**
 * Ends the passes of a worker that is known to be gone, so that nobody waits for its heartbeats; and lets the workflows that it
 * had in its memory go on elsewhere at once. Only for who knows that no other worker is at work, and before one of its own is.
 * @param attempts the newest attempt at each device, as {@link passParts} reads it.
 * @throws PortwardenError `temporal-unavailable`; whatever was not ended then ends by its heartbeat limit.
 */
export async function endInterruptedPasses(
  client: Client,
  namespace: string,
  attempts: ReadonlyMap<DeviceId, string>,
): Promise<InterruptedPasses> {
  const ended: DeviceId[] = [];
  await reaching(() =>
    client.withDeadline(Date.now() + WITHIN_MS, async () => {
      const running = await leaveMemory(client, namespace);
      const limiter = new Semaphore(AT_ONCE);
      await Promise.all(
        [...attempts].map(([device, attempt]) =>
          limiter.run(async () => {
            const pass = passParts(attempt);
            if (pass === undefined || !running.has(`${coordinatorWorkflowId(device)} ${pass.runId}`)) return;
            if (await endPass(client, { workflowId: coordinatorWorkflowId(device), ...pass })) ended.push(device);
          }),
        ),
      );
    }),
  );
  return { ended };
}

/** The parts of what names an attempt of a pass; undefined when it is none. */
export function passParts(attempt: string): { readonly runId: string; readonly activityId: string } | undefined {
  const [runId, activityId, count, ...more] = attempt.split('/');
  if (runId === undefined || activityId === undefined || count === undefined || more.length > 0) return undefined;
  return { runId, activityId };
}

/** @returns the runs that were found, as `workflow id, run id`. */
async function leaveMemory(client: Client, namespace: string): Promise<ReadonlySet<string>> {
  const running = new Set<string>();
  const limiter = new Semaphore(AT_ONCE);
  const left: Promise<unknown>[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: RUNNING, pageSize: MOST_RUNNING })) {
    running.add(`${workflowId} ${runId}`);
    const execution = { workflowId, runId };
    left.push(limiter.run(() => client.workflowService.resetStickyTaskQueue({ namespace, execution })));
    if (running.size >= MOST_RUNNING) break;
  }
  // One that has ended meanwhile has no memory to leave.
  await Promise.allSettled(left);
  return running;
}

/** @returns false when that pass does not run any more. */
async function endPass(
  client: Client,
  pass: { readonly workflowId: string; readonly runId: string; readonly activityId: string },
): Promise<boolean> {
  const failure = ApplicationFailure.create({
    type: 'device-unknown-outcome',
    message: 'The worker ended during the change; the device is read again before anything else.',
    details: [CUT_OFF],
  });
  try {
    await client.activity.fail(pass, failure);
    return true;
  } catch (error) {
    if (error instanceof ActivityNotFoundError) return false;
    throw error;
  }
}
