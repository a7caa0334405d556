import { isErrorCode } from '../../src/domain/errors';
import type { PortOutcome } from '../../src/domain/change/outcome';
import { portKey, splitKey } from './model';
import type { EventVerdict } from './observer';
import { passOf, type PassWaiters } from './passWaiters';
import type { SeenCommit, SwitchWatch } from './switchWatch';

/** What is untrue or missing in an event's end. */
export function judgeVerdict(verdict: EventVerdict, watches: readonly SwitchWatch[]): string[] {
  const { workflowId, status, result, code, message } = verdict;
  const wrong = (what: string): string[] => [`event ${workflowId}: ${what}`];
  if (status === 'FAILED') {
    if (code === undefined || !isErrorCode(code))
      return wrong(`failed without a registered code: ${code ?? ''} ${message ?? ''}`);
    return code === 'internal' ? wrong(`failed with an internal error: ${message ?? ''}`) : [];
  }
  if (status !== 'COMPLETED' || result === undefined) return wrong(`ended as ${status}: ${message ?? ''}`);
  if (!['applied', 'held', 'unchanged', 'skipped', 'parked'].includes(result.status))
    return wrong(`completed with status ${result.status}`);
  if (result.status === 'applied' && !result.ports.some((port) => port.status === 'applied'))
    return wrong('applied, but no port was');
  return result.ports.flatMap((port) => judgePort(port, watches).flatMap(wrong));
}

/** `applied` is true only if the commit it names is in the switch's log, holds what it says, and was not taken back by the switch. */
function judgePort(outcome: PortOutcome, watches: readonly SwitchWatch[]): string[] {
  if (outcome.status !== 'applied') return [];
  const watch = watches.find(({ id }) => id === switchOf(outcome));
  const named = watch?.commits.filter((commit) => commit.log === outcome.commit) ?? [];
  const lasting = named.filter((commit) => watch?.takenBack.has(commit) !== true);
  const claim = `${outcome.device} ${outcome.port} applied by "${outcome.commit ?? ''}"`;
  if (named.length === 0) return [`${claim}, which the switch's commit log lacks`];
  if (lasting.length === 0) return [`${claim}, which the switch took back because nobody confirmed it`];
  const untrue = lasting.map((commit) => untrueOf(outcome, commit));
  return untrue.find((problems) => problems.length === 0) ?? untrue.at(-1) ?? [];
}

function untrueOf(outcome: PortOutcome, commit: SeenCommit): string[] {
  const present = commit.bindings.get(keyOf(outcome)) ?? [];
  const text = ({ key }: PortOutcome['added'][number]): string => key;
  const missing = outcome.added.map(text).filter((line) => !present.includes(line));
  const left = outcome.removed.map(text).filter((line) => present.includes(line));
  return [
    ...missing.map((line) => `${outcome.port} says it added ${line}, which the commit lacks`),
    ...left.map((line) => `${outcome.port} says it removed ${line}, which the commit still has`),
  ];
}

const switchOf = ({ device }: PortOutcome): number => Number(device.split(':')[1]);
const keyOf = (outcome: PortOutcome): string => portKey(switchOf(outcome), outcome.port);

/** How long after a commit the end of a process may have kept its pass from telling of it, and how long before. */
const INTERRUPTED = { beforeMs: 2_000, afterMs: 20_000 };

/**
 * Events for which a pass bound the address they name for the first time, or unbound it for the last time, and which were
 * told that nothing changed, because a process ended before it could tell of the commit. Those that asked once the batch
 * was taken together are no concern of its pass: the next one serves them, and rightly finds nothing to do.
 * @param interruptions when processes were ended, Unix milliseconds.
 */
export function untoldChanges(
  verdicts: readonly EventVerdict[],
  watches: readonly SwitchWatch[],
  interruptions: readonly number[],
  waiters: PassWaiters,
): string[] {
  const outcomes = verdicts.flatMap((verdict) =>
    (verdict.result?.ports ?? []).map((outcome) => ({ verdict, outcome })),
  );
  const wasInterrupted = (at: number): boolean =>
    interruptions.some((end) => end > at - INTERRUPTED.beforeMs && end < at + INTERRUPTED.afterMs);
  const commits = watches.flatMap((watch) =>
    watch.commits.filter(
      (commit) => commit.client === 'netconf' && !watch.takenBack.has(commit) && wasInterrupted(commit.seenAt),
    ),
  );
  return commits.flatMap((commit) =>
    [...commit.changes].flatMap(([port, { nowhereElse }]) => {
      const here = outcomes.filter(({ outcome }) => keyOf(outcome) === port);
      if (here.some(({ outcome }) => outcome.commit === commit.log)) return [];
      const waiting = passOf(waiters, commit.log)?.get(splitKey(port).port) ?? [];
      return here
        .filter(
          ({ verdict, outcome }) =>
            outcome.status === 'unchanged' &&
            waiting.includes(verdict.workflowId) &&
            verdict.startedAt < commit.seenAt &&
            verdict.endedAt > commit.seenAt &&
            verdict.result?.ips.some((ip) => nowhereElse.includes(ip)) === true,
        )
        .map(
          ({ verdict }) =>
            `event ${verdict.workflowId}: told "unchanged" of ${port}, which commit "${commit.log ?? ''}" changed for it, and nobody was told`,
        );
    }),
  );
}

/** Every address that the outcomes of a port name as left in place: parked, in doubt, or left out for a reason. */
export function reportedIps(port: string, verdicts: readonly EventVerdict[]): ReadonlySet<string> {
  const outcomes = verdicts.flatMap(({ result }) => result?.ports ?? []).filter((outcome) => keyOf(outcome) === port);
  return new Set(
    outcomes.flatMap(
      (outcome) =>
        JSON.stringify({ ...outcome, added: [], removed: outcome.status === 'parked' ? outcome.removed : [] }).match(
          /\d+\.\d+\.\d+\.\d+/g,
        ) ?? [],
    ),
  );
}

/** The ports that the outcomes name as having a change that waits for a person. */
export function parkedPorts(verdicts: readonly EventVerdict[]): string[] {
  const outcomes = verdicts.flatMap(({ result }) => result?.ports ?? []);
  return [...new Set(outcomes.filter((outcome) => outcome.status === 'parked' || 'parked' in outcome).map(keyOf))];
}

/** Commits in portwarden's name that no pass of a coordinator made. */
export function commitsOfNobody(watches: readonly SwitchWatch[], waiters: PassWaiters): string[] {
  return watches.flatMap(({ name, commits }) =>
    commits
      .filter(({ client, log }) => client === 'netconf' && passOf(waiters, log) === undefined)
      .map(({ log }) => `${name}: no pass of a coordinator made commit "${log ?? ''}"`),
  );
}
