import type { CoverageEntry } from '../../../src/domain/coverage';
import type {
  AnnouncedCommit,
  ChangeContext,
  ChangeSession,
  CommitResult,
  Device,
  DeviceState,
  PlannedPort,
  PreparedChange,
} from '../../../src/devices/device';
import type { PolicyCarrier } from '../../../src/devices/policyCarrier';
import type { DeviceDirectory } from '../../../src/devices/directory';
import { panelSwitchOf } from '../../../src/devices/panelSwitches';
import { driverOf } from '../../../src/devices/registry';
import { applyPlan, type PortPlan } from '../../../src/domain/change/plan';
import { sameStatement, type Statement } from '../../../src/domain/change/statement';
import type { CommitFinding, CommitIntent } from '../../../src/domain/change/commitIntent';
import type { ErrorReport } from '../../../src/domain/errors';
import { NO_GUEST_PORTS } from '../../../src/domain/servers/guestPort';
import { deviceId, type DeviceId } from '../../../src/domain/values/device';
import type { PortName } from '../../../src/domain/values/port';
import { statement } from './values';

/** A device in memory for tests of what is around it: it stops, refuses and forgets where a test tells it to. */
export class FakeDevice implements Device {
  readonly actual = new Map<PortName, readonly Statement[]>();
  /** Log texts of the changes that were begun. */
  readonly begun: string[] = [];
  readonly rejected = new Map<PortName, ErrorReport>();
  commits = 0;
  /** Ports whose statements are read back otherwise than committed. */
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

  /** What carries out its policies, over what its ports hold. Absent: it carries none out. */
  carrierOver?: (held: (port: PortName) => readonly Statement[]) => PolicyCarrier;
  /** Absent: it keeps no history. */
  origins?: NonNullable<Device['origins']>;

  /** Absent: it is read port by port. */
  readConfiguration?: NonNullable<Device['readConfiguration']>;

  constructor(readonly id: DeviceId) {}

  async readState(): Promise<DeviceState> {
    if (this.fault !== undefined) throw this.fault;
    return this.stateOf(new Map(this.actual));
  }

  async beginChange(context: ChangeContext): Promise<ChangeSession> {
    this.begun.push(context.logToken);
    context.onStep('lock');
    if (this.fault !== undefined) throw this.fault;
    return new FakeChange(this, context);
  }

  stateOf(held: ReadonlyMap<PortName, readonly Statement[]>): FakeState {
    return new FakeState(
      held,
      this.carrierOver?.((port) => held.get(port) ?? []),
    );
  }

  redact(configuration: string): string {
    return configuration.replace('secret', 'REDACTED');
  }
}

class FakeState implements DeviceState {
  readonly assumedCommitSeconds = 3;

  declare readonly policies?: PolicyCarrier;

  constructor(
    private readonly held: ReadonlyMap<PortName, readonly Statement[]>,
    policies: PolicyCarrier | undefined,
  ) {
    if (policies !== undefined) this.policies = policies;
  }

  effectivePort(port: PortName): PortName {
    return port;
  }

  boundPorts(): readonly PortName[] {
    return [...this.held.keys()];
  }

  statements(port: PortName): readonly Statement[] {
    const held = this.held.get(port) ?? [];
    return this.policies === undefined ? held : held.filter(({ ip }) => ip !== undefined);
  }

  translate(_port: PortName, desired: Parameters<DeviceState['translate']>[1]): ReturnType<DeviceState['translate']> {
    return { statements: desired.map(({ ip, mac, vlan }) => statement(ip, mac, `VLAN.${vlan}`)), excluded: [] };
  }

  refusal(): undefined {
    return undefined;
  }

  commands(plans: readonly PortPlan[]): readonly string[] {
    return plans.map(({ port }) => `set ${port}`);
  }

  replaceCommands(plans: readonly PortPlan[]): readonly string[] {
    return plans.flatMap(({ port }) => [`delete ${port}`, `set ${port}`]);
  }

  notes(): readonly string[] {
    return [];
  }

  coverage(): readonly CoverageEntry[] {
    return [{ code: 'dhcp-clients', effect: 'open', about: 'DHCP clients', message: 'pass always' }];
  }

  commitsFor(): number {
    return 1;
  }
}

class FakeChange implements ChangeSession {
  constructor(
    private readonly device: FakeDevice,
    private readonly context: ChangeContext,
  ) {}

  async read(): Promise<DeviceState> {
    this.context.onStep('read');
    return this.device.readState();
  }

  async finishEarlier(): Promise<boolean> {
    return false;
  }

  findOut(commits: readonly CommitIntent[]): readonly CommitFinding[] {
    return commits.map((intent) => this.find(intent));
  }

  async prepare(ports: readonly PlannedPort[]): Promise<PreparedChange> {
    return {
      accepted: ports.flatMap(({ port }) => (this.device.rejected.has(port) ? [] : [port])),
      rejected: ports.flatMap(({ port }) => {
        const error = this.device.rejected.get(port);
        return error === undefined ? [] : [{ port, code: error.code, message: error.message }];
      }),
      diff: '[edit]',
      notes: [],
    };
  }

  async configuration(): Promise<string> {
    await this.device.beforeCommit(this.context.signal);
    return 'the secret configuration before';
  }

  announce(): AnnouncedCommit {
    return { logToken: this.context.logToken, confirmed: false };
  }

  async commit({ logToken }: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult> {
    const { device } = this;
    this.context.onStep('commit');
    await device.duringCommit();
    device.commits += 1;
    device.commitLog.unshift(logToken);
    for (const { port, actual, plan } of ports) device.actual.set(port, applyPlan(actual, plan));
    await device.afterCommit();
    const read = new Map(device.actual);
    for (const port of device.misread) read.set(port, []);
    return { committed: true, state: device.stateOf(read), refused: [], notes: [] };
  }

  async confirm(): Promise<void> {}

  async end(): Promise<void> {}

  private find({ logToken, ports }: CommitIntent): CommitFinding {
    if (!this.device.commitLog.includes(logToken))
      return { logToken, fate: 'not-committed', evidence: 'commit-log', ports: [] };
    const has = (port: PortName, one: Statement): boolean =>
      (this.device.actual.get(port) ?? []).some((other) => sameStatement(other, one));
    const state = ({ port, added, removed }: CommitIntent['ports'][number]) =>
      added.every((one) => has(port, one)) && !removed.some((one) => has(port, one))
        ? ('in-effect' as const)
        : ('changed-since' as const);
    return {
      logToken,
      fate: 'committed',
      evidence: 'commit-log',
      ports: ports.map((change) => ({ port: change.port, state: state(change) })),
    };
  }
}

/** A directory with these devices. */
export function directoryOf(...devices: readonly Device[]): DeviceDirectory {
  return {
    open: (id) => {
      const device = devices.find((candidate) => candidate.id === id);
      if (device === undefined) throw new Error(`no device ${id}`);
      return device;
    },
    naming: () => ({ toDevice: (port) => port, toPanel: (port) => port }),
    configuredLogin: () => ({ host: false, user: false, secret: false }),
    additionalAddresses: () => 'same-mac',
    policyRefusal: (_id, { securityGroups }) =>
      securityGroups === undefined ? undefined : 'a switch port has no security groups',
    inspect: async () => ({ lines: [], healthy: true }),
    answers: async () => true,
    requireDriver: (id) => void driverOf(id),
    panelSwitchDevice: (switchId) => deviceId('junos', switchId),
    panelSwitchOf: (id) => panelSwitchOf(id),
    hasVlans: () => true,
    links: () => [],
    tagged: () => Promise.resolve([]),
    tagsOf: () => Promise.resolve([]),
    macOf: () => Promise.reject(new Error('the device has no ports of its own')),
    guestPorts: NO_GUEST_PORTS,
    passActivityOf: (id) => driverOf(id).passActivity,
    passActivities: ['commitToSwitch'],
  };
}
