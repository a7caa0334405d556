import type { ClockReading } from '../../domain/alarms/sourceState';
import type { StaticBinding } from './staticBinding';
import { PortwardenError, reportError, type ErrorReport } from '../../domain/errors';
import type { PortName } from '../../domain/values/port';
import { connect, type SessionProvider } from './connection';
import type { InterfaceNode, Knob } from './dialects/dialect';
import { classifyErrors } from '../../clients/netconf/classify';
import type { OpenSession, SessionFacts } from '../../clients/netconf/session';
import { familiesOf } from './knobNotes';
import { descendant, descendants, element, serialize } from '../../clients/netconf/xml';
import { Rejection, type Operations } from './operations';
import type { DialectName, JunosSettings } from './settings';
import { readSwitchState, type SwitchState } from './switchState';

/** Clocks that differ by less are as good as one. */
const AGREES_MS = 1_000;

/** What an inspection needs. */
export interface InspectionOptions {
  readonly session: SessionProvider;
  readonly settings: JunosSettings;
  readonly open: OpenSession;
}

/** A right of the login: granted, refused with the device's words, or not tried and why. */
interface RightProbe {
  readonly state: 'yes' | 'no' | 'not-tried';
  readonly detail?: string;
}

/** One port that has bindings. */
interface InspectedPort {
  readonly port: PortName;
  readonly bindings: readonly (StaticBinding & {
    /** Group or range it is inherited from: cannot be removed on the port. */ readonly origin?: string;
  })[];
}

/** All that can be said of a switch without changing it. */
export interface SwitchInspection {
  readonly session: Pick<SessionFacts, 'hostKey' | 'algorithms' | 'framing' | 'transport' | 'isJunos'>;
  readonly model?: string;
  readonly version?: string;
  /** Beside that of this machine; absent when the switch does not say it. */
  readonly clock?: ClockReading;
  readonly rights: {
    readonly read: RightProbe;
    readonly lock: RightProbe;
    readonly edit: RightProbe;
    readonly commitLog: RightProbe;
  };
  /** Absent when the configuration could not be read or understood; `problem` says why. */
  readonly configuration?: {
    readonly dialect: DialectName;
    readonly vlans: readonly { readonly id: number; readonly names: readonly string[] }[];
    readonly aggregates: readonly { readonly member: PortName; readonly aggregate: PortName }[];
    readonly knobs: readonly Knob[];
    /** Logical interfaces that are trunks. */
    readonly trunks: readonly PortName[];
    readonly inactive: readonly string[];
    readonly ports: readonly InspectedPort[];
    readonly remarks: readonly string[];
  };
  readonly problem?: ErrorReport;
}

/**
 * Connects to a switch and looks at it: nothing is committed. To learn the rights, the candidate is locked for a
 * moment, and where the switch has a binding that binding is loaded as it stands and discarded.
 * @throws PortwardenError when no session can be opened (host key, authentication, algorithms, …).
 */
export async function inspectSwitch(options: InspectionOptions, signal: AbortSignal): Promise<SwitchInspection> {
  let clock: ClockReading | undefined;
  const onClock = (read: ClockReading): void => {
    clock = read;
  };
  const session: SessionProvider = async (until) => ({ ...(await options.session(until)), onClock });
  const operations = await connect(options.open, session, signal);
  try {
    const { hostKey, algorithms, framing, transport, isJunos } = operations.session.facts;
    const software = isJunos ? await readSoftware(operations) : {};
    await operations.clock();
    const { state, read, problem } = await tryRead(operations, options.settings);
    const commitLog = await probe(async () => {
      if ((await operations.history()) === undefined)
        throw new PortwardenError('device-permission', 'get-commit-information is not answered');
    });
    const rights = {
      read,
      ...(await probeCandidate(operations, state)),
      commitLog: isJunos ? commitLog : { state: 'not-tried' as const, detail: 'no Junos' },
    };
    return {
      session: { hostKey, algorithms, framing, transport, isJunos },
      ...software,
      ...(clock === undefined ? {} : { clock }),
      rights,
      ...(state === undefined ? {} : { configuration: describeState(state) }),
      ...(problem === undefined ? {} : { problem }),
    };
  } finally {
    await operations.session.close();
  }
}

async function readSoftware(operations: Operations): Promise<{ readonly model?: string; readonly version?: string }> {
  const reply = await operations.session.rpc(serialize(element('get-software-information')), 'ordinary');
  if (classifyErrors('read', reply) !== undefined) return {};
  const comment = descendants(reply.root, 'comment')
    .map((found) => /\[([^\]]+)\]/.exec(found.text)?.[1])
    .find((found) => found !== undefined);
  const version = descendant(reply.root, 'junos-version')?.text ?? comment;
  const model = descendant(reply.root, 'product-model')?.text;
  return { ...(model === undefined ? {} : { model }), ...(version === undefined ? {} : { version }) };
}

async function tryRead(
  operations: Operations,
  settings: JunosSettings,
): Promise<{ readonly state?: SwitchState; readonly read: RightProbe; readonly problem?: ErrorReport }> {
  try {
    return { state: await readSwitchState(operations, settings, false), read: { state: 'yes' } };
  } catch (error) {
    const report = reportError(error);
    const read: RightProbe =
      report.code === 'device-permission' ? { state: 'no', detail: report.message } : { state: 'yes' };
    return { read, problem: report };
  }
}

async function probeCandidate(
  operations: Operations,
  state: SwitchState | undefined,
): Promise<{ readonly lock: RightProbe; readonly edit: RightProbe }> {
  const lock = await probe(() => operations.lock());
  if (lock.state !== 'yes') return { lock, edit: { state: 'not-tried', detail: 'the candidate could not be locked' } };
  try {
    const sample = state === undefined ? undefined : ownStatement(state);
    if (state === undefined || sample === undefined)
      return { lock, edit: { state: 'not-tried', detail: 'the switch has no binding to load as it stands' } };
    const { node, statement } = sample;
    const path = [...node.path, { element: statement.element, key: statement.key }];
    const edit = await probe(() => operations.load([{ kind: 'set', path, leaves: state.dialect.leaves(statement) }]));
    await operations.discard();
    return { lock, edit };
  } finally {
    await operations.unlock();
  }
}

function ownStatement(
  state: SwitchState,
): { readonly node: InterfaceNode; readonly statement: InterfaceNode['statements'][number] } | undefined {
  for (const node of state.bindings.interfaces) {
    const statement = node.statements.find(
      (found) => found.active && found.origin === undefined && found.mac !== '' && found.vlanName !== '',
    );
    if (node.active && node.origin === undefined && statement !== undefined) return { node, statement };
  }
  return undefined;
}

async function probe(work: () => Promise<unknown>): Promise<RightProbe> {
  try {
    await work();
    return { state: 'yes' };
  } catch (error) {
    if (!(error instanceof PortwardenError) && !(error instanceof Rejection)) throw error;
    return { state: 'no', detail: error.message };
  }
}

function describeState(state: SwitchState): NonNullable<SwitchInspection['configuration']> {
  const ports = new Map<PortName, InspectedPort['bindings'][number][]>();
  for (const node of state.bindings.interfaces.filter((found) => found.active)) {
    for (const { ip, mac, vlanName, origin = node.origin } of node.statements.filter((found) => found.active)) {
      for (const port of node.ports)
        ports.set(port, [
          ...(ports.get(port) ?? []),
          { ip, mac, vlanName, ...(origin === undefined ? {} : { origin }) },
        ]);
    }
  }
  return {
    dialect: state.dialect.name,
    vlans: [...state.vlans.byId].map(([id, names]) => ({ id, names })),
    aggregates: [...state.aggregates].map(([member, aggregate]) => ({ member, aggregate })),
    knobs: state.bindings.knobs,
    trunks: [...state.trunks],
    inactive: state.bindings.inactivePaths,
    ports: [...ports].map(([port, bindings]) => ({ port, bindings })),
    remarks: state.bindings.remarks,
  };
}

/** The inspection as lines for a terminal. */
export function renderInspection(
  inspection: SwitchInspection,
  settings: Pick<JunosSettings, 'elsGroup'>,
): readonly string[] {
  const { session, rights, configuration, problem } = inspection;
  const algorithms = Object.entries(session.algorithms).map(([kind, name]) => `${kind} ${name}`);
  const right = (name: string, { state, detail }: RightProbe): string =>
    `  ${name}: ${state === 'not-tried' ? 'not tried' : state}${detail === undefined ? '' : ` (${detail})`}`;
  return [
    `Host key: ${session.hostKey}`,
    `SSH: ${algorithms.join(', ')}`,
    `NETCONF: ${session.isJunos ? 'Junos' : 'a standard server, not Junos'}, ${session.transport}, framing ${session.framing}`,
    `Software: ${inspection.model ?? 'unknown model'}, ${inspection.version ?? 'unknown version'}`,
    `Clock: ${clockText(inspection.clock)}`,
    'Rights of the login:',
    right('read the configuration', rights.read),
    right('lock the candidate', rights.lock),
    right('load bindings', rights.edit),
    right('see the commit log', rights.commitLog),
    ...(problem === undefined ? [] : [`Problem: ${problem.message}`, `  ${problem.remedy}`]),
    ...(configuration === undefined ? [] : renderConfiguration(configuration, settings)),
  ];
}

function clockText(clock: ClockReading | undefined): string {
  if (clock === undefined) return 'not said';
  const { aheadMs, withinMs } = clock;
  if (Math.abs(aheadMs) <= withinMs + AGREES_MS) return "agrees with this machine's";
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return `${seconds} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's; let both keep their time by NTP`;
}

function renderConfiguration(
  configuration: NonNullable<SwitchInspection['configuration']>,
  settings: Pick<JunosSettings, 'elsGroup'>,
): readonly string[] {
  const { dialect, vlans, aggregates, knobs, trunks, inactive, ports, remarks } = configuration;
  const managed =
    dialect === 'dhcp-security'
      ? `the static-ip and static-ipv6 statements of automated ports in every group; new ones go into group ${settings.elsGroup}`
      : 'the static-ip statements of automated ports under ethernet-switching-options secure-access-port';
  const list = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
  return [
    `Dialect: ${dialect}`,
    `Portwarden would manage: ${managed}`,
    ...list(
      'VLANs',
      vlans.map(({ id, names }) => `${id} ${names.join(', ')}`),
    ),
    ...list(
      'Aggregate members',
      aggregates.map(({ member, aggregate }) => `${member} -> ${aggregate}`),
    ),
    ...list(
      "Settings that decide whether bindings do anything (changed by nothing but a port's policy)",
      knobs.map((knob) => knob.statement),
    ),
    ...familiesOf(dialect).flatMap(({ name, filters }) =>
      knobs.some(({ kind }) => filters.some((filter) => filter === kind))
        ? []
        : [`  No VLAN has ${filters.join(' or ')}: ${name} bindings filter nothing yet.`],
    ),
    ...(trunks.length === 0 ? [] : list('Trunks, which many releases trust by default', trunks)),
    ...list('Deactivated', inactive),
    ...list(
      'Existing bindings',
      ports.flatMap(({ port, bindings }) =>
        bindings.map(
          ({ ip, mac, vlanName, origin }) =>
            `${port} ${ip} ${mac || '(no MAC)'} ${vlanName}${origin === undefined ? '' : ` (from ${origin}: cannot be removed here)`}`,
        ),
      ),
    ),
    ...(remarks.length === 0 ? [] : list('Not understood', remarks)),
  ];
}
