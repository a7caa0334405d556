import { keptText, type SettledPort } from '../../domain/applyAll/plan';
import type { PortOutcome } from '../../domain/change/outcome';
import type { NotifyInput } from '../../protocol/activities';
import type { RunNews } from '../../protocol/applyAll';
import { isApplyAllId } from '../../protocol/names';

/** What runs of Apply All are told of a batch, run by run: one message for all ports of it, and nothing that would make it large. */
export function newsOf({ outcomes, progress }: Pick<NotifyInput, 'outcomes' | 'progress'>): Map<string, RunNews> {
  const runs = new Set([...outcomes, ...progress].flatMap(({ waiters }) => waiters.filter(isApplyAllId)));
  return new Map(
    [...runs].map((run) => [
      run,
      {
        outcomes: outcomes.flatMap(({ outcome, waiters }) => (waiters.includes(run) ? [settledOf(outcome)] : [])),
        waiting: progress.flatMap(({ progress: { device, port, message }, waiters }) =>
          waiters.includes(run) ? [{ device, port, message: keptText(message) }] : [],
        ),
      },
    ]),
  );
}

function settledOf({ device, port, status, summary, error }: PortOutcome): SettledPort {
  return {
    device,
    port,
    outcome: error?.code === 'plan-differs' ? 'differs' : status,
    said: keptText(summary),
    ...(error === undefined ? {} : { code: error.code }),
  };
}
