import type { PortOutcome } from '../../domain/change/outcome';
import type { DesiredPortBindings } from '../../protocol/activities';
import type { Batch } from './batch';
import { JOURNALED_EVENTS } from './commitRoom';
import type { BatchRun } from './host';

/** Commits a batch's ports in one change and settles each. A device that fails makes all of them wait, and all others. */
export async function commit(batch: Batch, run: BatchRun, desired: readonly DesiredPortBindings[]): Promise<void> {
  run.begin('committing');
  if (desired.length === 0) return;
  const { device, number, settings, host, queue, clock } = run;
  const ports = desired.map((port) => {
    const entry = batch.entry(port.port);
    const { approved = false, approvedStatements, approvedChanges, waiters = [], plan } = entry ?? {};
    return {
      ...port,
      approved,
      ...(approvedStatements === undefined ? {} : { approvedStatements }),
      ...(approvedChanges === undefined ? {} : { approvedChanges }),
      ...(plan === undefined ? {} : { plan }),
      ...(waiters.length === 0 ? {} : { events: waiters.slice(0, JOURNALED_EVENTS) }),
    };
  });
  try {
    const { guards, passActivity } = settings;
    const result = await host.steps.runPass({ device, batch: number, guards, ports }, passActivity);
    queue.deviceAnswered();
    batch.pass = result.pass;
    for (const outcome of result.outcomes) {
      const unread = desired.find(({ port }) => port === outcome.port)?.unread;
      if (outcome.error?.retryable === true) batch.fail(outcome.port, outcome.error);
      else if (unread === undefined) batch.settle(outcome);
      else settleWithoutUnread(batch, run, outcome, unread);
    }
  } catch (error) {
    const report = host.reportFailure(error);
    if (report.retryable) queue.backOffDevice(report, clock.now, settings, host.isCutOff(error));
    batch.failAll(() => true, report, report.retryable ? 'device' : 'sources');
  }
}

/**
 * Some guests of the port could not be read. What is certain is done; whoever asked for the others learns so. Those who
 * asked for the unread ones alone go on waiting, and without anybody waiting the port is looked at again too.
 */
function settleWithoutUnread(
  batch: Batch,
  { queue, clock, settings }: BatchRun,
  outcome: PortOutcome,
  { serverIds, error }: NonNullable<DesiredPortBindings['unread']>,
): void {
  const entry = batch.entry(outcome.port);
  const wanted = entry?.serverIds ?? [];
  const isSettled = outcome.status === 'applied' || outcome.status === 'unchanged';
  if (isSettled && wanted.length > 0 && wanted.every((id) => serverIds.includes(id))) {
    batch.fail(outcome.port, error, 'guests');
    return;
  }
  batch.settle(outcome);
  if (entry === undefined) return;
  // What is looked at again for guests that could not be read is no part of any plan.
  const again = { ...entry, serverIds, waiters: [], explainedIps: [], approved: false, approvedStatements: [] };
  delete again.plan;
  delete again.approvedChanges;
  queue.putBack(again, error, clock.now, settings, 'guests');
}
