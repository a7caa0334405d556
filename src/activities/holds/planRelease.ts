import { preview, type PortPreview } from '../../devices/pass/preview';
import { textDigest } from '../../domain/change/removals';
import { PortwardenError } from '../../domain/errors';
import { releaseHash } from '../../domain/holds/overHold';
import { phaseOf, type PortHold } from '../../domain/holds/portHold';
import { portRequest, type PortRequest } from '../../domain/servers/portRequest';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { RecordedHold, ReleasedPort, ReleasePlan } from '../../protocol/holds';
import type { ActivityDependencies } from '../dependencies';
import { requestNames } from '../decisions/undecided';
import { DeviceStates, readPorts, type DeviceReading } from '../looks/looks';
import { portsOfDevice } from '../policies/concernedPorts';

/** A plan, and the holds that it is about, with the names under which their ports are asked for. */
export interface PlannedRelease {
  readonly plan: ReleasePlan;
  readonly holds: readonly RecordedHold[];
  /** Those of them that somebody released already. */
  readonly released: readonly string[];
  /** Those whose ports no pass will look at. */
  readonly leftAlone: readonly string[];
}

const SHOWN_STATEMENTS = 2_000;

/**
 * Plans the release of holds: what the sources would make of their ports. Reads only. Looked at twice, the same state makes
 * the same hash.
 * @throws PortwardenError `not-found` naming those that are not there; of the devices and the panel.
 */
export async function planRelease(
  deps: ActivityDependencies,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<PlannedRelease> {
  const holds = await deps.store.holds.get(ids);
  const missing = ids.filter((id) => !holds.some((hold) => hold.id === id));
  if (missing.length > 0) throw new PortwardenError('not-found', `There is no hold ${missing.join(', ')}.`);
  const found: FoundRelease[] = [];
  for (const device of [...new Set(holds.map((hold) => hold.device))].sort()) {
    const own = holds.filter((hold) => hold.device === device);
    found.push(...(await releasesOn(deps, device, own, signal)));
  }
  return {
    plan: planOf(found),
    holds: found.map(({ hold: { id, device, port }, askedAs }) => ({ id, device, port, askedAs })),
    leftAlone: found.flatMap(({ hold, leftAlone }) => (leftAlone === undefined ? [] : [hold.id])),
    released: holds.filter((hold) => phaseOf(hold, Date.now()) === 'released').map(({ id }) => id),
  };
}

interface FoundRelease {
  readonly hold: PortHold;
  readonly askedAs: readonly PortName[];
  readonly shown?: PortPreview;
  readonly leftAlone?: string;
  readonly trouble?: string;
}

async function releasesOn(
  deps: ActivityDependencies,
  device: DeviceId,
  holds: readonly PortHold[],
  signal: AbortSignal,
): Promise<readonly FoundRelease[]> {
  const states = new DeviceStates(deps.devices, signal);
  const state = await states.all(device);
  const known = (await portsOfDevice(deps, device, signal, states)).ports.get(device) ?? [];
  const groups = new Map<string, readonly PortRequest[]>(
    holds.map((hold) => {
      const own = known.filter((request) => state.effectivePort(request.port) === state.effectivePort(hold.port));
      return [hold.id, own.length === 0 ? [portRequest(hold.port)] : own];
    }),
  );
  const found: FoundRelease[] = [];
  for (const page of pagesOf(holds, (hold) => groups.get(hold.id)?.length ?? 0)) {
    const requests = page.flatMap((hold) => groups.get(hold.id) ?? []);
    const { views, read, error } = await readPorts(deps, device, requests, states, signal);
    const ports = read === undefined ? [] : previewWithout(read, page);
    for (const hold of page) {
      const asked = groups.get(hold.id) ?? [];
      const own = views.filter(({ port }) => asked.some((request) => request.port === port));
      const shown = ports.find(({ effectivePort }) => effectivePort === state.effectivePort(hold.port));
      const [leftAlone] = own.flatMap((view) => ('unmet' in view ? view.unmet.message : []));
      const unseen =
        own.flatMap((view) => ('error' in view ? view.error.message : []))[0] ??
        shown?.error?.message ??
        (shown === undefined ? (error?.message ?? 'the port could not be looked at') : undefined);
      const trouble = leftAlone === undefined ? unseen : undefined;
      found.push({
        hold,
        askedAs: requestNames(
          hold.port,
          asked.map(({ port }) => port),
        ),
        ...(shown === undefined ? {} : { shown }),
        ...(leftAlone === undefined ? {} : { leftAlone }),
        ...(trouble === undefined ? {} : { trouble }),
      });
    }
  }
  return found;
}

/** What a pass would do if these holds were released already. */
function previewWithout(
  { state, request }: NonNullable<DeviceReading['read']>,
  released: readonly PortHold[],
): readonly PortPreview[] {
  const { holds = [], at = new Date() } = request.portHolds ?? {};
  const isReleased = ({ id }: PortHold): boolean => released.some((hold) => hold.id === id);
  const as = holds.map((hold) => (isReleased(hold) ? { ...hold, released: { ...hold, at: at.toISOString() } } : hold));
  return preview(state, { ...request, portHolds: { holds: as, at } }, []).ports;
}

const NAMES_AT_ONCE = 100;

function* pagesOf(holds: readonly PortHold[], sizeOf: (hold: PortHold) => number): Generator<readonly PortHold[]> {
  let page: PortHold[] = [];
  let count = 0;
  for (const hold of holds) {
    if (count > 0 && count + sizeOf(hold) > NAMES_AT_ONCE) {
      yield page;
      page = [];
      count = 0;
    }
    page.push(hold);
    count += sizeOf(hold);
  }
  if (page.length > 0) yield page;
}

function planOf(found: readonly FoundRelease[]): ReleasePlan {
  let left = SHOWN_STATEMENTS;
  const textsOf = (statements: PortPreview['added']): readonly string[] => {
    const shown = statements.slice(0, Math.max(left, 0)).map(({ text }) => text);
    left -= shown.length;
    return shown.length === statements.length ? shown : [...shown, `… and ${statements.length - shown.length} more`];
  };
  const ports = found.map(({ hold: { id, device, port }, shown, leftAlone, trouble }): ReleasedPort => ({
    ...{ id, device, port },
    added: textsOf(shown?.added ?? []),
    removed: textsOf(shown?.removed ?? []),
    ...(shown?.parked === undefined ? {} : { parked: shown.parked.reason }),
    ...(leftAlone === undefined ? {} : { leftAlone }),
    ...(trouble === undefined ? {} : { trouble }),
  }));
  const lines = found.map(({ hold, shown, leftAlone, trouble }) =>
    leftAlone !== undefined || shown === undefined || trouble !== undefined
      ? `${hold.id} ${leftAlone === undefined ? 'unknown' : 'left alone'}`
      : `${hold.id} ${releaseHash(hold.port, { remove: shown.removed, add: shown.added })}`,
  );
  const changed = ports.filter(({ added, removed }) => added.length + removed.length > 0).length;
  const unsaid = ports.filter((port) => port.trouble !== undefined).length;
  const cannot = unsaid === 0 ? '' : `; of ${unsaid} it cannot be said now`;
  return {
    summary: `${ports.length} hold(s) would end, ${changed} port(s) would change${cannot}`,
    hash: textDigest(lines.join('\n')),
    ports,
  };
}
