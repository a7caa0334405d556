import type { CommitRecord, JunosSwitch, OperatorSession } from '../../lab/junos';
import { readSwitch, type Bindings, type DesiredHistory } from './model';

/**
 * How old the sources of a commit may be. They are read inside the batch; from there to the commit lie at most the
 * bounded waits of one try (a worker frozen up to its heartbeat timeout, RPC timeouts of a few seconds each).
 */
const IN_FLIGHT_MS = 60_000;

/** What somebody else does at a switch: their statements, and how they go on with them. */
interface ForeignWork {
  readonly session: OperatorSession;
  readonly lines: readonly string[];
  readonly locked: boolean;
}

interface SeenCommit extends CommitRecord {
  readonly bindings: Bindings;
}

/** Watches one switch: every commit, what became of the other people's configuration, and what is left over. */
export class SwitchWatch {
  /** What the run found wrong while it went on. */
  readonly violations: string[] = [];
  readonly commits: SeenCommit[] = [];
  /** Times of commits in progress, to show that no two overlap. */
  private committing: number | undefined;
  private foreign: ForeignWork | undefined;
  /** How many armed faults may crash the switch. */
  private crashes = 0;
  private expectedRest: readonly string[];
  private last: Bindings;

  constructor(
    readonly id: number,
    readonly device: JunosSwitch,
    private readonly history: DesiredHistory,
  ) {
    const { bindings, rest } = readSwitch(id, device.committedSet());
    this.expectedRest = rest;
    this.last = bindings;
    device.events.on('commit', (record) => { this.onCommit(record); });
    device.events.on('rpc', ({ operation, pid }) => {
      if (operation !== 'commit-configuration' && operation !== 'commit') return;
      if (this.committing !== undefined && this.committing !== pid) this.violations.push(`${this.name}: two commits at a time`);
      this.committing = pid;
    });
    device.events.on('session-close', ({ pid }) => {
      if (this.committing === pid) this.committing = undefined;
    });
    device.events.on('reply', ({ pid }) => {
      if (this.committing === pid) this.committing = undefined;
    });
  }

  get name(): string {
    return `switch ${this.id}`;
  }

  /** Somebody edits without committing, or takes the lock. False when the switch refused (portwarden holds the lock). */
  beginForeignWork(lines: readonly string[], lock: boolean): boolean {
    if (this.foreign !== undefined || this.crashes > 0) return false;
    try {
      this.foreign = { session: this.device.editAsOperator(lines, { user: 'netops', lock }), lines, locked: lock };
      return true;
    } catch {
      return false;
    }
  }

  /** They commit what they edited, or take it back, and leave. */
  endForeignWork(commit: boolean): void {
    const work = this.foreign;
    if (work === undefined) return;
    this.foreign = undefined;
    if (!work.lines.every((line) => this.device.candidateSet().includes(line))) {
      this.violations.push(`${this.name}: uncommitted edits of somebody else vanished: ${work.lines.join('; ')}`);
      return;
    }
    if (commit && work.lines.length > 0) {
      const replaced = work.lines.map((line) => line.replace(/\S+$/, ''));
      this.expectedRest = [...this.expectedRest.filter((line) => !replaced.some((start) => line.startsWith(start))), ...work.lines];
      work.session.commit('somebody else');
    } else if (work.lines.length > 0) {
      work.session.rollback();
    }
    work.session.release();
  }

  /** Power failure: uncommitted work of everybody is gone with it. */
  crash(): void {
    this.foreign = undefined;
    this.device.crash();
  }

  /** The switch may crash at any time from now: nobody else begins work there. False when somebody is at work. */
  expectCrash(): boolean {
    if (this.foreign !== undefined) return false;
    this.crashes += 1;
    return true;
  }

  expectNoCrash(): void {
    this.crashes = Math.max(0, this.crashes - 1);
  }

  /** The bindings as committed now. */
  bindings(): Bindings {
    return readSwitch(this.id, this.device.committedSet()).bindings;
  }

  /** What is wrong once everything is quiet. */
  leftovers(): string[] {
    const { device, name } = this;
    const rest = [...readSwitch(this.id, device.committedSet()).rest].sort();
    const expected = [...new Set(this.expectedRest)].sort();
    const gone = expected.filter((line) => !rest.includes(line));
    const extra = rest.filter((line) => !expected.includes(line));
    return [
      ...this.violations,
      ...(gone.length === 0 ? [] : [`${name}: lines outside the owned scope are gone: ${gone.join(' | ')}`]),
      ...(extra.length === 0 ? [] : [`${name}: lines outside the owned scope appeared: ${extra.join(' | ')}`]),
      ...(device.isLocked() ? [`${name}: the candidate is still locked`] : []),
      ...(device.isCandidateDirty() ? [`${name}: the candidate holds uncommitted changes`] : []),
      ...(device.pendingConfirm() === undefined ? [] : [`${name}: a confirmed commit waits`]),
      ...(device.sessions() === 0 ? [] : [`${name}: ${device.sessions()} sessions are open`]),
    ];
  }

  private onCommit(record: CommitRecord): void {
    const bindings = this.bindings();
    this.commits.push({ ...record, bindings });
    const before = this.last;
    this.last = bindings;
    // The switch itself takes back a confirmed commit that nobody confirmed: nobody's decision.
    if (record.client === 'other') return;
    const now = Date.now();
    for (const [port, after] of bindings) {
      const had = before.get(port) ?? [];
      for (const binding of had.filter((one) => !after.includes(one))) {
        if (!this.history.everIs(false, port, binding, now - IN_FLIGHT_MS, now)) this.violations.push(`${this.name}: commit "${record.log ?? ''}" removed ${binding} of ${port}, which was desired all the time`);
      }
      for (const binding of after.filter((one) => !had.includes(one))) {
        if (!this.history.everIs(true, port, binding, now - IN_FLIGHT_MS, now)) this.violations.push(`${this.name}: commit "${record.log ?? ''}" added ${binding} to ${port}, which nobody desired`);
      }
    }
  }
}
