import type { ConvergeContext, ConvergeRequest, Convergence } from '../device';
import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { commitLogText, confirmedLogText, unusedLogText } from './commitHistory';
import { confirmCommit, leftoverOf, needsConfirmation, type Leftover } from './confirmation';
import { abortReason } from './connection';
import { Candidate } from './candidate';
import { namedCulprits } from './culprits';
import { knobNotes } from './knobNotes';
import { commitIntent, judgeOpenCommit } from './openCommits';
import { Rejection, type CommitHistory, type Operations } from './operations';
import { planWork, type PortWork } from './planning';
import { isAsPlanned, readBack, resolveCommit, type ReadBackDeps } from './readBack';
import { PassReport } from './passReport';
import type { JunosLog, JunosSettings } from './settings';
import { readSwitchState, type SwitchState } from './switchState';

/** What the sequence works with. */
export interface ChangeDeps {
  /** Opens a fresh session. */
  readonly connect: () => Promise<Operations>;
  readonly settings: JunosSettings;
  readonly log: JunosLog;
}

const CONNECTION_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'device-timeout',
  'device-unreachable',
  'device-protocol',
]);

/**
 * One pass over some ports: lock, read what is committed, plan, load, compare the device's own diff with the plan,
 * check, back up, commit, read back on a fresh session, confirm, unlock. No plan, no load and no commit.
 * Whatever is in the candidate when something fails is ours (the lock was granted on a clean one) and is discarded;
 * a candidate with somebody else's edits is left as it is.
 */
export async function runChange(
  request: ConvergeRequest,
  context: ConvergeContext,
  deps: ChangeDeps,
): Promise<Convergence> {
  const pass = new Pass(request, context, deps);
  try {
    return await pass.run();
  } catch (error) {
    pass.failed(error);
    if (context.signal.aborted && !(error instanceof PortwardenError && error.code === 'device-unknown-outcome'))
      throw abortReason(context.signal);
    throw error;
  } finally {
    await pass.close();
  }
}

class Pass {
  private operations: Operations | undefined;
  private candidate: Candidate | undefined;
  private locked = false;
  private isBroken = false;
  /** The switch will roll back what was committed, and what a leftover did before it. */
  private isToBeUndone = false;
  /** Goes into the commit log; unique among the switch's commits. */
  private logText: string;

  constructor(
    private readonly request: ConvergeRequest,
    private readonly context: ConvergeContext,
    private readonly deps: ChangeDeps,
  ) {
    this.logText = commitLogText(request.logToken);
  }

  async run(): Promise<Convergence> {
    const operations = await this.begin();
    const history = await operations.history();
    this.logText = unusedLogText(this.logText, history);
    let leftover = await leftoverOf(operations, history);
    if (leftover?.isCertain === true) leftover = await this.confirmLeftover(operations, leftover);
    let { state, work } = await this.plan(operations);
    if (leftover !== undefined && !work.some(isChange)) {
      leftover = await this.confirmLeftover(operations, leftover);
      // It may have been undone while we read.
      ({ state, work } = await this.plan(operations));
    }
    await this.settleOpenCommits(history, state, (token) => token !== leftover?.log);
    const report = new PassReport(work, state);
    report.note(...knobNotes(state, work, this.deps.settings));
    const changing = work.filter(isChange);
    if (changing.length === 0) return report.result();
    await this.refuseForeignEdits(operations);
    this.candidate = new Candidate(operations, state, this.context.onStep);
    await this.change(operations, this.candidate, changing, history, report);
    // Whatever this pass committed confirmed it too.
    if (leftover !== undefined && !report.hasCommitted) await this.confirmLeftover(operations, leftover);
    if (!this.isToBeUndone) await this.settleOpenCommits(history, state, (token) => token === leftover?.log);
    return report.result();
  }

  /** After a lost or silent connection there is nobody to say goodbye to; the device drops lock and changes itself. */
  failed(error: unknown): void {
    this.isBroken = error instanceof PortwardenError && CONNECTION_FAULTS.has(error.code);
  }

  /** Ends the pass: our own uncommitted changes go, then the lock, then the session. Never throws. */
  async close(): Promise<void> {
    const operations = this.operations;
    this.operations = undefined;
    if (operations === undefined) return;
    if (this.context.signal.aborted || this.isBroken) {
      operations.session.destroy();
      return;
    }
    if (this.locked) {
      this.context.onStep('unlock');
      try {
        await this.candidate?.clear();
      } catch (error) {
        this.deps.log.warn(
          { err: error },
          'own changes could not be discarded; the device drops them with the session',
        );
      }
      await operations.unlock();
    }
    await operations.session.close();
  }

  private async begin(): Promise<Operations> {
    this.context.onStep('lock');
    const operations = await this.deps.connect();
    this.operations = operations;
    await operations.lock();
    this.locked = true;
    this.context.onStep('read');
    return operations;
  }

  private async plan(
    operations: Operations,
  ): Promise<{ readonly state: SwitchState; readonly work: readonly PortWork[] }> {
    const state = await readSwitchState(operations, this.deps.settings);
    return { state, work: planWork(this.request, state, this.deps.settings) };
  }

  /** A dry run leaves it to the next pass, but for its check. */
  private async confirmLeftover(operations: Operations, leftover: Leftover): Promise<undefined> {
    if (this.request.dryRun === true) return;
    this.context.onStep('commit', 'confirm what an interrupted pass left');
    await this.candidate?.clear();
    await this.refuseForeignEdits(operations);
    await confirmCommit(operations, leftover.log);
  }

  /**
   * Under the lock: a commit that is not in the log now is not on its way either. One that may still be rolled back is
   * told only once it was confirmed.
   */
  private async settleOpenCommits(
    history: CommitHistory | undefined,
    state: SwitchState,
    which: (token: string) => boolean,
  ): Promise<void> {
    if (this.request.dryRun === true) return;
    const findings = (this.request.openCommits ?? [])
      .filter(({ logToken }) => which(logToken))
      .map((intent) => judgeOpenCommit(intent, history, state));
    if (findings.length > 0) await this.context.onOpenCommits(findings);
  }

  /** A granted lock means a clean candidate; where it does not, the edits in it are somebody else's. */
  private async refuseForeignEdits(operations: Operations): Promise<void> {
    const present = await operations.diff();
    if (present.text === '' && present.entries.length === 0) return;
    throw new PortwardenError(
      'device-foreign-edits',
      'The candidate configuration holds uncommitted edits of somebody else.',
    );
  }

  private async change(
    operations: Operations,
    candidate: Candidate,
    changing: readonly PortWork[],
    history: CommitHistory | undefined,
    report: PassReport,
  ): Promise<void> {
    let remaining = changing;
    let isBackedUp = false;
    while (remaining.length > 0) {
      const { accepted, rejected } = await candidate.settle(remaining);
      report.reject(rejected);
      if (accepted.length === 0) return;
      report.accept(accepted, candidate.warnings);
      if (this.request.dryRun === true) return;
      if (!isBackedUp) {
        this.context.onStep('backup');
        await this.context.onBackup(await operations.readWhole());
        isBackedUp = true;
      }
      const confirmed = operations.supportsConfirmed && needsConfirmation(this.deps.settings, accepted, history);
      try {
        await this.commit(operations, candidate, accepted, confirmed, history, report);
        return;
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        const named = namedCulprits(error.errors, accepted);
        const culprits = named.length > 0 ? named : accepted.map(({ port }) => ({ port, message: error.message }));
        report.withdraw(culprits);
        remaining = accepted.filter(({ port }) => !culprits.some((culprit) => culprit.port === port));
      }
    }
  }

  private async commit(
    operations: Operations,
    candidate: Candidate,
    accepted: readonly PortWork[],
    confirmed: boolean,
    history: CommitHistory | undefined,
    report: PassReport,
  ): Promise<void> {
    const logText = confirmed ? confirmedLogText(this.logText, this.deps.settings.confirmTimeoutMinutes) : this.logText;
    await this.context.beforeCommit(commitIntent(logText, confirmed, accepted, history));
    if (this.context.signal.aborted) throw abortReason(this.context.signal);
    this.context.onStep('commit', confirmed ? 'confirmed' : undefined);
    const minutes = confirmed ? { confirmMinutes: this.deps.settings.confirmTimeoutMinutes } : {};
    let state: SwitchState;
    let current = operations;
    try {
      report.note(...(await operations.commit({ log: logText, ...minutes })));
      candidate.committed();
      this.context.onStep('read-back');
      state = await readBack(this.readBackDeps());
    } catch (error) {
      if (!(error instanceof PortwardenError) || error.code !== 'device-unknown-outcome') throw error;
      ({ state, operations: current } = await this.resolve(operations, candidate, logText, accepted, confirmed, error));
    }
    const mismatched = accepted.filter((item) => !isAsPlanned(item, state));
    report.readBack(accepted, mismatched, state, { logToken: logText, diff: candidate.diffText, confirmed });
    if (!confirmed) return;
    if (mismatched.length > 0) {
      this.isToBeUndone = true;
      report.rolledBack(accepted, this.deps.settings.confirmTimeoutMinutes);
      return;
    }
    await this.confirm(current, logText, accepted);
  }

  private async confirm(operations: Operations, logText: string, accepted: readonly PortWork[]): Promise<void> {
    this.context.onStep('commit', 'confirm');
    try {
      await confirmCommit(operations, logText);
    } catch (error) {
      if (!(error instanceof PortwardenError) || !error.retryable || this.context.signal.aborted) throw error;
      const again = await this.resolve(operations, undefined, logText, accepted, true, error);
      await confirmCommit(again.operations, logText);
    }
  }

  /** The reply was lost: drop the session, find out on a fresh one, and go on there if it was committed. */
  private async resolve(
    lost: Operations,
    candidate: Candidate | undefined,
    logText: string,
    accepted: readonly PortWork[],
    needsLock: boolean,
    cause: PortwardenError,
  ): Promise<{ readonly state: SwitchState; readonly operations: Operations }> {
    this.deps.log.warn({ err: cause }, 'the outcome of the commit is not known; reading back');
    this.context.onStep('read-back', 'unknown outcome');
    lost.session.destroy();
    candidate?.committed();
    this.operations = undefined;
    this.locked = false;
    const fate = await resolveCommit(this.readBackDeps(), logText, accepted, needsLock);
    if (fate.kind === 'not-committed') {
      throw new PortwardenError(
        'device-unreachable',
        'The connection was lost during the commit; reading back proves that nothing was committed.',
        { cause },
      );
    }
    this.operations = fate.operations;
    this.locked = fate.locked;
    return { state: fate.state, operations: fate.operations };
  }

  private readBackDeps(): ReadBackDeps {
    return { connect: this.deps.connect, settings: this.deps.settings, signal: this.context.signal };
  }
}

function isChange({ verdict }: PortWork): boolean {
  return verdict.kind === 'change';
}
