import { abortReason } from '../../../src/devices/abort';
import type {
  AnnouncedCommit,
  ChangeContext,
  ChangeSession,
  CommitResult,
  Device,
  DeviceState,
  PlannedPort,
  PreparedChange,
  RefusedPort,
  Translation,
} from '../../../src/devices/device';
import { isInEffect, type CommitFinding, type CommitIntent } from '../../../src/domain/change/commitIntent';
import { applyPlan, type PortPlan } from '../../../src/domain/change/plan';
import type { Statement } from '../../../src/domain/change/statement';
import { COVERAGE_CODES, coverageOf, type CoverageEntry, type KindCoverage } from '../../../src/domain/coverage';
import type { Binding } from '../../../src/domain/desired/binding';
import { PortwardenError } from '../../../src/domain/errors';
import type { DeviceId } from '../../../src/domain/values/device';
import { ipVersion } from '../../../src/domain/values/ip';
import type { PortName } from '../../../src/domain/values/port';
import { gateName, ruleOf, rulesOf, statementOf, type Gate, type GateSite } from './gates';

/** Gates know addresses and MACs, and of all else nothing. */
export const GATE_COVERAGE: KindCoverage = {
  ...(Object.fromEntries(COVERAGE_CODES.map((code) => [code, null])) as KindCoverage),
  'source-addresses': 'every gate lets out what its rules say',
  'other-vlans': 'gates know no VLANs',
};

/** The driver of a site of gates: what a kind of device that shares nothing with Junos has to write, and nothing else. */
export class MemoryDevice implements Device {
  constructor(
    readonly id: DeviceId,
    private readonly site: GateSite,
  ) {}

  async readState(): Promise<DeviceState> {
    return new GateState(this.site.read());
  }

  async beginChange(context: ChangeContext): Promise<ChangeSession> {
    return new GateChange(this.site, context);
  }

  redact(configuration: string): string {
    return configuration.replaceAll(this.site.apiKey, 'REDACTED');
  }
}

class GateState implements DeviceState {
  readonly assumedCommitSeconds = 1;

  constructor(readonly gates: ReadonlyMap<PortName, Gate>) {}

  effectivePort(port: PortName): PortName {
    return gateName(port);
  }

  boundPorts(): readonly PortName[] {
    return [...this.gates].filter(([, { rules }]) => rules.length > 0).map(([name]) => name);
  }

  statements(port: PortName): readonly Statement[] {
    return (this.gates.get(port)?.rules ?? []).map(statementOf);
  }

  translate(_port: PortName, desired: readonly Binding[]): Translation {
    return {
      statements: desired
        .filter(({ ip }) => ipVersion(ip) === 4)
        .flatMap((binding) => rulesOf(binding).map(statementOf)),
      excluded: desired
        .filter(({ ip }) => ipVersion(ip) === 6)
        .map(({ ip }) => ({ ip, rule: 'ipv6-unsupported', message: 'gates know IPv4 only' })),
    };
  }

  refusal({ port }: PortPlan): PortwardenError | undefined {
    return this.gates.has(port) ? undefined : new PortwardenError('device-rejected', `there is no gate ${port}`);
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap(({ port, remove, add }) => [
      ...remove.map(({ text }) => `gate ${port}: no longer ${text}`),
      ...add.map(({ text }) => `gate ${port}: ${text}`),
    ]);
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap((plan) => [
      `gate ${plan.port}: let nothing through`,
      ...applyPlan(this.statements(plan.port), plan).map(({ text }) => `gate ${plan.port}: ${text}`),
    ]);
  }

  notes(): readonly string[] {
    return [];
  }

  coverage(port: PortName): readonly CoverageEntry[] {
    if (!this.gates.has(port)) return [];
    return coverageOf(GATE_COVERAGE, [
      ['source-addresses', 'enforced'],
      ['other-vlans', 'open'],
    ]);
  }

  commitsFor(plans: readonly PortPlan[]): number {
    return plans.length;
  }
}

class GateChange implements ChangeSession {
  private before: GateState | undefined;

  constructor(
    private readonly site: GateSite,
    private readonly context: ChangeContext,
  ) {}

  async read(): Promise<DeviceState> {
    this.context.onStep('read');
    this.before = new GateState(this.site.read());
    return this.before;
  }

  async finishEarlier(): Promise<boolean> {
    return false;
  }

  /** There is no log: only what the gates have says what became of a commit. */
  findOut(commits: readonly CommitIntent[], before: DeviceState): readonly CommitFinding[] {
    return commits.map(({ logToken, ports }) => {
      const done = ports.filter((change) => isInEffect(change, before.statements(change.effectivePort)));
      return {
        logToken,
        fate: done.length > 0 ? 'committed' : 'not-committed',
        evidence: 'bindings',
        ports: done.map(({ port }) => ({ port, state: 'in-effect' })),
      };
    });
  }

  async prepare(ports: readonly PlannedPort[]): Promise<PreparedChange> {
    const diff = ports.flatMap(({ port, plan }) => [
      ...plan.remove.map(({ key }) => `- ${port} ${key} `),
      ...plan.add.map(({ key }) => `+ ${port} ${key} `),
    ]);
    return { accepted: ports.map(({ port }) => port), rejected: [], diff: diff.join('\n'), notes: [] };
  }

  async configuration(): Promise<string> {
    return JSON.stringify({ apiKey: this.site.apiKey, gates: [...this.site.read()] });
  }

  announce(ports: readonly PlannedPort[]): AnnouncedCommit {
    return { logToken: this.context.logToken, confirmed: false, commits: ports.length };
  }

  async commit(_announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult> {
    this.context.onStep('commit');
    const refused = ports.flatMap((planned): RefusedPort[] => {
      const message = this.write(planned);
      return message === undefined ? [] : [{ port: planned.port, message }];
    });
    if (refused.length === ports.length) return { committed: false, refused };
    this.context.onStep('read-back');
    return { committed: true, state: new GateState(this.site.read()), refused, notes: [] };
  }

  async confirm(): Promise<void> {
    throw new Error('a gate takes nothing back by itself');
  }

  async end(): Promise<void> {}

  private write({ port, actual, plan }: PlannedPort): string | undefined {
    const { signal } = this.context;
    if (signal.aborted) throw abortReason(signal);
    const revision = this.before?.gates.get(port)?.revision ?? 0;
    return this.site.write(port, applyPlan(actual, plan).map(ruleOf), revision);
  }
}
