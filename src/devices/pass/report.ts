import { errorReport, type ErrorCode, type ErrorReport } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, RefusedPort } from '../device';
import type { Convergence, PortConvergence } from './convergence';
import type { PortWork } from './portWork';

/** Collects what becomes of each port during a pass. */
export class PassReport {
  private readonly errors = new Map<PortName, ErrorReport>();
  private readonly applied = new Set<PortName>();
  private readonly notes = new Set<string>();
  private commit: Convergence['commit'];
  private accepted: readonly PortWork[] = [];
  private current: DeviceState;

  /** @param planned the state that the work was planned from. */
  constructor(
    private readonly work: readonly PortWork[],
    private readonly planned: DeviceState,
  ) {
    this.current = planned;
  }

  /** Whether something was committed and read back. */
  get hasCommitted(): boolean {
    return this.commit !== undefined;
  }

  note(...notes: readonly string[]): void {
    for (const note of notes) this.notes.add(note);
  }

  /** This work is prepared, and the device accepts it. */
  accept(work: readonly PortWork[], remarks: readonly string[]): void {
    this.accepted = work;
    this.note(...remarks);
  }

  reject(rejected: readonly (RefusedPort & { readonly code: ErrorCode })[]): void {
    for (const { port, message, code } of rejected) this.fail(port, code, message);
  }

  /** The commit itself refused these ports. */
  withdraw(refused: readonly RefusedPort[]): void {
    this.reject(refused.map((port) => ({ ...port, code: port.code ?? 'device-rejected' })));
    this.accepted = this.accepted.filter(({ port }) => !this.errors.has(port));
  }

  /** What is in force after the commit was read back. */
  readBack(
    work: readonly PortWork[],
    mismatched: readonly PortWork[],
    state: DeviceState,
    commit: NonNullable<Convergence['commit']>,
  ): void {
    this.current = state;
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

  /** What was committed is in force on these ports, and may have cost somebody else's change. A port that is not as planned says so already. */
  disturb(disturbed: readonly RefusedPort[]): void {
    for (const { port, message, code } of disturbed)
      if (!this.errors.has(port)) this.fail(port, code ?? 'device-conflict', message);
  }

  /** The read-back failed somewhere, so the confirmed commit stays unconfirmed and the device undoes all of it. */
  rolledBack(work: readonly PortWork[], minutes: number | undefined): void {
    const when = minutes === undefined ? 'by itself' : `within ${minutes} minutes`;
    for (const { port } of work) {
      this.fail(
        port,
        'device-readback-mismatch',
        `${port}: not confirmed because the read-back differs; the device rolls back ${when}`,
      );
    }
  }

  result(): Convergence {
    return {
      ports: this.work.flatMap((item) => item.requested.map((port) => this.outcome(port, item))),
      commands: this.planned.commands(this.accepted.map(({ plan }) => plan)),
      ...(this.commit === undefined ? {} : { commit: this.commit }),
      notes: [...this.notes],
    };
  }

  private outcome(port: PortName, item: PortWork): PortConvergence {
    const { plan, bindings, excluded, parked, keeps, remarks, policy, hold, verdict } = item;
    const common = {
      port,
      effectivePort: item.port,
      plan,
      bindings,
      statements: this.current.statements(item.port),
      enforcement: this.current.policies?.enforcement(item.port) ?? [],
      excluded,
      kept: [...keeps.flatMap(({ statements }) => statements), ...(policy?.added ?? []), ...(hold?.hold.brought ?? [])],
      remarks,
      ...(policy === undefined ? {} : { policy: policy.report }),
      ...(parked === undefined ? {} : { parked }),
      ...(hold === undefined ? {} : { hold }),
    };
    const error = this.errors.get(item.port) ?? (verdict.kind === 'failed' ? verdict.error : undefined);
    if (error !== undefined) return { ...common, status: 'failed', error };
    if (this.applied.has(item.port)) return { ...common, status: 'applied' };
    if (hold?.state === 'holding') return { ...common, status: 'held' };
    return { ...common, status: verdict.kind === 'unchanged' && parked?.guarded === true ? 'parked' : 'unchanged' };
  }

  private fail(port: PortName, code: ErrorCode, message: string): void {
    this.errors.set(port, errorReport(code, message));
  }
}
