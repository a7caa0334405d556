import { Context } from '@temporalio/activity';
import { Semaphore } from '../primitives/concurrency';
import type { Activities, NotifyInput } from '../protocol/activities';
import { isApplyAllId } from '../protocol/names';
import { newsOf } from './applyAll/news';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal, codeOf } from './failure';

const AT_ONCE = 16;

const isEvent = (waiter: string): boolean => !isApplyAllId(waiter);

/** Reports to waiting events what became of their ports. An event that no longer exists is passed over. */
export function createNotifyWaiters(deps: ActivityDependencies): Activities['notifyWaiters'] {
  return async ({ outcomes, progress, answered }) => {
    const limiter = new Semaphore(AT_ONCE);
    const signal = attemptSignal();
    const { isLocal } = Context.current().info;
    const heartbeat = (): void => {
      Context.current().heartbeat();
    };
    const inTurn = (report: () => Promise<void>): Promise<void> =>
      limiter.run(async () => {
        if (signal.aborted) return;
        await report();
        if (!isLocal) heartbeat();
      });
    await Promise.all([
      ...[...newsOf({ outcomes, progress })].map(([run, news]) => inTurn(() => deps.waiting.reportNews(run, news))),
      ...outcomes.flatMap(({ outcome, waiters }) =>
        waiters.filter(isEvent).map((waiter) => inTurn(() => deps.waiting.reportOutcome(waiter, outcome))),
      ),
      ...progress.flatMap(({ progress: report, waiters }) =>
        waiters.filter(isEvent).map((waiter) => inTurn(() => deps.waiting.reportProgress(waiter, report))),
      ),
    ]);
    for (const { outcome, waiters, since } of outcomes) {
      waiters.filter(isEvent).forEach(() => {
        deps.metrics.eventFinished(outcome.status, (Date.now() - since) / 1000);
      });
    }
    if (answered !== undefined) await forget(deps, answered);
  };
}

/** Last, so that an event that could not be notified and asks again is notified of the change. A store that does not answer only makes that happen once too often. */
async function forget(
  deps: ActivityDependencies,
  { device, pass }: NonNullable<NotifyInput['answered']>,
): Promise<void> {
  try {
    await deps.store.commitIntents.answered(device, pass);
  } catch (error) {
    deps.metrics.sourceError('store', codeOf(error));
    deps.log.warn(
      { device, pass, code: codeOf(error) },
      'waiting events were notified, but the store could not record that',
    );
  }
}
