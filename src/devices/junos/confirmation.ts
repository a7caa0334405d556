import { PortwardenError } from '../../domain/errors';
import { confirmationLogText, isOurLog } from './commitHistory';
import { Rejection, type CommitEntry, type CommitHistory, type Operations } from './operations';
import type { PlannedPort } from '../device';
import type { PortPlan } from '../../domain/change/plan';
import type { JunosSettings } from './settings';

/**
 * How long after its time a confirmed commit still counts as possibly pending, in milliseconds: the switch rolls back up to
 * 35 s late (recorded), and the rollback is a commit that takes its time.
 */
const LATE_ROLLBACK_MS = 120_000;

/** Whether this change is to be undone by the switch itself unless confirmed. */
export function needsConfirmation(
  settings: JunosSettings,
  work: readonly PlannedPort[],
  history: CommitHistory | undefined,
): boolean {
  if (settings.confirmedCommit !== 'first-change-and-large') return settings.confirmedCommit === 'always';
  const isFirst =
    history === undefined
      ? work.every(({ actual }) => actual.length === 0)
      : !history.entries.some((entry) => isOurLog(entry.log));
  return (
    isFirst ||
    isLargeChange(
      work.map(({ plan }) => plan),
      settings,
    )
  );
}

/** Whether so many statements change that the switch itself shall undo it unless confirmed. */
export function isLargeChange(
  plans: readonly PortPlan[],
  { largeChangeBindings }: Pick<JunosSettings, 'largeChangeBindings'>,
): boolean {
  return plans.reduce((sum, plan) => sum + plan.add.length + plan.remove.length, 0) >= largeChangeBindings;
}

/** A confirmed commit of an interrupted pass of ours. */
export interface Leftover {
  readonly log: string;
  /** True when the switch says that it waits; else nothing proves that it does not. */
  readonly isCertain: boolean;
}

/**
 * What a pass finds when it begins, under its lock: a confirmed commit of ours that may still wait for its confirmation.
 * Somebody else's must not be touched, for whatever we sent, a check included, would confirm it; and while a `commit at`
 * waits nobody can commit.
 * @throws PortwardenError `device-busy` when a commit of somebody else's waits or may wait, as far as the switch shows it.
 */
export async function leftoverOf(
  operations: Operations,
  history: CommitHistory | undefined,
): Promise<Leftover | undefined> {
  if (history?.scheduled !== undefined) {
    throw new PortwardenError(
      'device-busy',
      `A scheduled commit is pending, and nobody can commit before: ${history.scheduled}.`,
      { details: { text: history.scheduled } },
    );
  }
  const newest = history?.entries[0];
  if (newest === undefined) return undefined;
  const state = await confirmationOf(newest, operations);
  if (state === 'none') return undefined;
  if (isOurLog(newest.log)) return { log: newest.log, isCertain: state === 'pending' };
  const who = newest.user === '' ? 'somebody else' : newest.user;
  const what =
    state === 'pending'
      ? 'waits for its confirmation'
      : 'may wait for its confirmation: nothing that the switch shows proves that it was confirmed. Its time, or any further commit, ends the doubt';
  throw new PortwardenError('device-busy', `A confirmed commit of ${who} ${what}.`, { details: { holder: who } });
}

/**
 * Whether the newest commit waits for its confirmation. Only the switch's own clock tells that its time is over; a
 * clock that was put back, or none, tells nothing.
 */
async function confirmationOf(
  { isMarkedPending, confirmMinutes, committedAt }: CommitEntry,
  operations: Operations,
): Promise<'none' | 'maybe' | 'pending'> {
  if (isMarkedPending) return 'pending';
  if (confirmMinutes === undefined) return 'none';
  if (committedAt === undefined) return 'maybe';
  const end = committedAt + confirmMinutes * 60_000 + LATE_ROLLBACK_MS;
  const times = await operations.clock();
  return times.length > 0 && times.every((now) => now >= end) ? 'none' : 'maybe';
}

/**
 * Confirms our own confirmed commit, under our lock, whatever the commit log shows of it. A check does it without a second
 * commit (Junos CLI guide, "Commit Operation When Multiple Users": `commit check` within the time confirms); unless the
 * switch's mark was seen before and is gone after, a commit does it. Nothing is sent unless the newest entry is ours:
 * any check would confirm a stranger's.
 * @throws PortwardenError `device-unknown-outcome` when our commit is not the newest one, or cannot be confirmed.
 */
export async function confirmCommit(operations: Operations, log: string): Promise<void> {
  const before = (await operations.history())?.entries[0];
  if (before !== undefined && before.log !== log) {
    throw new PortwardenError(
      'device-unknown-outcome',
      `The newest commit is not ours (${before.user}: ${before.log}); ours was left unconfirmed and may be rolled back.`,
    );
  }
  if (before !== undefined && (await isSeenConfirmed(operations, before))) return;
  try {
    await operations.commit({ log: confirmationLogText(log) });
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    throw new PortwardenError(
      'device-unknown-outcome',
      `The switch refuses to confirm our commit and may roll it back: ${error.message}`,
      { cause: error },
    );
  }
}

/** Sends a check, and looks whether a mark that was there is gone. No mark before proves nothing. */
async function isSeenConfirmed(operations: Operations, before: CommitEntry): Promise<boolean> {
  try {
    await operations.check();
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return false;
  }
  const after = (await operations.history())?.entries[0];
  return before.isMarkedPending && after?.log === before.log && !after.isMarkedPending;
}
