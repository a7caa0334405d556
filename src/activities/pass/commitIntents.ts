import type { PortConvergence } from '../../devices/pass/convergence';
import { PARKED } from '../../devices/pass/outcomes';
import { sameStatement } from '../../domain/change/statement';
import { netChange, stillInEffect, type CommitFinding, type CommitIntent } from '../../domain/change/commitIntent';
import type { PortOutcome } from '../../domain/change/outcome';
import type { DeviceId } from '../../domain/values/device';
import type { StoredIntent } from '../../store/commitIntents';
import type { JournalEntry } from '../../store/journal';
import type { ActivityDependencies } from '../dependencies';

type NewEntry = Omit<JournalEntry, 'id' | 'at'>;

/**
 * Keeps the journal equal to the commits of a device, whatever interrupts a pass. The commit's intent is written
 * before it is sent; an intent that is still open when the next pass begins is settled from the device's commit log,
 * and events that still wait are told `applied` for it. It is forgotten when the coordinator has the outcome.
 */
export class CommitIntents {
  private written: string | undefined;

  private constructor(
    private readonly deps: ActivityDependencies,
    private readonly device: DeviceId,
    private readonly workflowId: string,
    /** Unique to this attempt; the coordinator acknowledges its result by it. */
    readonly pass: string,
    private rows: readonly StoredIntent[],
  ) {}

  /** Reads what earlier passes left. To be called by the current attempt of the device, so that nothing is added meanwhile. */
  static async of(
    deps: ActivityDependencies,
    device: DeviceId,
    workflowId: string,
    pass: string,
  ): Promise<CommitIntents> {
    return new CommitIntents(
      deps,
      device,
      workflowId,
      pass,
      await deps.store.commitIntents.list(device, longestWaitMs(deps)),
    );
  }

  /** Commits of which nobody knows what became, oldest first. */
  open(): readonly CommitIntent[] {
    const commits = new Map<string, CommitIntent & { ports: CommitIntent['ports'] }>();
    for (const { logToken, confirmed, previousToken, change } of this.rows.filter(
      ({ journalId }) => journalId === undefined,
    )) {
      const ports = [...(commits.get(logToken)?.ports ?? []), change];
      commits.set(logToken, { logToken, confirmed, ports, ...(previousToken === undefined ? {} : { previousToken }) });
    }
    return [...commits.values()];
  }

  /** Journals the open commits that took place, and forgets the others. */
  async settle(findings: readonly CommitFinding[]): Promise<void> {
    for (const finding of findings) {
      if (finding.fate === 'open') continue;
      const { logToken } = finding;
      const rows = this.rows.filter((row) => row.logToken === logToken);
      const entries = finding.fate === 'committed' ? rows.flatMap((row) => entryOf(row, finding)) : [];
      const ids = await this.deps.store.commitIntents.close({ device: this.device, logToken }, entries);
      const journaled = new Map(entries.map(({ port }, index) => [port, ids[index]]));
      await this.forgetParked(rows.filter(({ change }) => journaled.has(change.port)));
      this.rows = this.rows.flatMap((row) => {
        if (row.logToken !== logToken) return [row];
        const journalId = journaled.get(row.change.port);
        return journalId === undefined ? [] : [{ ...row, journalId }];
      });
      this.deps.log.warn(
        {
          workflowId: this.workflowId,
          device: this.device,
          commit: logToken,
          fate: finding.fate,
          evidence: finding.evidence,
        },
        'found out what became of a commit whose pass could not record it',
      );
    }
  }

  /** Writes down what is about to be committed. */
  async write(intent: CommitIntent): Promise<void> {
    await this.deps.store.commitIntents.put(this.device, this.workflowId, intent);
    this.written = intent.logToken;
  }

  /** Appends the pass's entries to the journal; in the same transaction the intent of its commit is closed. */
  async journal(entries: readonly NewEntry[]): Promise<readonly string[]> {
    if (this.written === undefined) return this.deps.store.journal.append(entries);
    return this.deps.store.commitIntents.close(
      { device: this.device, logToken: this.written, pass: this.pass },
      entries,
    );
  }

  /**
   * The outcomes for the waiting events: with the changes that interrupted passes made on the ports, as
   * far as the bindings read back still show them. A port that needed nothing more is `applied` by their commit.
   */
  async report(
    outcomes: readonly PortOutcome[],
    ports: readonly PortConvergence[],
  ): Promise<{ readonly outcomes: readonly PortOutcome[]; readonly pass?: string }> {
    const earlier = this.rows.filter(({ journalId }) => journalId !== undefined);
    const reported = outcomes.map((outcome) => {
      const read = ports.find(({ port }) => port === outcome.port);
      const present = read === undefined ? [] : [...read.statements, ...read.enforcement];
      return withEarlier(
        outcome,
        earlier.filter(({ change }) => change.port === outcome.port),
        present,
      );
    });
    const answered = reported.filter(
      ({ port, error }) => error?.retryable !== true && earlier.some(({ change }) => change.port === port),
    );
    await this.deps.store.commitIntents.report(
      this.device,
      answered.map(({ port }) => port),
      this.pass,
    );
    return { outcomes: reported, ...(this.written === undefined && answered.length === 0 ? {} : { pass: this.pass }) };
  }

  /** Removals that a person had approved were made by the interrupted commit; they wait for nobody any more. */
  private async forgetParked(rows: readonly StoredIntent[]): Promise<void> {
    for (const { change } of rows) {
      const parked = await this.deps.store.parked.get(this.device, change.port);
      const isDone =
        parked?.removed.every((waiting) => change.removed.some((gone) => sameStatement(waiting, gone))) ?? false;
      if (isDone) await this.deps.store.parked.delete(this.device, change.port);
    }
  }
}

/** An event waits at most this long, so nobody waits for an older change. */
function longestWaitMs({ limits, waitForOutcomeMs }: ActivityDependencies): number {
  return limits.giveUpAfterMs + waitForOutcomeMs;
}

/** The journal's entry of one port of an interrupted commit, in honest words. */
function entryOf(
  { device, workflowId, logToken, change }: StoredIntent,
  { evidence, ports }: CommitFinding,
): NewEntry[] {
  const state = ports.find(({ port }) => port === change.port)?.state;
  if (state === undefined) return [];
  const { port, added, removed, commands } = change;
  const what = `${added.length} added, ${removed.length} removed; committed on ${device} by a pass that could not record it`;
  const how = {
    'in-effect':
      evidence === 'commit-log'
        ? "found in the device's commit log and read back"
        : 'the commit log does not tell, but the bindings read back are as the commit leaves them',
    'changed-since': "found in the device's commit log; its bindings were changed since",
    'taken-back': "found in the device's commit log, but not confirmed in time: its change is no longer in effect",
  }[state];
  return [
    {
      device,
      port,
      workflowId,
      status: state === 'taken-back' ? 'failed' : 'applied',
      summary: `${what}; ${how}`,
      added,
      removed,
      commands,
      commit: logToken,
    },
  ];
}

function withEarlier(
  outcome: PortOutcome,
  rows: readonly StoredIntent[],
  present: PortConvergence['statements'],
): PortOutcome {
  if (outcome.status === 'failed' || outcome.status === 'skipped') return outcome;
  const earlier = stillInEffect(netChange(rows.map(({ change }) => change)), present);
  const newest = rows.at(-1);
  if (newest?.journalId === undefined || earlier.added.length + earlier.removed.length === 0) return outcome;
  if (outcome.status === 'applied') return { ...outcome, ...netChange([earlier, outcome]) };
  const { logToken, journalId } = newest;
  const waits = outcome.parked === undefined ? '' : `. ${PARKED}: ${outcome.parked.reason}`;
  const summary = `${earlier.added.length} added, ${earlier.removed.length} removed by an earlier pass that could not report it (commit "${logToken}"); read back: ${present.length} statement(s)${waits}`;
  return {
    ...outcome,
    status: 'applied',
    summary,
    added: earlier.added,
    removed: earlier.removed,
    commit: logToken,
    journalId,
  };
}
