import { isDeferred } from '../../domain/change/deferral';
import { plainOutcome } from '../../domain/change/outcome';
import { errorReport, type ErrorReport } from '../../domain/errors';
import type { TakenPort } from '../../protocol/coordinator';
import type { Batch, FaultOf } from './batch';
import type { BatchRun } from './host';

/** Brings every port that failed in a batch back to the queue, or ends it when its fault does not pass or it waited too long. */
export function returnFailed(batch: Batch, run: BatchRun): void {
  for (const { entry, error } of batch.failed()) {
    if (error.report.retryable) putBack(batch, run, entry, error);
    else
      settleFailed(
        batch,
        run,
        entry,
        `${error.report.message.replace(/\.$/, '')}. ${error.report.remedy}`,
        error.report,
      );
  }
}

function putBack(
  batch: Batch,
  run: BatchRun,
  { unaware = [], ...entry }: TakenPort,
  fault: { report: ErrorReport; of: FaultOf },
): void {
  const { report, of } = fault;
  const { device, settings, queue, clock, host } = run;
  const { now } = clock;
  const gaveUp =
    of === 'device'
      ? now - entry.newest >= settings.giveUpAfterMs && !isDeferred(report)
      : queue.putBack(entry, report, now, settings, of) === 'gave-up';
  if (gaveUp) {
    const error = errorReport(
      'waited-too-long',
      `Given up, waiting since ${new Date(entry.since).toISOString()}; last: ${report.code}: ${report.message}`,
    );
    settleFailed(batch, run, entry, error.message, error);
    return;
  }
  if (of === 'device') queue.postpone({ ...entry, lastError: report });
  const news = entry.lastError?.code === report.code ? unaware : entry.waiters;
  // Whoever waits for a deferred port is told until when that is.
  if (news.length === 0 || queue.deferralOf(entry.port, now) !== undefined) return;
  clock.compare(host.shownNow());
  const due = clock.shown(queue.dueAt(entry.port, now) ?? now);
  const message = `Waiting: ${report.code}: ${report.message} Next try at ${due}.`;
  batch.report({ device, port: entry.port, message, ...(isDeferred(report) ? { isDeferred: true } : {}) }, news);
}

function settleFailed(
  batch: Batch,
  { device }: BatchRun,
  { port }: TakenPort,
  summary: string,
  error: ErrorReport,
): void {
  batch.settle(plainOutcome(device, port, 'failed', summary, { error }));
}
