import type { PortPreview } from '../../devices/pass/preview';
import {
  differenceDigest,
  keptText,
  keptTexts,
  PlanHash,
  settledByPlan,
  type PlannedPort,
} from '../../domain/applyAll/plan';
import { PortwardenError } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { PortName, PortRef } from '../../domain/values/port';
import { devicesInScope, requireSite, type Scope } from '../../domain/values/scope';
import { portRequest, type PortRequest } from '../../domain/servers/portRequest';
import { readApplyScope, type ApplyAllActivities, type PlanApplyAllResult } from '../../protocol/applyAll';
import type { ActivityDependencies } from '../dependencies';
import { fleetOf } from '../looks/fleet';
import { withinLook } from '../looks/limit';
import { DeviceStates, lookAtDevice, type DeviceLook } from '../looks/looks';
import type { PortView } from '../looks/portView';
import { portsOfDevice } from '../policies/concernedPorts';

/** Of one part of the planning: its history stays small whatever a device has. */
const DEVICES_AT_ONCE = 100;
/** Fewer than one look takes: what was seen of them is in memory at a time. */
const PORTS_PER_PAGE = 100;
const ROWS_AT_ONCE = 1_000;
/** A device's ports are read by pages of rows: far more than any device has. */
const MOST_PAGES = 100_000;
const MOST_NOTES = 20;

/** The activities that make a plan: the sum of the previews of all ports, into the store, page by page. */
export function planning(
  deps: ActivityDependencies,
): Pick<ApplyAllActivities, 'planDevices' | 'planPorts' | 'finishPlan' | 'failPlan'> {
  const { applyPlans } = deps.store;
  return {
    async planDevices({ plan, scope: text, author, after }) {
      const scope = readApplyScope(text);
      await applyPlans.begin({ id: plan, scope, author }, new Date());
      const all = await devicesOf(deps, scope);
      const from = all.filter((device) => after === undefined || device > after);
      const devices = from.slice(0, DEVICES_AT_ONCE);
      const last = devices.at(-1);
      return { devices, ...(from.length > devices.length && last !== undefined ? { next: last } : {}) };
    },
    planPorts: ({ plan, device, from }) =>
      withinLook(async (signal) => {
        const states = new DeviceStates(deps.devices, signal);
        try {
          const { requests, notes, next } = await pageOf(deps, device, from, states, signal);
          const look = await lookAtDevice(deps, device, requests, states, signal);
          await applyPlans.addPorts(plan, plannedPorts(look, requests).map(settledByPlan));
          return { ports: requests.length, notes: notes.slice(0, MOST_NOTES), ...(next === undefined ? {} : { next }) };
        } catch (error) {
          if (signal.aborted || !(error instanceof PortwardenError) || error.code === 'store-unavailable') throw error;
          return { ports: 0, notes: [keptText(`${device} could not be looked at: ${error.code}: ${error.message}`)] };
        }
      }),
    async finishPlan({ plan, notes }): Promise<PlanApplyAllResult> {
      const sum = new PlanHash();
      let after: PortRef | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const rows = await applyPlans.ports(plan, {
          limit: ROWS_AT_ONCE,
          ...(after === undefined ? {} : { after }),
        });
        for (const row of rows) sum.add(row);
        after = rows.at(-1);
        if (after === undefined) break;
      }
      const hash = sum.of(plan);
      await applyPlans.finish(plan, hash, notes);
      const { ports, byStatus } = await applyPlans.totals(plan);
      const parts = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
      return { plan, hash, ports, summary: `${ports} port(s) planned: ${parts.join(', ') || 'nothing to do'}` };
    },
    failPlan: ({ plan, notes }) => applyPlans.fail(plan, notes),
  };
}

/** Devices of which anything is known, or that are in the scope by name. */
async function devicesOf(deps: ActivityDependencies, scope: Scope): Promise<readonly DeviceId[]> {
  const named = devicesInScope(requireKnown(scope, deps), deps.sites);
  if (named !== undefined) return [...new Set(named)].sort();
  const linked = deps.devices.links().map(({ device }) => device);
  return [...new Set([...(await fleetOf(deps)), ...[...deps.sites.values()].flat(), ...linked])].sort();
}

function requireKnown(scope: Scope, { sites }: Pick<ActivityDependencies, 'sites'>): Scope {
  try {
    return requireSite(scope, sites);
  } catch (error) {
    throw new PortwardenError('invalid-request', `site ${error instanceof Error ? error.message : 'is unknown'}`);
  }
}

/** Ports of a device in the order of their names, from one on. */
async function pageOf(
  deps: ActivityDependencies,
  device: DeviceId,
  from: PortName | undefined,
  states: DeviceStates,
  signal: AbortSignal,
): Promise<{ readonly requests: readonly PortRequest[]; readonly notes: readonly string[]; readonly next?: PortName }> {
  const { ports, notes } = await portsOfDevice(deps, device, signal, states);
  const known = new Map((ports.get(device) ?? []).map((request) => [request.port, request]));
  for (const port of await deps.panel.assignedPorts(device, signal))
    if (!known.has(port)) known.set(port, portRequest(port));
  const all = [...known.values()].sort((a, b) => (a.port < b.port ? -1 : 1));
  const rest = all.filter(({ port }) => from === undefined || port >= from);
  const next = rest[PORTS_PER_PAGE]?.port;
  return {
    requests: rest.slice(0, PORTS_PER_PAGE),
    notes: notes.map((note) => keptText(`${device}: ${note}`)),
    ...(next === undefined ? {} : { next }),
  };
}

function plannedPorts(look: DeviceLook, requests: readonly PortRequest[]): readonly PlannedPort[] {
  const { device, views, preview, error } = look;
  const planned = views.map((view) => {
    const found = preview?.ports.find(({ port }) => port === view.port);
    const nodes = requests.find(({ port }) => port === view.port)?.nodes ?? [];
    const ref = { device, port: view.port, nodes, seconds: 0 };
    return found === undefined || !('desired' in view)
      ? { ...ref, ...unseen(view, error?.message) }
      : { ...ref, ...seen(found) };
  });
  const first = planned.findIndex(({ status }) => status === 'change');
  return planned.map((port, index) =>
    index === first ? { ...port, seconds: Math.ceil(preview?.expected.seconds ?? 0) } : port,
  );
}

type Seen = Omit<PlannedPort, 'device' | 'port' | 'nodes' | 'seconds'>;

/** Where there is no difference to carry out, nothing that a pass could do is the planned one. */
function unseen(view: PortView, deviceError: string | undefined): Seen {
  const [status, summary] =
    'unmet' in view
      ? (['skipped', `Requirement ${view.unmet.requirement} does not hold: ${view.unmet.message}`] as const)
      : (['failed', 'error' in view ? view.error.message : (deviceError ?? 'the device was not read')] as const);
  const nothing = { added: [], removed: [], additions: 0, removals: 0 };
  return { status, digest: '', summary: keptText(summary), ...nothing };
}

function seen({ status, added, removed, parked, error }: PortPreview): Seen {
  const held = parked === undefined ? '' : `; waits for a person: ${parked.reason}`;
  const summary = error?.message ?? `${added.length} would be added, ${removed.length} removed${held}`;
  return {
    status,
    digest: differenceDigest(added, removed),
    summary: keptText(summary),
    added: keptTexts(added),
    removed: keptTexts(removed),
    additions: added.length,
    removals: removed.length,
    ...(parked === undefined ? {} : { parked: keptText(parked.reason) }),
  };
}
