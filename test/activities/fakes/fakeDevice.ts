import type {
  Convergence,
  ConvergeContext,
  ConvergeRequest,
  Device,
  DeviceDirectory,
  PortConvergence,
} from '../../../src/devices/device';
import { sameStatement, type Statement } from '../../../src/domain/change/statement';
import type { CommitFinding, CommitIntent } from '../../../src/domain/change/commitIntent';
import { errorReport, type ErrorReport } from '../../../src/domain/errors';
import { applyPlan, isEmptyPlan, planPort } from '../../../src/domain/change/plan';
import type { DeviceId, PortName } from '../../../src/domain/values/port';
import { statement } from './values';

/** A device in memory that plans and judges as a driver does, and stops where a test tells it to. */
export class FakeDevice implements Device {
  readonly actual = new Map<PortName, readonly Statement[]>();
  readonly requests: ConvergeRequest[] = [];
  readonly rejected = new Map<PortName, ErrorReport>();
  commits = 0;
  /** Ports whose bindings are read back otherwise than committed. */
  readonly misread = new Set<PortName>();
  /** Log texts of the commits, newest first. */
  readonly commitLog: string[] = [];
  /** Awaited once the commit may be sent. */
  duringCommit: () => Promise<void> = async () => undefined;
  /** Awaited after the commit took place, before the pass knows. */
  afterCommit: () => Promise<void> = async () => undefined;
  /** Thrown by the next passes while set. */
  fault: Error | undefined;
  /** Awaited before the commit, with the pass's signal. */
  beforeCommit: (signal: AbortSignal) => Promise<void> = async () => undefined;

  constructor(readonly id: DeviceId) {}

  async converge(request: ConvergeRequest, context: ConvergeContext): Promise<Convergence> {
    this.requests.push(request);
    context.onStep('lock');
    if (this.fault !== undefined) throw this.fault;
    context.onStep('read');
    const { openCommits = [] } = request;
    if (openCommits.length > 0) await context.onOpenCommits(openCommits.map((intent) => this.find(intent)));
    const ports = request.targets.map((target): PortConvergence => {
      const actual = this.actual.get(target.port) ?? [];
      const desired = target.desired.map(({ ip, mac, vlan }) => statement(ip, mac, `VLAN.${vlan}`));
      const { port, retainIps, removals, approvedFingerprint } = target;
      const { plan, parked } = planPort({
        port,
        actual,
        desired,
        retainIps,
        removals,
        limits: request.guards,
        approved: approvedFingerprint === undefined ? [] : [approvedFingerprint],
      });
      const base = { port, effectivePort: port, plan, excluded: [], ...(parked === undefined ? {} : { parked }) };
      const error = this.rejected.get(target.port);
      if (error !== undefined) return { ...base, status: 'failed', bindings: actual, error };
      if (isEmptyPlan(plan))
        return { ...base, status: parked?.guarded === true ? 'parked' : 'unchanged', bindings: actual };
      return { ...base, status: 'applied', bindings: applyPlan(actual, plan) };
    });
    const changed = ports.filter((port) => port.status === 'applied');
    if (changed.length > 0) {
      await this.beforeCommit(context.signal);
      await context.onBackup('the configuration before');
      context.onStep('commit');
      const intended = changed.map(({ port, effectivePort, plan }) => ({
        port,
        effectivePort,
        added: plan.add,
        removed: plan.remove,
        commands: [`set ${port}`],
      }));
      await context.beforeCommit({ logToken: request.logToken, confirmed: false, ports: intended });
      await this.duringCommit();
      this.commits += 1;
      this.commitLog.unshift(request.logToken);
      for (const port of changed) this.actual.set(port.port, port.bindings);
      await this.afterCommit();
    }
    return {
      ports: ports.map((port) =>
        this.misread.has(port.port)
          ? {
              ...port,
              status: 'failed',
              error: errorReport('device-readback-mismatch', 'the bindings read back are others'),
            }
          : port,
      ),
      commands: changed.map((port) => `set ${port.port}`),
      notes: [],
      ...(changed.length === 0 ? {} : { commit: { logToken: request.logToken, diff: '[edit]', confirmed: false } }),
    };
  }

  private find({ logToken, ports }: CommitIntent): CommitFinding {
    if (!this.commitLog.includes(logToken))
      return { logToken, fate: 'not-committed', evidence: 'commit-log', ports: [] };
    const has = (port: PortName, binding: Statement): boolean =>
      (this.actual.get(port) ?? []).some((other) => sameStatement(other, binding));
    const state = ({ port, added, removed }: CommitIntent['ports'][number]) =>
      added.every((binding) => has(port, binding)) && !removed.some((binding) => has(port, binding))
        ? ('in-effect' as const)
        : ('changed-since' as const);
    return {
      logToken,
      fate: 'committed',
      evidence: 'commit-log',
      ports: ports.map((change) => ({ port: change.port, state: state(change) })),
    };
  }

  async read(ports: readonly PortName[] | 'all'): ReturnType<Device['read']> {
    const names = ports === 'all' ? [...this.actual.keys()] : ports;
    return names.map((port) => ({ port, effectivePort: port, bindings: this.actual.get(port) ?? [] }));
  }
}

/** A directory with these devices. */
export function directoryOf(...devices: readonly Device[]): DeviceDirectory {
  return {
    open: async (id) => {
      const device = devices.find((candidate) => candidate.id === id);
      if (device === undefined) throw new Error(`no device ${id}`);
      return device;
    },
  };
}
