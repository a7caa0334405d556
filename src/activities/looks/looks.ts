import type { DeviceState, Reading } from '../../devices/device';
import { limitsOf } from '../../domain/change/guardSettings';
import type { PortTarget, PreviewRequest } from '../../devices/pass/request';
import { preview, type Preview } from '../../devices/pass/preview';
import { PortwardenError, reportError, type ErrorReport } from '../../domain/errors';
import type { ExplainSubject, PreviewSubject } from '../../domain/explain/subject';
import type { PortRequest } from '../../domain/servers/portRequest';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { ActivityDependencies, FactSources } from '../dependencies';
import type { JournalRepository } from '../../store/journal';
import { readDeferrals, type DeferralSources } from '../pauses/deferrals';
import { readHolds } from '../holds/readHolds';
import { readKeeps } from '../pass/keptElsewhere';
import { readGuardFacts, type GuardFactSources } from '../pass/guardFacts';
import { policiesOfDevice } from '../pass/policiesOfDevice';
import { portTarget } from '../pass/portTarget';
import { readRevoked } from '../virtualMacs/readRevoked';
import { viewPorts, type PortView } from './portView';
import { MOST_PORTS, portsOf } from './subjectPorts';

/** What was seen of some ports of one device. */
export interface DeviceLook {
  readonly device: DeviceId;
  readonly views: readonly PortView[];
  /** Ports that were not looked at, because the question is about too many. */
  readonly omitted: readonly PortName[];
  /** What a pass over the readable ports would do; absent when the device was not asked. */
  readonly preview?: Preview;
  /** Why the device could not be asked. */
  readonly error?: ErrorReport;
}

/** Everything that was seen for one question. */
export interface Look {
  readonly devices: readonly DeviceLook[];
  readonly notes: readonly string[];
}

/** What looking needs: facts, devices to read, and the guards that a pass would be judged by. */
export type LookDependencies = FactSources &
  Pick<ActivityDependencies, 'devices' | 'guards' | 'sites' | 'changeWindows'> & {
    readonly store: GuardFactSources &
      DeferralSources['store'] & { readonly journal: Pick<JournalRepository, 'commitSeconds'> };
  };

/**
 * Looks at every port that a subject is about: what a pass would read, want and do. Nothing is written, locked or asked
 * for. A device or port that cannot be read says so itself; the others are shown.
 * @throws PortwardenError what concerns the question as a whole: the panel cannot be read, the subject does not exist.
 */
export async function lookAt(
  deps: LookDependencies,
  subject: PreviewSubject | ExplainSubject,
  signal: AbortSignal,
): Promise<Look> {
  const states = new DeviceStates(deps.devices, signal);
  const boundPorts = async (device: DeviceId): Promise<readonly PortName[]> => (await states.all(device)).boundPorts();
  const { ports, notes } = await portsOf(deps, subject, boundPorts, signal);
  const deferred = await Promise.all([...ports.keys()].map((device) => deferralNotes(deps, device)));
  const devices = await Promise.all(
    [...ports].map(([device, requests]) => lookAtDevice(deps, device, requests, states, signal)),
  );
  return { devices, notes: [...notes, ...deferred.flat()] };
}

/** What keeps a pass from doing now what is shown. */
async function deferralNotes(deps: LookDependencies, device: DeviceId): Promise<readonly string[]> {
  const deferrals = await readDeferrals(deps, device);
  return deferrals.map(
    ({ ports, except = [], error: { message } }) =>
      `${device} ${ports?.join(', ') ?? ''}`.trim() +
      ` is not changed now: ${message}` +
      (except.length === 0 ? '' : `, but for ${except.join(', ')}, which a person lets pass once`),
  );
}

/** What is in force on devices, each read once for one look. */
export class DeviceStates {
  private readonly read = new Map<DeviceId, Promise<DeviceState>>();

  constructor(
    private readonly devices: LookDependencies['devices'],
    private readonly signal: AbortSignal,
  ) {}

  /** Every port. @throws PortwardenError when the device cannot be read. */
  all(device: DeviceId, reading: Pick<Reading, 'withClock'> = {}): Promise<DeviceState> {
    const known = this.read.get(device) ?? this.devices.open(device).readState(this.signal, reading);
    this.read.set(device, known);
    return known;
  }

  /** Some ports, unless all were read already; with what policies are judged by, anew. @throws PortwardenError when the device cannot be read. */
  of(device: DeviceId, ports: readonly PortName[], withPolicies: boolean): Promise<DeviceState> {
    if (withPolicies) return this.devices.open(device).readState(this.signal, { ports, withPolicies });
    return this.read.get(device) ?? this.devices.open(device).readState(this.signal, { ports });
  }
}

/** What was read of some ports of a device: all that a preview of them is computed from. */
export interface DeviceReading {
  readonly device: DeviceId;
  readonly views: readonly PortView[];
  readonly omitted: readonly PortName[];
  /** Absent when there is no port to ask the device about. */
  readonly read?: {
    readonly state: DeviceState;
    readonly request: PreviewRequest;
    /** What the device's newest commits took, in seconds. */
    readonly measured: readonly number[];
  };
}

/** Looks at some ports of one device. A device that cannot be read says so itself. */
export async function lookAtDevice(
  deps: LookDependencies,
  device: DeviceId,
  requests: readonly PortRequest[],
  states: DeviceStates,
  signal: AbortSignal,
): Promise<DeviceLook> {
  const { read, error, ...looked } = await readPorts(deps, device, requests, states, signal);
  return {
    ...looked,
    ...(read === undefined ? {} : { preview: preview(read.state, read.request, read.measured) }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Reads what some ports of one device have and shall have. A device that cannot be read says so itself. */
export async function readPorts(
  deps: LookDependencies,
  device: DeviceId,
  requests: readonly PortRequest[],
  states: DeviceStates,
  signal: AbortSignal,
): Promise<DeviceReading & { readonly error?: ErrorReport }> {
  const looked = requests.slice(0, MOST_PORTS);
  const omitted = requests.slice(MOST_PORTS).map(({ port }) => port);
  const views = await viewPorts(deps, device, looked, signal);
  const targets = views.flatMap((view): PortTarget[] => ('desired' in view ? [portTarget(view.desired)] : []));
  if (targets.length === 0) return { device, views, omitted };
  try {
    const policies = await policiesOfDevice(deps, device, targets, signal);
    const ports = targets.map(({ port }) => port);
    const [state, facts] = await Promise.all([
      states.of(device, ports, policies.policies !== undefined),
      readGuardFacts(deps.store, device),
    ]);
    const measured = await deps.store.journal.commitSeconds(device);
    const keeps = await readKeeps(
      deps.store,
      device,
      views.flatMap((view) => ('desired' in view ? [view.desired] : [])),
    );
    const holds = await readHolds(deps.store, device);
    const revoked = await readRevoked(deps.store, device, targets);
    const request = {
      targets,
      guards: limitsOf(deps.guards, device),
      facts,
      ...keeps,
      ...policies,
      ...holds,
      ...revoked,
    };
    return { device, views, omitted, read: { state, request, measured } };
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    return { device, views, omitted, error: reportError(error) };
  }
}
