import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Semaphore } from '../sources/concurrency';
import { SIGNALS } from '../workflows/contract';
import type { Activities } from './contract';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal } from './failure';

const AT_ONCE = 16;

/** Tells waiting events what became of their ports. An event that no longer exists is passed over. */
export function createNotifyWaiters(deps: ActivityDependencies): Activities['notifyWaiters'] {
  return async ({ outcomes, progress }) => {
    const limiter = new Semaphore(AT_ONCE);
    const signal = attemptSignal();
    const { isLocal } = Context.current().info;
    const heartbeat = (): void => { Context.current().heartbeat(); };
    const tell = (waiter: string, name: string, message: unknown): Promise<void> =>
      limiter.run(async () => {
        if (signal.aborted) return;
        try {
          await deps.temporal.workflow.getHandle(waiter).signal(name, message);
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
        if (!isLocal) heartbeat();
      });
    await Promise.all([
      ...outcomes.flatMap(({ outcome, waiters }) => waiters.map((waiter) => tell(waiter, SIGNALS.portOutcome, outcome))),
      ...progress.flatMap(({ progress: report, waiters }) => waiters.map((waiter) => tell(waiter, SIGNALS.portProgress, report))),
    ]);
    for (const { outcome, waiters, since } of outcomes) {
      for (let told = 0; told < waiters.length; told += 1) deps.metrics.eventFinished(outcome.status, (Date.now() - since) / 1000);
    }
  };
}
