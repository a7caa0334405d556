import type { ErrorReport } from '../../domain/errors';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { TakenPort } from '../../protocol/coordinator';
import type { PortProgress } from '../../protocol/events';

/** Whose fault keeps a port waiting: that of its sources, of the device, or of some of its guests while the others are done. */
export type FaultOf = 'sources' | 'device' | 'guests';

/** The ports of one batch: each is open until it is settled with an outcome, failed or withdrawn. */
export class Batch {
  private readonly openEntries: Map<PortName, TakenPort>;
  private readonly taken: Map<PortName, TakenPort>;
  private readonly faults = new Map<PortName, { report: ErrorReport; of: FaultOf }>();
  readonly outcomes: { outcome: PortOutcome; waiters: readonly string[]; since: number }[] = [];
  /** The pass whose result this batch has, when the store is to know. */
  pass: string | undefined;
  readonly progress: { progress: PortProgress; waiters: readonly string[] }[] = [];

  constructor(entries: readonly TakenPort[]) {
    this.taken = new Map(entries.map((entry) => [entry.port, entry]));
    this.openEntries = new Map(this.taken);
  }

  open(): TakenPort[] {
    return [...this.openEntries.values()];
  }

  isOpen(port: PortName): boolean {
    return this.openEntries.has(port);
  }

  entry(port: PortName): TakenPort | undefined {
    return this.taken.get(port);
  }

  fail(port: PortName, report: ErrorReport, of: FaultOf = 'sources'): void {
    if (this.openEntries.delete(port)) this.faults.set(port, { report, of });
  }

  failAll(which: (entry: TakenPort) => boolean, report: ErrorReport, of: FaultOf = 'sources'): void {
    for (const entry of this.open()) if (which(entry)) this.fail(entry.port, report, of);
  }

  failed(): { entry: TakenPort; error: { report: ErrorReport; of: FaultOf } }[] {
    return [...this.faults].flatMap(([port, error]) => {
      const entry = this.taken.get(port);
      return entry === undefined ? [] : [{ entry, error }];
    });
  }

  /** The first outcome of a port counts; a second one would be reported to the waiting events twice. */
  settle(outcome: PortOutcome): void {
    if (this.outcomes.some((settled) => settled.outcome.port === outcome.port)) return;
    this.openEntries.delete(outcome.port);
    this.faults.delete(outcome.port);
    const entry = this.taken.get(outcome.port);
    this.outcomes.push({ outcome, waiters: entry?.waiters ?? [], since: entry?.since ?? 0 });
  }

  withdraw(port: PortName): TakenPort | undefined {
    this.openEntries.delete(port);
    return this.taken.get(port);
  }

  report(progress: PortProgress, waiters: readonly string[]): void {
    if (waiters.length > 0) this.progress.push({ progress, waiters });
  }
}
