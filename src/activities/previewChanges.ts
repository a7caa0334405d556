import { wordsOf } from '../devices/pass/outcomes';
import type { PortPreview } from '../devices/pass/preview';
import type { LookActivities, PreviewedDevice, PreviewedPort, PreviewInput, PreviewResult } from '../protocol/preview';
import type { ParkedRemovals } from '../domain/change/removals';
import type { PortName } from '../domain/values/port';
import { lookAt, type DeviceLook, type LookDependencies } from './looks/looks';
import { withinLook } from './looks/limit';
import type { PortView } from './looks/portView';

const MOST_COMMANDS = 2_000;
/** About 150 bytes each: keeps the result below Temporal's limit for a payload. */
const MOST_STATEMENTS = 4_000;

/** Says what a pass over the ports of a subject would do now. Nothing is touched: no lock, no candidate, no row. */
export function createPreviewChanges(deps: LookDependencies): LookActivities['previewChanges'] {
  return async ({ subject, form }: PreviewInput): Promise<PreviewResult> => {
    const { devices, notes } = await withinLook((signal) => lookAt(deps, subject, signal));
    return previewOf(devices, form, notes);
  };
}

/** What was seen of ports, as a preview shows it. */
export function previewOf(
  looks: readonly DeviceLook[],
  form: PreviewInput['form'],
  notes: readonly string[],
): PreviewResult {
  const devices = looks.map((look) => deviceOf(look, form));
  return { summary: summaryOf(devices), devices, notes };
}

function deviceOf({ device, views, omitted, preview, error }: DeviceLook, form: PreviewInput['form']): PreviewedDevice {
  const ports = views.map((view) =>
    portOf(
      view,
      preview?.ports.find(({ port }) => port === view.port),
      error,
    ),
  );
  const { shown, left } = bounded(ports);
  return {
    device,
    ports: shown,
    omitted: [...left, ...omitted],
    commands: (preview?.commands[form] ?? []).slice(0, MOST_COMMANDS),
    notes: preview?.notes ?? [],
    expectedSeconds: preview?.expected.seconds ?? 0,
    measuredCommits: preview?.expected.measuredCommits ?? 0,
    ...(error === undefined ? {} : { error }),
  };
}

function portOf(view: PortView, found: PortPreview | undefined, deviceError: DeviceLook['error']): PreviewedPort {
  const { port } = view;
  const nothing = { port, effectivePort: port, desired: [], actual: [], added: [], removed: [], excluded: [] };
  if ('unmet' in view) {
    const { requirement, message } = view.unmet;
    return {
      ...nothing,
      status: 'skipped',
      summary: `Requirement ${requirement} does not hold: ${message}`,
      requirement,
    };
  }
  const error = 'error' in view ? view.error : deviceError;
  if (error !== undefined || found === undefined || !('desired' in view)) {
    const summary = `It cannot be said what would be done: ${error?.message ?? 'the device was not read'}`;
    return { ...nothing, status: 'failed', summary, ...(error === undefined ? {} : { error }) };
  }
  const { effectivePort, status, desired, actual, added, removed, parked, newVirtualMacs } = found;
  return {
    ...{ port, effectivePort, status, desired, actual, added, removed },
    excluded: [...view.desired.excluded, ...found.excluded],
    summary: sentenceOf(found),
    ...(newVirtualMacs.length === 0 ? {} : { newVirtualMacs }),
    ...(found.policy === undefined ? {} : { policy: found.policy }),
    ...(parked === undefined ? {} : { parked: shownOf(parked) }),
    ...(found.error === undefined ? {} : { error: found.error }),
  };
}

/** Without what stands in it twice. */
function shownOf(parked: ParkedRemovals): NonNullable<PreviewedPort['parked']> {
  const { remove, add, reason, fingerprint, guards, guarded } = parked;
  return { remove, add, reason, fingerprint, guards, guarded };
}

function sentenceOf(preview: PortPreview): string {
  const { status, added, removed, actual, parked, remarks, policy, error, port, effectivePort, newVirtualMacs } =
    preview;
  const where = effectivePort === port ? '' : ` (as member of ${effectivePort})`;
  const waiting = parked === undefined ? [] : [`Waits for a person: ${parked.reason}`];
  const waits = [...waiting, ...remarks, ...wordsOf(policy)].map((sentence) => `. ${sentence}`).join('');
  const made = newVirtualMacs.length === 0 ? '' : ` (${newVirtualMacs.join(', ')} with a new virtual MAC)`;
  if (status === 'failed') return `The device would not take it: ${error?.message ?? 'unknown reason'}${where}`;
  if (status === 'change')
    return `${added.length} would be added${made} and ${removed.length} removed; it has ${actual.length} now${where}${waits}`;
  if (status === 'held') return `Held, nothing would be changed: ${actual.length} binding(s)${where}${waits}`;
  return `Already as desired: ${actual.length} binding(s)${where}${waits}`;
}

/** As many ports as fit; the others are named only. */
function bounded(ports: readonly PreviewedPort[]): {
  readonly shown: readonly PreviewedPort[];
  readonly left: readonly PortName[];
} {
  let statements = 0;
  const fits = ({ desired, actual, added, removed }: PreviewedPort, index: number): boolean => {
    statements += desired.length + actual.length + added.length + removed.length;
    return index === 0 || statements <= MOST_STATEMENTS;
  };
  const firstLeft = ports.findIndex((port, index) => !fits(port, index));
  return firstLeft === -1
    ? { shown: ports, left: [] }
    : { shown: ports.slice(0, firstLeft), left: ports.slice(firstLeft).map(({ port }) => port) };
}

function summaryOf(devices: readonly PreviewedDevice[]): string {
  const ports = devices.flatMap((device) => device.ports);
  if (ports.length === 0) return 'There is no port to look at';
  const count = (status: PreviewedPort['status']): number => ports.filter((port) => port.status === status).length;
  const statuses = ['change', 'unchanged', 'held', 'parked', 'skipped', 'failed'] as const;
  const parts = statuses.flatMap((status) => (count(status) === 0 ? [] : [`${count(status)} ${status}`]));
  return `${ports.length} port(s) of ${devices.length} device(s): ${parts.join(', ')}`;
}
