import type { PortPreview } from '../devices/pass/preview';
import { limitsOf } from '../domain/change/guardSettings';
import { configurationEffects } from '../domain/desired/configurationEffects';
import { changedSettings } from '../domain/desired/bindingSettings';
import { PortwardenError, reportError } from '../domain/errors';
import type { PortRequest } from '../domain/servers/portRequest';
import type { DeviceId } from '../domain/values/device';
import type {
  AffectedPort,
  ConfigurationPreviewInput,
  ConfigurationPreviewResult,
  FleetCursor,
} from '../protocol/configurationPreview';
import type { LookActivities } from '../protocol/preview';
import { presentSettings } from './desired/bindingSettings';
import { fleetOf } from './looks/fleet';
import { withinLook } from './looks/limit';
import { DeviceStates, lookAtDevice, type DeviceLook, type LookDependencies } from './looks/looks';
import { proposedSources } from './looks/proposedSources';
import { portsOf } from './looks/subjectPorts';

/** Ports of one page, and addresses of one port that a page shows. */
const PORTS_PER_PAGE = 50;
const SHOWN_EFFECTS = 100;

/**
 * Says what another configuration would do to the fleet, one page of one device at a time: the readings and rules of a
 * pass under the new settings, compared with those under which each port was brought to its bindings. Nothing is touched.
 */
export function createPreviewConfiguration(deps: LookDependencies): LookActivities['previewConfiguration'] {
  return (input) => withinLook((signal) => onePage(deps, input, signal));
}

async function onePage(
  deps: LookDependencies,
  { proposed, from }: ConfigurationPreviewInput,
  signal: AbortSignal,
): Promise<ConfigurationPreviewResult> {
  const { sources, notes } = proposedSources(deps, proposed);
  const settings = changedSettings(presentSettings(deps).settings, presentSettings(sources).settings);
  const fleet = await fleetOf(deps, sources);
  const [device, following] = fleet.filter((one) => from === undefined || one >= from.device);
  if (device === undefined) return { summary: 'No device is known yet', settings, looked: 0, ports: [], notes };
  const page = await pageOf(sources, device, from?.device === device ? from : undefined, signal);
  const next = page.next ?? (following === undefined ? undefined : { device: following });
  const ports = page.look === undefined ? [] : affectedPorts(page.look, await guardTexts(deps, sources, page, signal));
  const error = page.error ?? page.look?.error;
  return {
    summary: summaryOf(device, page.requests.length, ports),
    settings,
    device,
    looked: page.requests.length,
    ports,
    notes: [...(from === undefined ? notes : []), ...troubles(page.look)],
    ...(error === undefined ? {} : { error }),
    ...(next === undefined ? {} : { next }),
  };
}

interface Page {
  readonly device: DeviceId;
  readonly requests: readonly PortRequest[];
  readonly states?: DeviceStates;
  readonly look?: DeviceLook;
  readonly error?: ReturnType<typeof reportError>;
  readonly next?: FleetCursor;
}

async function pageOf(
  sources: LookDependencies,
  device: DeviceId,
  from: FleetCursor | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const states = new DeviceStates(sources.devices, signal);
  try {
    const found = await portsOf(
      sources,
      { of: 'device', device },
      async (one) => (await states.all(one)).boundPorts(),
      signal,
    );
    const all = found.ports.get(device) ?? [];
    const start = from?.port === undefined ? 0 : all.findIndex(({ port }) => port === from.port);
    const begin = Math.max(start, 0);
    const requests = all.slice(begin, begin + PORTS_PER_PAGE);
    const following = all[begin + PORTS_PER_PAGE];
    return {
      device,
      requests,
      states,
      look: await lookAtDevice(sources, device, requests, states, signal),
      ...(following === undefined ? {} : { next: { device, port: following.port } }),
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    return { device, requests: [], error: reportError(error) };
  }
}

/** What other guards hold on the same ports, and no longer hold, in sentences. */
async function guardTexts(
  deps: LookDependencies,
  sources: LookDependencies,
  { device, requests, states, look }: Page,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const isSame = JSON.stringify(limitsOf(deps.guards, device)) === JSON.stringify(limitsOf(sources.guards, device));
  if (isSame || states === undefined || look?.preview === undefined) return new Map();
  const before = await lookAtDevice({ ...sources, guards: deps.guards }, device, requests, states, signal);
  const texts = look.preview.ports.map(({ port, parked }): [string, readonly string[]] => {
    const was = before.preview?.ports.find((one) => one.port === port)?.parked;
    if (was?.fingerprint === parked?.fingerprint) return [port, []];
    return [port, [parked === undefined ? 'no longer parked by a guard' : `parked by a guard: ${parked.reason}`]];
  });
  return new Map(texts);
}

function affectedPorts(look: DeviceLook, guards: ReadonlyMap<string, readonly string[]>): readonly AffectedPort[] {
  return look.views.flatMap((view): AffectedPort[] => {
    const found: PortPreview | undefined = look.preview?.ports.find(({ port }) => port === view.port);
    if (!('desired' in view) || found === undefined) return [];
    const { desired, additional = [], settings } = view.desired;
    const effects = configurationEffects(settings?.changes ?? [], [...desired, ...additional], found.actual);
    const texts = guards.get(view.port) ?? [];
    if (effects.length === 0 && texts.length === 0) return [];
    const shown = effects.slice(0, SHOWN_EFFECTS);
    return [{ port: view.port, effects: shown, more: effects.length - shown.length, guards: texts }];
  });
}

function troubles(look: DeviceLook | undefined): readonly string[] {
  return (look?.views ?? []).flatMap((view) => {
    if ('unmet' in view) return [`${view.port} is left alone: ${view.unmet.message}`];
    return 'error' in view ? [`${view.port} could not be looked at: ${view.error.code}: ${view.error.message}`] : [];
  });
}

function summaryOf(device: DeviceId, looked: number, ports: readonly AffectedPort[]): string {
  const effects = ports.flatMap((port) => port.effects);
  const count = (kind: AffectedPort['effects'][number]['effect']): number =>
    effects.filter(({ effect }) => effect === kind).length;
  const kinds = ['added', 'moved', 'replaced', 'removed', 'left-out'] as const;
  const parts = kinds.flatMap((kind) => (count(kind) === 0 ? [] : [`${count(kind)} ${kind}`]));
  return `${device}: ${ports.length} of ${looked} port(s) affected${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
