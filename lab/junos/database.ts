import { setTimeout as sleep } from 'node:timers/promises';
import { checkOut, MISSING_ROOT_AUTHENTICATION, rejectedChanges } from './checkout';
import type { SwitchClock } from './clock';
import { CommitLog, type CommitRecord } from './commit-log';
import { sameConfiguration } from './config/diff';
import type { Cursor, LoadProblem } from './config/load';
import type { ConfigNode } from './config/node';
import type { Statement } from './config/statement';
import { ConfirmTimer, type PendingConfirm } from './confirm-timer';
import { type Editor, lockedText } from './editor';
import type { JunosFaults } from './faults';
import { refused, RpcFailure, type RpcProblem } from './problems';
import type { Profile } from './profiles';
import { CommitSchedule } from './scheduled-commit';

interface PrivateCopy {
  tree: ConfigNode;
  readonly base: ConfigNode;
  modified: boolean;
}

/** A check or a commit. */
export interface CommitRequest {
  readonly check?: boolean;
  /** Seconds until it takes itself back. */
  readonly confirmSeconds?: number;
  readonly log?: string;
  /** Called when half the time is over; false abandons the commit. */
  readonly midway?: () => boolean;
}

export interface DatabaseSettings {
  readonly profile: Profile;
  readonly grammar: Statement;
  readonly faults: JunosFaults;
  readonly clock: SwitchClock;
  /** Timers of confirmed and scheduled commits run this many times faster. */
  readonly timeScale: number;
  /** How late an automatic rollback comes. Recorded: 2 to 35 s (CLAB). */
  readonly rollbackDelayMs: number;
}

/** The candidate and committed configurations, who edits them, and the commits. */
export class ConfigurationDatabase {
  private committedTree: ConfigNode;
  private sharedTree: ConfigNode;
  private modifiedBy: Editor | undefined;
  private holder: Editor | undefined;
  private readonly privateCopies = new Map<Editor, PrivateCopy>();
  private readonly confirmTimer: ConfirmTimer;
  private queue: Promise<unknown> = Promise.resolve();
  /** Editors whose commits are under way, and how their sessions ended meanwhile. */
  private readonly committing = new Map<Editor, 'closed' | 'killed' | undefined>();
  /** Counts restarts: a commit that a restart interrupts is lost. */
  private epoch = 0;
  readonly log: CommitLog;
  /** The `commit at` that waits. */
  readonly schedule: CommitSchedule;
  /** Told of every commit, rollbacks included. */
  onCommit: (record: CommitRecord) => void = () => undefined;

  constructor(
    readonly settings: DatabaseSettings,
    initial: ConfigNode,
  ) {
    this.committedTree = initial;
    this.sharedTree = initial;
    this.log = new CommitLog(initial, settings.clock);
    this.confirmTimer = new ConfirmTimer(settings.timeScale, settings.rollbackDelayMs, () => this.rollbackPending());
    this.schedule = new CommitSchedule(settings, (by, tree) => this.take(by, tree, this.committedTree, undefined, {}));
  }

  get committed(): ConfigNode {
    return this.committedTree;
  }

  get shared(): ConfigNode {
    return this.sharedTree;
  }

  get isModified(): boolean {
    return this.modifiedBy !== undefined;
  }

  get lockHolder(): Editor | undefined {
    return this.holder;
  }

  get pending(): PendingConfirm | undefined {
    return this.confirmTimer.pending;
  }

  /** The candidate as this editor sees it. */
  candidate(editor: Editor): ConfigNode {
    return this.privateCopies.get(editor)?.tree ?? this.sharedTree;
  }

  private refuseWhenLocked(editor: Editor): void {
    if (this.holder !== undefined && this.holder !== editor)
      throw refused(lockedText(this.holder, this.settings.clock));
  }

  /** Takes the exclusive lock. */
  lock(editor: Editor): void {
    // Recorded: netman base.py (11.4R1).
    if (this.holder === editor || this.privateCopies.has(editor))
      throw refused('Configuration database is already open');
    this.refuseWhenLocked(editor);
    // Recorded: CLAB, QFX5100; documented: <lock> is refused while there are uncommitted changes.
    if (this.isModified) throw refused('configuration database modified');
    this.holder = editor;
  }

  /** Gives the lock back; what was not committed is discarded, as at the end of `configure exclusive` (documented). */
  unlock(editor: Editor): void {
    if (this.holder !== editor) {
      // Recorded: ansible-junos-stdlib #578 (20.2).
      throw refused('Configuration database is not open', { type: 'protocol', tag: 'operation-failed' });
    }
    this.holder = undefined;
    this.resetShared();
  }

  /** Makes a private copy. @returns The warning that comes with it (recorded: PyEZ config.py, NAPALM). */
  openPrivate(editor: Editor): RpcProblem {
    if (this.holder === editor || this.privateCopies.has(editor))
      throw refused('Configuration database is already open');
    this.refuseWhenLocked(editor);
    // Recorded: CLAB.
    if (this.isModified) throw refused('shared configuration database modified');
    this.privateCopies.set(editor, { tree: this.committedTree, base: this.committedTree, modified: false });
    return { severity: 'warning', message: 'uncommitted changes will be discarded on exit' };
  }

  closePrivate(editor: Editor): void {
    if (!this.privateCopies.delete(editor))
      throw refused('Configuration database is not open', { type: 'protocol', tag: 'operation-failed' });
  }

  /** Runs a load on the editor's candidate. */
  edit(editor: Editor, load: (cursor: Cursor) => readonly LoadProblem[]): readonly LoadProblem[] {
    const { faults, grammar } = this.settings;
    const copy = this.privateCopies.get(editor);
    if (copy === undefined) this.refuseWhenLocked(editor);
    this.schedule.refuse('load');
    const before = copy?.tree ?? this.sharedTree;
    const after = before.clone();
    const problems = load({ node: after, statement: grammar, path: [] });
    if (faults.checkOut.rejectAt === 'load') {
      const rejected = rejectedChanges(before, after, faults.checkOut);
      if (rejected !== undefined) {
        throw new RpcFailure(rejected.length > 0 ? rejected : [{ severity: 'error', message: 'load failed' }]);
      }
    }
    // A load that changes nothing does not make the database a modified one.
    if (!sameConfiguration(before, after)) this.setCandidate(editor, after);
    return problems;
  }

  /** Makes an earlier configuration the candidate; 0 is the committed one. */
  rollback(editor: Editor, number: number): void {
    const copy = this.privateCopies.get(editor);
    if (copy === undefined) this.refuseWhenLocked(editor);
    const tree = number === 0 ? this.committedTree : this.log.tree(number);
    // Invented text.
    if (tree === undefined) throw refused(`rollback ${String(number)} does not exist`);
    if (number !== 0) this.setCandidate(editor, tree);
    else if (copy !== undefined) Object.assign(copy, { tree, modified: false });
    else this.resetShared();
  }

  /** Throws away what is uncommitted; on the shared candidate everybody's edits (recorded: fake-switches, CLAB). */
  discard(editor: Editor): void {
    this.rollback(editor, 0);
  }

  private setCandidate(editor: Editor, tree: ConfigNode): void {
    const copy = this.privateCopies.get(editor);
    if (copy !== undefined) Object.assign(copy, { tree, modified: true });
    else {
      this.sharedTree = tree;
      this.modifiedBy = editor;
    }
  }

  private resetShared(): void {
    this.sharedTree = this.committedTree;
    this.modifiedBy = undefined;
  }

  /**
   * Checks or commits. Commits run one after the other and answer when they are done.
   * @returns Warnings; `nothing` when a private copy had no changes.
   * @throws RpcFailure
   */
  commit(
    editor: Editor,
    request: CommitRequest,
  ): Promise<{ readonly warnings: readonly RpcProblem[]; readonly nothing: boolean }> {
    this.committing.set(editor, undefined);
    const { epoch } = this;
    const run = this.queue.then(async () => {
      try {
        return await this.commitNow(editor, request, epoch);
      } finally {
        const how = this.committing.get(editor);
        this.committing.delete(editor);
        if (how !== undefined) this.end(editor, how);
      }
    });
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async commitNow(
    editor: Editor,
    request: CommitRequest,
    startEpoch: number,
  ): Promise<{ readonly warnings: readonly RpcProblem[]; readonly nothing: boolean }> {
    const { faults, profile } = this.settings;
    const copy = this.privateCopies.get(editor);
    this.refuseWhenLocked(editor);
    this.schedule.refuse(request.check === true ? 'check' : 'commit');
    if (copy !== undefined) {
      // Recorded: PyEZ PR #954.
      if (request.confirmSeconds !== undefined && !profile.confirmedPrivate)
        throw refused('commit confirmed not supported for private configuration');
      // Documented: configuration-committing-private-copy; the words are those recorded at open.
      if (this.isModified || copy.base !== this.committedTree) throw refused('shared configuration database modified');
      if (!copy.modified && request.check !== true) return { warnings: [], nothing: true };
    }
    const snapshot = copy?.tree ?? this.sharedTree;
    const base = this.committedTree;
    const failed = checkOut(base, snapshot, profile.dialect, faults.checkOut);
    const strict = request.check === true || request.confirmSeconds !== undefined;
    const missing =
      faults.checkOut.rootAuthentication === 'require' && snapshot.at('system', 'root-authentication') === undefined;
    if (failed !== undefined || (missing && strict)) {
      await pass(faults.checkMs);
      throw new RpcFailure(failed ?? MISSING_ROOT_AUTHENTICATION, 'commit');
    }
    const warnings = missing
      ? MISSING_ROOT_AUTHENTICATION.slice(0, 1).map((p): RpcProblem => ({ ...p, severity: 'warning' }))
      : [];
    if (request.check === true) {
      await pass(faults.checkMs);
      // Recorded (CLI): anybody's check confirms; whether it enters the log is open, here it does not.
      if (faults.checkConfirms) this.confirm();
      return { warnings, nothing: false };
    }
    await pass(faults.commitMs / 2);
    const goesOn = startEpoch === this.epoch && (request.midway?.() ?? true);
    if (!goesOn) throw refused('commit abandoned');
    const { epoch } = this;
    await pass(faults.commitMs / 2);
    if (epoch !== this.epoch) throw refused('commit abandoned');
    this.take(editor, snapshot, base, copy, request);
    return { warnings, nothing: false };
  }

  private take(
    editor: Editor,
    snapshot: ConfigNode,
    base: ConfigNode,
    copy: PrivateCopy | undefined,
    request: CommitRequest,
  ): void {
    const earlier = this.confirmTimer.before;
    const before = this.committedTree;
    this.confirm();
    if (this.committedTree === base) this.committedTree = snapshot;
    if (copy !== undefined)
      Object.assign(copy, { tree: this.committedTree, base: this.committedTree, modified: false });
    if (this.sharedTree === snapshot || !this.isModified) this.resetShared();
    const minutes = request.confirmSeconds === undefined ? undefined : Math.ceil(request.confirmSeconds / 60);
    this.record({ user: editor.user, client: editor.client, log: request.log, confirmMinutes: minutes });
    // RFC 6241 section 8.4: a further confirmed commit extends the first and goes back to before it.
    if (request.confirmSeconds !== undefined)
      this.confirmTimer.arm(editor, request.confirmSeconds, request.log, earlier ?? before);
  }

  /** A check or a commit at once, for an operator of the lab. */
  commitAsOperator(editor: Editor, request: Omit<CommitRequest, 'midway'>): void {
    this.refuseWhenLocked(editor);
    this.schedule.refuse(request.check === true ? 'check' : 'commit');
    if (request.check === true && this.settings.faults.checkConfirms) this.confirm();
    if (request.check !== true) this.take(editor, this.sharedTree, this.committedTree, undefined, request);
  }

  /** `commit at`: the candidate's changes wait aside (assumed), and it is as committed again. */
  scheduleCommit(editor: Editor, when: number | 'reboot'): void {
    this.refuseWhenLocked(editor);
    this.schedule.refuse('commit');
    this.schedule.set(editor, this.sharedTree, when);
    this.resetShared();
  }

  /** Simulated time passes: the clock goes on, and what is due by it happens now. */
  advance(ms: number): void {
    this.settings.clock.advance(ms);
    this.confirmTimer.advance(ms);
    this.schedule.advance(ms);
  }

  private record(facts: {
    user: string;
    client: CommitRecord['client'];
    log: string | undefined;
    confirmMinutes: number | undefined;
  }): void {
    this.onCommit(this.log.add(this.committedTree, facts));
  }

  private confirm(): void {
    this.confirmTimer.clear();
    this.log.confirmed();
  }

  /** The configuration before a confirmed commit comes back. Recorded: CLAB, logged `by root via other`. */
  rollbackPending(): void {
    const { before } = this.confirmTimer;
    if (before === undefined) return;
    this.confirm();
    this.committedTree = before;
    if (!this.isModified) this.resetShared();
    this.record({ user: 'root', client: 'other', log: undefined, confirmMinutes: undefined });
  }

  /**
   * A session ends: its lock, its private copy and what it changed under its lock are gone (documented: <lock>,
   * <open-configuration>). Edits on the shared candidate without a lock stay. Killing the session that armed a
   * confirmed commit takes that back (documented: <kill-session>); otherwise the timer runs on (recorded for the CLI).
   * A commit that runs goes on without its client, and its lock is held until it is done (assumed).
   */
  end(editor: Editor, how: 'closed' | 'killed'): void {
    if (this.committing.has(editor)) {
      this.committing.set(editor, how);
      return;
    }
    this.privateCopies.delete(editor);
    if (this.holder === editor) {
      this.holder = undefined;
      this.resetShared();
    }
    if (how === 'killed' && this.confirmTimer.pending?.by === editor) this.rollbackPending();
  }

  /** The switch restarts: only what is committed is left; a commit not yet confirmed is taken back (assumed). */
  restart(): void {
    this.epoch += 1;
    this.holder = undefined;
    this.privateCopies.clear();
    this.resetShared();
    this.rollbackPending();
    this.schedule.restarted();
  }

  /** Whether the shared candidate differs from what is committed. */
  differs(): boolean {
    return !sameConfiguration(this.committedTree, this.sharedTree);
  }

  /** Stops the timers. */
  close(): void {
    this.confirmTimer.clear();
    this.schedule.clear();
  }
}

/** Lets time go by; does not keep the process alive. */
async function pass(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}
