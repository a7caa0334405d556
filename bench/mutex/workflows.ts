import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { LOCK_ACQUIRED, LOCK_REQUESTED, type LockGranted, type LockRequest, type MutexActivities } from './names';

const steps = proxyActivities<MutexActivities>({ startToCloseTimeout: '1 minute' });
const lockRequested = defineSignal<[LockRequest]>(LOCK_REQUESTED);
const lockAcquired = defineSignal<[LockGranted]>(LOCK_ACQUIRED);

/** Hands a lock out, to one after the other, in the way of Temporal's sample `mutex` (temporalio/samples-typescript). */
export async function lockWorkflow(requests: readonly LockRequest[] = []): Promise<void> {
  const waiting = [...requests];
  setHandler(lockRequested, (request) => void waiting.push(request));
  while (!workflowInfo().continueAsNewSuggested) {
    await condition(() => waiting.length > 0);
    const request = waiting.shift();
    if (request === undefined) continue;
    // A name that nobody else knows: only the holder can give the lock back.
    const releaseSignalName = uuid4();
    let isReleased = false;
    setHandler(defineSignal(releaseSignalName), () => {
      isReleased = true;
    });
    await getExternalWorkflowHandle(request.initiatorId).signal(lockAcquired, { releaseSignalName });
    await condition(() => isReleased, request.timeoutMs);
  }
  if (waiting.length > 0) await continueAsNew<typeof lockWorkflow>(waiting);
}

/** An event of a service that changes its device one event at a time under that lock. */
export async function oneAtATimeWorkflow(resourceId: string, workMs: number, lockTimeoutMs: number): Promise<void> {
  let releaseSignalName: string | undefined;
  setHandler(lockAcquired, (granted) => {
    releaseSignalName = granted.releaseSignalName;
  });
  await steps.requestLock(resourceId, lockTimeoutMs);
  await condition(() => releaseSignalName !== undefined);
  await steps.notifyLocked(resourceId);
  await steps.useResource(workMs);
  await getExternalWorkflowHandle(resourceId).signal(releaseSignalName ?? '');
  await steps.notifyUnlocked(resourceId);
}
