import { isInEffect, type CommitFinding, type CommitIntent } from '../../domain/change/commitIntent';
import type { DeviceState } from '../device';
import { everythingOn } from '../policyCarrier';
import { isOurLog } from './commitHistory';
import type { CommitHistory } from './operations';

/** Entries that Junos keeps (`show system commit`). A shorter log is the whole of it. */
const LOG_ENTRIES = 50;

/** The newest of our commits in the log: while the log has that one, it would have the next one too. */
export function newestOfOurs(history: CommitHistory | undefined): Pick<CommitIntent, 'previousToken'> {
  const previous = history?.entries.find((entry) => isOurLog(entry.log));
  return previous === undefined ? {} : { previousToken: previous.log };
}

/**
 * Finds out what became of a commit whose pass was interrupted. To be asked under the lock, which the device does not
 * give while that commit runs. Where the log cannot tell (none, or it has moved on) the bindings do.
 */
export function judgeOpenCommit(
  intent: CommitIntent,
  history: CommitHistory | undefined,
  state: Pick<DeviceState, 'statements' | 'policies'>,
): CommitFinding {
  const { logToken } = intent;
  const inEffect = new Set(
    intent.ports.filter((change) => isInEffect(change, everythingOn(state, change.effectivePort))),
  );
  const index = history?.entries.findIndex((entry) => entry.log === logToken) ?? -1;
  if (index >= 0) {
    const next = history?.entries[index - 1];
    // Whatever we commit next confirms it; a rollback of the switch has no text of ours.
    const isKept = !intent.confirmed || (next !== undefined && isOurLog(next.log));
    const otherwise = isKept ? 'changed-since' : 'taken-back';
    return {
      logToken,
      fate: 'committed',
      evidence: 'commit-log',
      ports: intent.ports.map((change) => ({
        port: change.port,
        state: inEffect.has(change) ? 'in-effect' : otherwise,
      })),
    };
  }
  if (history !== undefined && reachesBack(intent, history))
    return { logToken, fate: 'not-committed', evidence: 'commit-log', ports: [] };
  const ports = [...inEffect].map(({ port }) => ({ port, state: 'in-effect' as const }));
  return { logToken, fate: ports.length > 0 ? 'committed' : 'not-committed', evidence: 'bindings', ports };
}

/** Whether the log goes back to the time of the intent, so that it would have its commit. */
function reachesBack(intent: CommitIntent, history: CommitHistory): boolean {
  return history.entries.length < LOG_ENTRIES || history.entries.some((entry) => entry.log === intent.previousToken);
}
