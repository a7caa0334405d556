import { PortwardenError } from '../../domain/errors';
import { isOurLog } from './commitHistory';
import type { CommitEntry, Operations } from './operations';
import type { PortWork } from './planning';
import type { JunosSettings } from './settings';

/** Whether this change is to be undone by the switch itself unless confirmed. */
export function needsConfirmation(
  settings: JunosSettings,
  work: readonly PortWork[],
  history: readonly CommitEntry[] | undefined,
): boolean {
  if (settings.confirmedCommit !== 'first-change-and-large') return settings.confirmedCommit === 'always';
  const changed = work.reduce((sum, { plan }) => sum + plan.add.length + plan.remove.length, 0);
  const isFirst = history === undefined ? work.every(({ actual }) => actual.length === 0) : !history.some((entry) => isOurLog(entry.log));
  return isFirst || changed >= settings.largeChangeBindings;
}

/**
 * Confirms our own confirmed commit, under our lock. A check does it without a second commit (Junos CLI guide,
 * "Commit Operation When Multiple Users": `commit check` within the time confirms); where it cannot be seen to have
 * worked, a commit does it. Nothing is sent unless the pending entry is ours: any check would confirm a stranger's.
 * @throws PortwardenError `device-unknown-outcome` when our commit is not the newest one.
 */
export async function confirmCommit(operations: Operations, log: string): Promise<void> {
  const before = (await operations.history())?.[0];
  if (before !== undefined && before.log !== log) {
    throw new PortwardenError('device-unknown-outcome', `The newest commit is not ours (${before.user}: ${before.log}); ours was left unconfirmed and may be rolled back.`);
  }
  if (before?.confirmation === 'none') return;
  if (before !== undefined) await operations.check();
  const after = before === undefined ? undefined : (await operations.history())?.[0];
  const confirmed = after !== undefined && after.log === log && isConfirmed(before, after);
  if (!confirmed) await operations.commit({ log });
}

/** A comment that stays says nothing; one that went, or a mark that went, says it. */
function isConfirmed(before: CommitEntry | undefined, after: CommitEntry): boolean {
  return after.confirmation === 'none' || (before?.confirmation === 'pending' && after.confirmation !== 'pending');
}
