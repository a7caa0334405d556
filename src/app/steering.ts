import type { Client } from '@temporalio/client';
import type { ApiDependencies } from '../api/app';
import type { Store } from '../store/store';
import { createApplyAll } from '../temporal/applyAll';
import { createReconciles } from '../temporal/reconcileSchedules';
import { createApplyAllService } from './applying';
import { createWindowExceptions } from './windowPasses';
import { createPauseService, type PausingOptions } from './pausing';

/** What a process with a store offers people beside its lists: pauses, exceptions from change windows, Apply All, reconciles and notifications. */
export function steering(
  store: Store | undefined,
  {
    client,
    taskQueue,
    ...others
  }: Omit<PausingOptions, 'store'> & { readonly client: Client; readonly taskQueue: string },
): Pick<ApiDependencies, 'pauses' | 'windowExceptions' | 'applyAll' | 'drift' | 'notifications' | 'keyedAnswers'> {
  if (store === undefined) return {};
  return {
    pauses: createPauseService({ store, ...others }),
    windowExceptions: createWindowExceptions({ store, ...others }),
    applyAll: createApplyAllService({ store, workflows: createApplyAll(client, taskQueue), log: others.log }),
    drift: { drift: store.drift, states: store.reconciles, reconciles: createReconciles(client, taskQueue) },
    notifications: store.notifications,
    keyedAnswers: store.keyedAnswers,
  };
}
