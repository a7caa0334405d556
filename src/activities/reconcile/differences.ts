import type { DeviceState } from '../../devices/device';
import type { PortPreview } from '../../devices/pass/preview';
import type { Difference } from '../../domain/drift/drift';
import { distinctStatements } from '../../domain/change/statement';
import { reportError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import { addressesOf } from '../../domain/servers/placement';
import type { PortRequest } from '../../domain/servers/portRequest';
import type { DeviceId } from '../../domain/values/device';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import { requestNames } from '../decisions/undecided';
import { DeviceStates, lookAtDevice, type LookDependencies } from '../looks/looks';
import type { PortView } from '../looks/portView';
import { MOST_PORTS, portsOf } from '../looks/subjectPorts';

/** What one look found of a port. */
export interface LookedPort {
  /** As the device names it. */
  readonly port: PortName;
  /** The requests that lead to it. */
  readonly requests: readonly PortRequest[];
  /** Servers that are behind it, or are not known to have left it. */
  readonly serverIds: readonly ServerId[];
  /** How it differs; absent when it is as it should be, or when that cannot be said. */
  readonly difference?: Difference;
  /** What a pass would do; absent when that cannot be said. */
  readonly preview?: PortPreview;
  /** Why it cannot be said. */
  readonly trouble?: string;
}

/** Servers of a device that the panel does not have. */
export interface GoneServers {
  readonly ids: readonly ServerId[];
  /** All servers that were last seen on the device. */
  readonly known: number;
  /** Whose an address was. */
  readonly owners: ReadonlyMap<IpAddress, ServerId>;
}

/** Asks the panel for all servers that were last seen on a device. An uncertain answer is none. */
export async function goneServers(deps: LookDependencies, device: DeviceId, signal: AbortSignal): Promise<GoneServers> {
  const placed = await deps.store.placements.listByDevice(device);
  const asked = placed.map(({ serverId }) => serverId);
  const ids = asked.length === 0 ? [] : (await deps.panel.getServersIps(asked, signal)).gone;
  const gone = placed.filter(({ serverId }) => ids.includes(serverId));
  const owners = new Map(gone.flatMap((one) => addressesOf(one).map((ip) => [ip, one.serverId] as const)));
  return { ids, known: asked.length, owners };
}

/** A device that was read once, with its ports by the one that holds their statements: all names of one are looked at together. */
export class ReconcileLook {
  private constructor(
    private readonly deps: LookDependencies,
    private readonly device: DeviceId,
    private readonly states: DeviceStates,
    private readonly gone: GoneServers,
    readonly groups: ReadonlyMap<PortName, readonly PortRequest[]>,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws PortwardenError when the device or the panel cannot be read. */
  static async of(
    deps: LookDependencies,
    device: DeviceId,
    gone: GoneServers,
    signal: AbortSignal,
  ): Promise<ReconcileLook> {
    const states = new DeviceStates(deps.devices, signal);
    const state: DeviceState = await states.all(device, { withClock: true });
    const found = await portsOf(deps, { of: 'device', device }, () => Promise.resolve(state.boundPorts()), signal);
    const groups = new Map<PortName, PortRequest[]>();
    for (const request of found.ports.get(device) ?? []) {
      const port = state.effectivePort(request.port);
      groups.set(port, [...(groups.get(port) ?? []), request]);
    }
    return new ReconcileLook(deps, device, states, gone, groups, signal);
  }

  /** Looks at ports, some at a time. What the device has is of one reading. */
  async *at(ports: Iterable<PortName>): AsyncGenerator<LookedPort> {
    let some: PortName[] = [];
    let count = 0;
    for (const port of ports) {
      const size = this.groups.get(port)?.length ?? 0;
      if (size === 0) continue;
      if (count + size > MOST_PORTS && some.length > 0) {
        yield* await this.some(some);
        some = [];
        count = 0;
      }
      some.push(port);
      count += size;
    }
    if (some.length > 0) yield* await this.some(some);
  }

  private async some(ports: readonly PortName[]): Promise<readonly LookedPort[]> {
    const requests = ports.flatMap((port) => this.groups.get(port) ?? []);
    const { views, preview, error } = await lookAtDevice(this.deps, this.device, requests, this.states, this.signal);
    return ports.map((port): LookedPort => {
      const own = this.groups.get(port) ?? [];
      const seen = views.filter((view) => own.some((request) => request.port === view.port));
      const found = preview?.ports.find((one) => one.effectivePort === port);
      const servers = seen.flatMap((view) => ('desired' in view ? (view.desired.serverIds ?? []) : []));
      const trouble = troubleOf(seen) ?? (found?.error ?? (found === undefined ? error : undefined))?.message;
      const names = requestNames(
        port,
        own.map((request) => request.port),
      );
      const difference = found === undefined ? undefined : this.differenceAt(port, names, found);
      return {
        port,
        requests: own.filter((request) => names.includes(request.port)),
        serverIds: [...new Set([...servers, ...own.flatMap(({ serverIds }) => serverIds)])],
        ...(found === undefined ? {} : { preview: found }),
        ...(trouble === undefined ? {} : { trouble }),
        ...(difference === undefined || trouble !== undefined ? {} : { difference }),
      };
    });
  }

  private differenceAt(
    port: PortName,
    names: readonly PortName[],
    { added, removed, parked, actual }: PortPreview,
  ): Difference | undefined {
    const missing = distinctStatements([...added, ...(parked?.add ?? [])]);
    const ofGone = actual.filter(({ ip }) => ip !== undefined && this.gone.owners.has(ip));
    const extra = distinctStatements([...removed, ...(parked?.remove ?? []), ...ofGone]);
    const statements = [
      ...missing.map((statement) => ({ change: 'missing' as const, statement })),
      ...extra.map((statement) => {
        const owner = statement.ip === undefined ? undefined : this.gone.owners.get(statement.ip);
        const because = `server ${owner ?? ''} is gone from the panel, and no server_deleted said so`;
        return { change: 'extra' as const, statement, ...(owner === undefined ? {} : { because }) };
      }),
    ];
    return statements.length === 0 ? undefined : { port, names, statements };
  }
}

/** What could not be read of a port's sources. A port whose requirement does not hold is left alone, and no trouble. */
function troubleOf(views: readonly PortView[]): string | undefined {
  const failed = views.find((view) => 'error' in view);
  return failed !== undefined && 'error' in failed ? failed.error.message : undefined;
}

/** What keeps a reconcile from seeing a device, for its record. */
export function asError(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = reportError(error);
  return { code, message };
}
