import { isDeepStrictEqual } from 'node:util';
import { PortwardenError, reportError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import { usablePorts } from '../domain/servers/attachments';
import { nodeKey, portRequest, type NodeSubject } from '../domain/servers/portRequest';
import {
  afterAsking,
  compareViews,
  nextToAsk,
  nextToRead,
  noteConfiguration,
  type GuestChange,
  type ListedGuest,
  type SeenGuest,
} from '../domain/watch/clusterView';
import type { WatchActivities } from '../protocol/watch';
import type { HypervisorSource } from '../sources/hypervisorSource';
import type { FoundChange } from '../domain/watch/watchState';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal, codeOf } from './failure';
import { guestPortsOf } from './membership/guestPorts';
import { nodeUplinks } from './membership/nodeUplinks';

const SHOWN_CHANGES = 20;
const KEPT_CHANGES = 50;
/** Once a look takes so long it reads no more configurations. */
const READING_MS = 4_000;
const LOOK_MS = 8_000;
/** Guests whose own ports one look asks for, because a device for them was switched on; the next look goes on. */
const ASKED_AT_ONCE = 20;
/** A look that was busy with them for so long leaves the others to the next one, so that slow clusters get on too. */
const ASKING_MS = 2_000;

/**
 * Looks at a cluster: reads, compares with the last look, and then acts: the ports of guests that changed are asked for at
 * their coordinators, and only after that is the look remembered, so that a change is rather asked for twice than never.
 */
export function createWatchCluster(deps: ActivityDependencies): WatchActivities['watchCluster'] {
  return async ({ cluster }) => {
    const source = deps.hypervisors.get(cluster);
    if (source === undefined) {
      const message = `No cluster named ${cluster} is configured`;
      throw new PortwardenError('proxmox-not-configured', message, { details: { cluster } });
    }
    const signal = AbortSignal.any([attemptSignal(), AbortSignal.timeout(LOOK_MS)]);
    const { state, version, guests: before } = await deps.store.watches.view(cluster);
    const seen = await orRemember(deps, cluster, () =>
      look(source, before, state.readUpTo, deps.watchedConfigurations, signal),
    );
    const changed = await askForChanges(deps, cluster, seen, signal);
    const begun = await askForOwnPorts(deps, cluster, seen.view, signal);
    const view = new Map([...seen.view, ...begun.guests.map((guest) => [guest.vmid, guest] as const)]);
    const asked = changed + begun.asked;
    const at = new Date().toISOString();
    const found = seen.changes.map(({ vmid, kind, message }): FoundChange => ({ vmid, kind, message, at }));
    const isKept = await deps.store.watches.save(version, {
      state: {
        cluster,
        guests: seen.listed,
        readUpTo: seen.readUpTo,
        changes: [...found.reverse(), ...state.changes].slice(0, KEPT_CHANGES),
        ...(seen.doubt === undefined ? {} : { doubt: seen.doubt }),
      },
      put: [...view.values()].filter((guest) => !isDeepStrictEqual(before?.get(guest.vmid), guest)),
      drop: [...(before?.keys() ?? [])].filter((vmid) => !seen.view.has(vmid)),
    });
    for (const { kind } of seen.changes) deps.metrics.guestChanged(cluster, kind);
    if (seen.doubt !== undefined)
      deps.log.warn({ cluster, doubt: seen.doubt }, 'a cluster lists fewer guests than before');
    return {
      summary: `${seen.listed} guests of ${cluster}, ${seen.changes.length} changes, ${asked} ports asked for${begun.left === 0 ? '' : `, those of ${begun.left} guests to come`}${isKept ? '' : '; another look was quicker'}`,
      cluster,
      guests: seen.listed,
      changes: seen.changes.slice(0, SHOWN_CHANGES).map(({ vmid, kind, message }) => ({ vmid, kind, message })),
      asked,
    };
  };
}

/** Whatever keeps a look from seeing the cluster is remembered where operators look, and changes nothing else. */
async function orRemember<T>(deps: ActivityDependencies, cluster: string, see: () => Promise<T>): Promise<T> {
  try {
    return await see();
  } catch (error) {
    deps.metrics.sourceError('proxmox', codeOf(error));
    const { code, message } = reportError(error);
    await deps.store.watches.saveError(cluster, { code, message });
    throw error;
  }
}

interface Seen {
  readonly view: ReadonlyMap<number, SeenGuest>;
  readonly changes: readonly GuestChange[];
  readonly listed: number;
  readonly readUpTo: number;
  readonly doubt?: string | undefined;
}

async function look(
  source: HypervisorSource,
  before: ReadonlyMap<number, SeenGuest> | undefined,
  readUpTo: number,
  configurations: number,
  signal: AbortSignal,
): Promise<Seen> {
  const began = Date.now();
  const { guests, migrations } = await source.view(signal);
  const listed = guests.map(({ vmid, node, type, uptime }): ListedGuest => {
    const goals = migrations.find((one) => one.vmid === vmid)?.targets;
    const startedAt = uptime === undefined || uptime === 0 ? undefined : began - uptime * 1000;
    return {
      vmid,
      node,
      type,
      ...(goals === undefined ? {} : { goals }),
      ...(startedAt === undefined ? {} : { startedAt }),
    };
  });
  const compared = compareViews(before, listed);
  const view = new Map(compared.view);
  const edits: GuestChange[] = [];
  let last = readUpTo;
  for (const guest of nextToRead(compared.view, readUpTo, configurations)) {
    if (Date.now() - began > READING_MS) break;
    const read = await readState(source, guest, signal);
    if (guest.nics !== undefined && guest.pending !== undefined) last = guest.vmid;
    if (read === undefined) continue;
    const noted = noteConfiguration(guest, read);
    view.set(guest.vmid, noted.guest);
    if (noted.change !== undefined) edits.push(noted.change);
  }
  return {
    view,
    changes: [...compared.changes, ...edits],
    listed: listed.length,
    readUpTo: last,
    doubt: compared.doubt,
  };
}

/** A configuration that cannot be read now is read in its next turn. */
async function readState(
  source: HypervisorSource,
  { vmid, node, type, goals }: SeenGuest,
  signal: AbortSignal,
): ReturnType<HypervisorSource['nicState']> {
  try {
    return await source.nicState({ vmid, node, type, migrating: goals !== undefined }, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    return undefined;
  }
}

/** Changes that concern a guest's own ports: they go with it, whatever node that is. */
const OF_ITS_NICS: readonly GuestChange['kind'][] = ['new', 'edited', 'restarted'];

/** Asks the coordinators of the uplinks of all nodes concerned; where guests arrive comes before what they leave. */
async function askForChanges(
  deps: ActivityDependencies,
  cluster: string,
  { changes, view }: Pick<Seen, 'changes' | 'view'>,
  signal: AbortSignal,
): Promise<number> {
  if (changes.length === 0) return 0;
  const placements = await deps.store.placements.listByCluster(cluster);
  const serverOf = new Map(
    placements.flatMap(({ serverId, guest }) => (guest === undefined ? [] : [[guest.vmid, serverId] as const])),
  );
  const serversOf = (vmids: readonly number[]): ServerId[] => vmids.flatMap((vmid) => serverOf.get(vmid) ?? []);
  const concerned = new Map<string, { readonly node: NodeSubject; readonly vmids: Set<number> }>();
  for (const { vmid, nodes } of changes)
    for (const name of nodes) {
      const node = { cluster, node: name };
      const known = concerned.get(nodeKey(node)) ?? { node, vmids: new Set<number>() };
      known.vmids.add(vmid);
      concerned.set(nodeKey(node), known);
    }
  let asked = 0;
  for (const { node, vmids } of concerned.values()) {
    const serverIds = serversOf([...vmids]);
    for (const { device, port } of await portsOf(deps, node, signal)) {
      await deps.enlister.enlist(device, portRequest(port, { serverIds, nodes: [node] }));
      asked += 1;
    }
  }
  for (const { vmid, kind } of changes) {
    const guest = view.get(vmid);
    if (guest === undefined || !OF_ITS_NICS.includes(kind)) continue;
    const known = { serverIds: serversOf([vmid]), nodes: [{ cluster, node: guest.node }] };
    for (const { device, port } of await guestPortsOf(deps, cluster, guest, signal)) {
      await deps.enlister.enlist(device, portRequest(port, known));
      asked += 1;
    }
  }
  return asked;
}

/**
 * Asks for the own ports of guests that were never asked for since a device for them was configured, some of them at a look:
 * nobody has to wait for an event of each.
 */
async function askForOwnPorts(
  deps: ActivityDependencies,
  cluster: string,
  view: Seen['view'],
  signal: AbortSignal,
): Promise<{ readonly asked: number; readonly guests: readonly SeenGuest[]; readonly left: number }> {
  const devices = deps.guestPorts.portsOf({ cluster, vmid: 0, nic: 0 }).map(({ device }) => device);
  const { ask, forget } = nextToAsk(view, devices);
  const guests = [...forget];
  const began = Date.now();
  let asked = 0;
  let done = 0;
  for (const guest of ask.slice(0, ASKED_AT_ONCE)) {
    if (Date.now() - began > ASKING_MS) break;
    done += 1;
    const nodes = [{ cluster, node: guest.node }];
    for (const { device, port } of await guestPortsOf(deps, cluster, guest, signal)) {
      await deps.enlister.enlist(device, portRequest(port, { nodes }));
      asked += 1;
    }
    guests.push(afterAsking(guest, devices));
  }
  return { asked, guests, left: ask.length - done };
}

/** A node whose uplink nobody knows is not automated: there is no port to look at. */
async function portsOf(deps: ActivityDependencies, { cluster, node }: NodeSubject, signal: AbortSignal) {
  try {
    return (await nodeUplinks(deps, cluster, node, signal)).flatMap(usablePorts);
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError) || error.retryable) throw error;
    deps.log.warn(
      { cluster, node, reason: error.message },
      'the uplink of a node is not known; changes of its guests are not followed',
    );
    return [];
  }
}
