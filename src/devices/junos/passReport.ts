import type { Convergence, PortConvergence } from '../device';
import { errorReport, type ErrorCode, type ErrorReport } from '../../domain/errors';
import { editsToCommands } from './edit';
import type { PortName } from '../../domain/values/port';
import type { PortWork } from './planning';
import { statementsOnSwitch, type SwitchState } from './switchState';

/** Collects what becomes of each port during a pass. */
export class PassReport {
  private readonly errors = new Map<PortName, ErrorReport>();
  private readonly applied = new Set<PortName>();
  private readonly notes = new Set<string>();
  private commit: Convergence['commit'];
  private accepted: readonly PortWork[] = [];

  constructor(
    private readonly work: readonly PortWork[],
    private state: SwitchState,
  ) {
    for (const remark of state.bindings.remarks) this.notes.add(remark);
  }

  /** Whether something was committed and read back. */
  get hasCommitted(): boolean {
    return this.commit !== undefined;
  }

  note(...notes: readonly string[]): void {
    for (const note of notes) this.notes.add(note);
  }

  /** The candidate holds this work, and the device accepted it. */
  accept(work: readonly PortWork[], warnings: readonly string[]): void {
    this.accepted = work;
    this.note(...warnings);
  }

  reject(rejected: readonly { readonly port: PortName; readonly message: string; readonly code: ErrorCode }[]): void {
    for (const { port, message, code } of rejected) this.fail(port, code, message);
  }

  /** The commit itself refused these ports. */
  withdraw(culprits: readonly { readonly port: PortName; readonly message: string }[]): void {
    this.reject(culprits.map((culprit) => ({ ...culprit, code: 'device-rejected' })));
    this.accepted = this.accepted.filter(({ port }) => !this.errors.has(port));
  }

  /** The committed configuration was read back. */
  readBack(
    work: readonly PortWork[],
    mismatched: readonly PortWork[],
    state: SwitchState,
    commit: NonNullable<Convergence['commit']>,
  ): void {
    this.state = state;
    this.commit = commit;
    for (const { port } of work) this.applied.add(port);
    for (const { port } of mismatched) {
      this.fail(
        port,
        'device-readback-mismatch',
        `${port}: the committed bindings read back are not the ones that were committed`,
      );
    }
  }

  /** The read-back failed somewhere, so the confirmed commit stays unconfirmed and the switch undoes all of it. */
  rolledBack(work: readonly PortWork[], minutes: number): void {
    for (const { port } of work) {
      this.fail(
        port,
        'device-readback-mismatch',
        `${port}: not confirmed because the read-back differs; the switch rolls back within ${minutes} minutes`,
      );
    }
  }

  result(): Convergence {
    const edits = this.accepted.flatMap((item) => [...item.edits.revive, ...item.edits.edits]);
    return {
      ports: this.work.flatMap((item) => item.requested.map((port) => this.outcome(port, item))),
      commands: editsToCommands(edits),
      ...(this.commit === undefined ? {} : { commit: this.commit }),
      notes: [...this.notes],
    };
  }

  private outcome(port: PortName, item: PortWork): PortConvergence {
    const bindings = statementsOnSwitch(this.state, item.port);
    const { parked } = item;
    const common = {
      port,
      effectivePort: item.port,
      plan: item.plan,
      bindings,
      excluded: item.excluded,
      ...(parked === undefined ? {} : { parked }),
    };
    const { verdict } = item;
    const error = this.errors.get(item.port) ?? (verdict.kind === 'failed' ? verdict.error : undefined);
    if (error !== undefined) return { ...common, status: 'failed', error };
    if (this.applied.has(item.port)) return { ...common, status: 'applied' };
    return { ...common, status: verdict.kind === 'unchanged' && parked?.guarded === true ? 'parked' : 'unchanged' };
  }

  private fail(port: PortName, code: ErrorCode, message: string): void {
    this.errors.set(port, errorReport(code, message));
  }
}
