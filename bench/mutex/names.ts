export const MUTEX_TASK_QUEUE = 'bench-mutex';
export const LOCK_WORKFLOW = 'lockWorkflow';
export const HOLDER_WORKFLOW = 'oneAtATimeWorkflow';
export const LOCK_REQUESTED = 'lock-requested';
export const LOCK_ACQUIRED = 'lock-acquired';

/** Who wants the lock. */
export interface LockRequest {
  readonly initiatorId: string;
  readonly timeoutMs: number;
}

/** How the holder gives it back. */
export interface LockGranted {
  readonly releaseSignalName: string;
}

export interface MutexActivities {
  /** Asks for a lock, whose workflow is started when it does not run. */
  requestLock(resourceId: string, timeoutMs: number): Promise<void>;
  notifyLocked(resourceId: string): Promise<void>;
  /** What must not run twice at the same time. */
  useResource(ms: number): Promise<void>;
  notifyUnlocked(resourceId: string): Promise<void>;
}
