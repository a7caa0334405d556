import { defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

/*
 * The coordinator of a version that the present one cannot continue: its history begins with an activity that the
 * product does not schedule there.
 */

const { formerStep } = proxyActivities<{ formerStep(): Promise<void> }>({
  startToCloseTimeout: '1 day',
  taskQueue: 'queue-of-the-former-version',
});

/** Waits for its activity, which nobody takes. */
export async function deviceCoordinator(): Promise<void> {
  setHandler(defineSignal('enlist'), () => undefined);
  await formerStep();
}
