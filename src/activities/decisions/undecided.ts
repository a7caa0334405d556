import type { DeviceState } from '../../devices/device';
import type { PortPreview } from '../../devices/pass/preview';
import { openHash, type Finding, type OpenPort, type OpenStatement } from '../../domain/change/adoption';
import { addressesOf, compareStatements, type Statement } from '../../domain/change/statement';
import type { IpAddress } from '../../domain/values/ip';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import { portRequest, type PortRequest } from '../../domain/servers/portRequest';
import { DeviceStates, lookAtDevice, type LookDependencies } from '../looks/looks';
import type { PortView } from '../looks/portView';
import { portsOf } from '../looks/subjectPorts';

/** A port of a device with what a person can decide about, before anything is said of it. */
export interface UndecidedPort {
  /** As the device names the port that holds the statements. */
  readonly effectivePort: PortName;
  /** The names under which a coordinator is asked to look at it, the first of which stands for it. Never empty. */
  readonly askedAs: readonly [PortName, ...PortName[]];
  readonly open: OpenPort;
  readonly present: readonly Statement[];
  readonly keptKeys: readonly string[];
}

/** What a person can decide about on a device. */
export interface UndecidedDevice {
  readonly state: DeviceState;
  readonly ports: readonly UndecidedPort[];
  readonly omitted: readonly PortName[];
  readonly notes: readonly string[];
}

/**
 * Finds the statements of a device's ports about which a person can decide: what a pass would park, and what it would
 * replace. All names of one port are looked at together, or the bindings of servers that stand under another name would
 * look unknown. Reads only.
 * @param port absent: all ports that have statements, or where servers were last seen.
 * @throws PortwardenError when the device or the panel cannot be read.
 */
export async function undecidedOn(
  deps: LookDependencies,
  device: DeviceId,
  port: PortName | undefined,
  signal: AbortSignal,
): Promise<UndecidedDevice> {
  const states = new DeviceStates(deps.devices, signal);
  const state = await states.all(device);
  const found = await portsOf(deps, { of: 'device', device }, () => Promise.resolve(state.boundPorts()), signal);
  const requests = found.ports.get(device) ?? [];
  const asked = port === undefined ? requests : namesOf(state, port, requests);
  const { views, omitted, preview, error } = await lookAtDevice(deps, device, asked, states, signal);
  const groups = new Map<PortName, PortView[]>();
  for (const view of views) {
    const effective = state.effectivePort(view.port);
    groups.set(effective, [...(groups.get(effective) ?? []), view]);
  }
  const ports: UndecidedPort[] = [];
  const notes = [...found.notes, ...(error === undefined ? [] : [`${error.code}: ${error.message}`])];
  for (const [effectivePort, group] of groups) {
    const trouble = group.flatMap(troubleOf);
    const shown = preview?.ports.find((one) => one.effectivePort === effectivePort);
    if (trouble.length > 0) notes.push(...trouble);
    else if (shown !== undefined) ports.push(undecidedAt(device, effectivePort, group, shown));
  }
  return { state, ports, omitted, notes };
}

/** All requests about the port that a name stands for. */
function namesOf(state: DeviceState, port: PortName, requests: readonly PortRequest[]): readonly PortRequest[] {
  const effective = state.effectivePort(port);
  const others = requests.filter((request) => state.effectivePort(request.port) === effective);
  return others.some((request) => request.port === port) ? others : [portRequest(port), ...others];
}

function troubleOf(view: PortView): string[] {
  if ('unmet' in view) return [`${view.port} is left alone: ${view.unmet.message}`];
  return 'error' in view ? [`${view.port}: ${view.error.code}: ${view.error.message}`] : [];
}

function undecidedAt(
  device: DeviceId,
  effectivePort: PortName,
  views: readonly PortView[],
  { actual, added, removed, parked, keeps }: PortPreview,
): UndecidedPort {
  const comes = new Set<IpAddress | undefined>(addressesOf(added));
  const waiting = (parked?.remove ?? []).map((statement): readonly [Statement, Finding] => [
    statement,
    parked?.unexplained.includes(statement) === true ? 'unknown' : 'guarded',
  ]);
  const replaced = removed
    .filter(({ ip }) => ip !== undefined && comes.has(ip))
    .map((statement): readonly [Statement, Finding] => [statement, 'replaced']);
  const statements = [...waiting, ...replaced]
    .sort(([a], [b]) => compareStatements(a, b))
    .map(([statement, finding]): OpenStatement => ({ statement, finding, known: [] }));
  const askedAs = requestNames(
    effectivePort,
    views.map(({ port }) => port),
  );
  const [port] = askedAs;
  const hash = openHash(
    port,
    statements.map(({ statement }) => statement.key),
  );
  return {
    effectivePort,
    askedAs,
    open: { device, port, hash, statements },
    present: actual,
    keptKeys: keeps.flatMap(({ statements: kept }) => kept.map(({ key }) => key)),
  };
}

/** Servers stand under the panel's names of a port; its own name is asked for where it has no other. */
export function requestNames(effectivePort: PortName, ports: readonly PortName[]): UndecidedPort['askedAs'] {
  const [first, ...others] = ports.filter((port) => port !== effectivePort);
  return first === undefined ? [effectivePort] : [first, ...others];
}
