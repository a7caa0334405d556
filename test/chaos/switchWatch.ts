import type { CommitRecord, JunosSwitch, OperatorSession } from '../../lab/junos';
import type { LabWorld } from '../../lab/world';
import type { Ledger } from './ledger';
import { bindingStatement, deleteBinding, readSwitch, type Bindings } from './model';
import { ipOf, isVirtual, macOf, type TruthHistory } from './truth';

/**
 * How old the sources of a commit may be. They are read inside the batch; from there to the commit lie at most the
 * bounded waits of one try (a worker frozen up to its heartbeat timeout, RPC timeouts of a few seconds each).
 */
const IN_FLIGHT_MS = 60_000;

/** Long enough for no lab to see it run out by itself. */
const FOREIGN_CONFIRM_MINUTES = 600;

/** What somebody else does at a switch: their statements, and how they go on with them. */
interface ForeignWork {
  readonly session: OperatorSession;
  readonly lines: readonly string[];
  readonly locked: boolean;
  /** What the next restart commits for them. */
  readonly atReboot?: string;
}

/** A commit with what it did. */
export interface SeenCommit extends CommitRecord {
  /** By the clock of this machine, Unix milliseconds. */
  readonly seenAt: number;
  /** Of the automated ports, after the commit. */
  readonly bindings: Bindings;
  /** The ports whose bindings it changed. */
  readonly changes: ReadonlyMap<string, PortChange>;
}

interface PortChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The addresses among them that are bound at no other port. */
  readonly nowhereElse: readonly string[];
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
  /** Commits that the switch takes back by itself unless somebody confirms them. */
  private unconfirmed: SeenCommit[] = [];
  /** Those that it took back. */
  readonly takenBack = new Set<SeenCommit>();
  private expectedRest: readonly string[];
  private last: Bindings;

  constructor(
    readonly id: number,
    readonly device: JunosSwitch,
    private readonly history: TruthHistory,
    /** What every switch holds now, kept up by all watches together. */
    private readonly everywhere: Map<string, readonly string[]>,
  ) {
    const { bindings, rest } = readSwitch(id, device.committedSet());
    this.expectedRest = rest;
    this.last = bindings;
    for (const [port, present] of bindings) everywhere.set(port, present);
    device.events.on('commit', (record) => {
      this.onCommit(record);
    });
    device.events.on('rpc', ({ operation, pid }) => {
      if (device.pendingConfirm() === undefined) this.unconfirmed = [];
      if (operation !== 'commit-configuration' && operation !== 'commit') return;
      if (this.committing !== undefined && this.committing !== pid)
        this.violations.push(`${this.name}: two commits at a time`);
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
      this.expectForeign(work.lines);
      work.session.commit('somebody else');
    } else if (work.lines.length > 0) {
      work.session.rollback();
    }
    work.session.release();
  }

  /** Somebody commits so that the switch takes it back unless they confirm, which they do later, or not. False when the switch refuses. */
  beginForeignConfirmed(line: string): boolean {
    if (this.foreign !== undefined || this.crashes > 0 || this.device.pendingConfirm() !== undefined) return false;
    try {
      const session = this.device.editAsOperator([line], { user: 'netops' });
      session.commitConfirmed(FOREIGN_CONFIRM_MINUTES, 'somebody tries something');
      this.foreign = { session, lines: [line], locked: false };
      return true;
    } catch {
      return false;
    }
  }

  /** They confirm it, or let it run out. False when the switch refuses just now. */
  endForeignConfirmed(confirm: boolean): boolean {
    const work = this.foreign;
    if (work === undefined) return true;
    if (this.device.pendingConfirm()?.user !== work.session.user)
      this.violations.push(
        `${this.name}: somebody else's confirmed commit did not wait until they confirmed it: ${work.lines.join('; ')}`,
      );
    if (confirm) {
      try {
        work.session.commit('somebody keeps it');
      } catch {
        return false;
      }
      this.expectForeign(work.lines);
    } else {
      this.device.expireConfirm();
    }
    this.foreign = undefined;
    work.session.release();
    return true;
  }

  /** Somebody schedules a commit, and clears it later: nobody can commit meanwhile. False when the switch refuses. */
  beginScheduledCommit(line: string): boolean {
    if (this.foreign !== undefined || this.crashes > 0 || this.device.pendingConfirm() !== undefined) return false;
    try {
      const session = this.device.editAsOperator([line], { user: 'netops' });
      session.commitAt('reboot');
      this.foreign = { session, lines: [], locked: false, atReboot: line };
      return true;
    } catch {
      return false;
    }
  }

  endScheduledCommit(): void {
    const work = this.foreign;
    if (work === undefined) return;
    this.foreign = undefined;
    if (this.device.scheduledCommit() === undefined)
      this.violations.push(`${this.name}: somebody else's scheduled commit is gone`);
    this.device.clearScheduledCommit();
    work.session.release();
  }

  /**
   * Somebody puts bindings on ports of this switch, or takes them away, and commits at once. False when the switch
   * refuses (portwarden holds the lock), or when somebody else is at work there.
   */
  commitByHand(
    added: readonly (readonly [port: string, binding: string])[],
    removed: readonly (readonly [port: string, binding: string])[] = [],
  ): boolean {
    if (this.foreign !== undefined || this.crashes > 0 || this.device.pendingConfirm() !== undefined) return false;
    const lines = [
      ...removed.map(([port, binding]) => deleteBinding(port, binding)),
      ...added.map(([port, binding]) => `set ${bindingStatement(port, binding)}`),
    ];
    try {
      const session = this.device.editAsOperator(lines, { user: 'netops' });
      session.commit('by hand');
      session.release();
      return true;
    } catch {
      return false;
    }
  }

  private expectForeign(lines: readonly string[]): void {
    const replaced = lines.map((line) => line.replace(/\S+$/, ''));
    this.expectedRest = [
      ...this.expectedRest.filter((line) => !replaced.some((start) => line.startsWith(start))),
      ...lines,
    ];
  }

  /** Power failure: uncommitted work of everybody is gone with it. */
  crash(): void {
    const { atReboot } = this.foreign ?? {};
    this.foreign = undefined;
    if (atReboot !== undefined) this.expectForeign([atReboot]);
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

  /** Every confirm timer runs out now. @returns what the switch took back that was said to be done. */
  expireConfirmTimers(): string[] {
    const pending = this.device.pendingConfirm();
    if (pending === undefined) return [];
    this.device.expireConfirm();
    return [`${this.name}: the confirmed commit "${pending.log ?? ''}" was never confirmed`];
  }

  private changesBetween(before: Bindings, after: Bindings): SeenCommit['changes'] {
    return new Map(
      [...after].flatMap(([port, present]) => {
        const had = before.get(port) ?? [];
        const added = present.filter((one) => !had.includes(one));
        const removed = had.filter((one) => !present.includes(one));
        if (added.length + removed.length === 0) return [];
        const others = [...this.everywhere.keys()].filter((other) => other !== port);
        const nowhereElse = [...added, ...removed]
          .map(ipOf)
          .filter((ip) => !others.some((other) => this.holds(other, ip)));
        return [[port, { added, removed, nowhereElse }] as const];
      }),
    );
  }

  private holds(port: string, ip: string): boolean {
    return (this.everywhere.get(port) ?? []).some((binding) => ipOf(binding) === ip);
  }

  private onCommit(record: CommitRecord): void {
    const before = this.last;
    const bindings = this.bindings();
    const commit: SeenCommit = {
      ...record,
      seenAt: Date.now(),
      bindings,
      changes: this.changesBetween(before, bindings),
    };
    this.commits.push(commit);
    this.last = bindings;
    for (const [port, present] of bindings) this.everywhere.set(port, present);
    if (record.client === 'other') {
      // The switch itself takes back what nobody confirmed: nobody's decision.
      for (const one of this.unconfirmed) this.takenBack.add(one);
      this.unconfirmed = [];
      return;
    }
    this.unconfirmed = record.confirmMinutes === undefined ? [] : [...this.unconfirmed, commit];
    if (record.client === 'netconf')
      this.violations.push(
        ...[...commit.changes].flatMap(([port, change]) =>
          this.judge(port, change).map((what) => `${this.name}: commit "${record.log ?? ''}" ${what}`),
        ),
      );
  }

  private judge(port: string, { added, removed }: PortChange): string[] {
    const now = Date.now();
    const from = now - IN_FLIGHT_MS;
    const { history } = this;
    return [
      ...added.flatMap((binding) =>
        history.everDesired(port, binding, from, now) ? [] : [`added ${binding} to ${port}, which nobody desired`],
      ),
      ...removed.flatMap((binding) => {
        if (history.ledger.isByHand(port, binding))
          return [`removed ${binding} of ${port}, which somebody put there by hand`];
        // Another MAC or VLAN for the same address is a correction; what is added is judged above.
        const successor = added.find((other) => ipOf(other) === ipOf(binding));
        const replaced = successor !== undefined;
        const isOtherMac = replaced && macOf(successor) !== macOf(binding);
        if (isOtherMac && isVirtual(binding + successor) && !history.ledger.otherMac.has(ipOf(binding)))
          return [`replaced ${binding} of ${port} by ${successor}, and nobody asked for another MAC`];
        if (!replaced && isAPersonsWord(history.ledger, port, binding)) return [];
        if (!replaced && history.alwaysKept(port, binding, from, now))
          return [`removed ${binding} of ${port}, and nothing justified it at any time`];
        const homes = history.homesOf(ipOf(binding), from, now);
        if (replaced || homes === undefined || homes.some((home) => this.holds(home, ipOf(binding)))) return [];
        return [`removed ${binding} of ${port} before it was bound at ${homes.join(' or ')}`];
      }),
    ];
  }
}

/** Whether a person who restored the port saw that a binding goes, or one took away the virtual MAC that it is bound to. */
function isAPersonsWord({ revokedMacs, holds }: Ledger, port: string, binding: string): boolean {
  return revokedMacs.has(macOf(binding)) || holds.mayRemove(port, binding);
}

/** A watch on each switch of a world; what is on its ports at first and no server explains is somebody's. */
export function watchSwitches(world: LabWorld, history: TruthHistory): SwitchWatch[] {
  const everywhere = new Map<string, readonly string[]>();
  const watches = [...world.switches].map(([id, device]) => new SwitchWatch(id, device, history, everywhere));
  history.change(() => {
    const { desired } = history.now();
    for (const [port, present] of everywhere) {
      for (const binding of present)
        if (desired.get(port)?.includes(binding) !== true) history.ledger.addByHand(port, binding);
    }
  });
  return watches;
}
