import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { haManagerStatus, taskLogLine, taskRow } from '../../clients/proxmox/schema';
import { isMigrating, type GuestRow } from './guest';

/** A guest on its way to another node. */
export interface Migration {
  readonly vmid: number;
  readonly from: string;
  /** The nodes that it may go to: the one that a task or the HA manager names, else every other one of the cluster. */
  readonly targets: readonly string[];
}

/** Types of the tasks that move guests (pve-manager, UPID). `hamigrate` only asks the HA manager, which then starts one of these. */
const MIGRATION_TASKS: readonly string[] = ['qmigrate', 'vzmigrate'];
const HA_MOVES: readonly string[] = ['migrate', 'relocate'];
/** The line of a migration's log that names its target (qemu-server QemuMigrate.pm, pve-container LXC/Migrate.pm). */
const TARGET_LINE = /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?starting migration of (?:VM|CT) (\d+) to node '([^']+)'/;
/** More running migrations than this are bound everywhere: their logs are not read one by one. */
const MOST_LOGS = 20;
const LOG_LINES = '20';

/**
 * Which guests are on their way, and where to: by their lock, the running tasks and the HA manager. What cannot be read
 * leaves the target open. Nothing is asked while no guest is locked by a migration and none is on its way by HA.
 * @param nodes of the whole cluster.
 */
export async function readMigrations(
  reader: ProxmoxReader,
  rows: readonly GuestRow[],
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<readonly Migration[]> {
  const locked = rows.filter(isMigrating);
  if (locked.length === 0) return [];
  const [byTask, byHa] = await Promise.all([taskTargets(reader, locked, signal), haTargets(reader, signal)]);
  return locked.map(({ vmid, node }) => {
    const target = byTask.get(vmid) ?? byHa.get(vmid);
    const others = nodes.filter((name) => name !== node);
    const targets = target === undefined ? others : others.filter((name) => name === target);
    return { vmid, from: node, targets };
  });
}

async function taskTargets(
  reader: ProxmoxReader,
  locked: readonly GuestRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const tasks = await reader.read('/cluster/tasks', z.array(taskRow), { signal }).catch(nothing);
  const running = tasks.filter(
    ({ type, id, endtime, status }) =>
      endtime === undefined &&
      status === undefined &&
      MIGRATION_TASKS.includes(type ?? '') &&
      locked.some(({ vmid }) => String(vmid) === id),
  );
  const lines = await Promise.all(running.slice(0, MOST_LOGS).map((task) => readLog(reader, task, signal)));
  return new Map(
    lines.flat().flatMap(({ t }) => {
      const [, vmid, target] = TARGET_LINE.exec(t) ?? [];
      return target === undefined ? [] : [[Number(vmid), target] as const];
    }),
  );
}

function readLog(
  reader: ProxmoxReader,
  { node, upid }: z.infer<typeof taskRow>,
  signal: AbortSignal,
): Promise<readonly z.infer<typeof taskLogLine>[]> {
  const path = `/nodes/${encodeURIComponent(node)}/tasks/${encodeURIComponent(upid)}/log`;
  const question = { query: { start: '0', limit: LOG_LINES }, signal, node };
  return reader.read(path, z.array(taskLogLine), question).catch(nothing);
}

async function haTargets(reader: ProxmoxReader, signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
  const { manager_status: manager } = await reader
    .read('/cluster/ha/status/manager_status', haManagerStatus, { signal })
    .catch(noManager);
  return new Map(
    Object.entries(manager?.service_status ?? {}).flatMap(([sid, { state, target }]) => {
      const vmid = /^(?:vm|ct):(\d+)$/.exec(sid)?.[1];
      if (vmid === undefined || target === undefined || !HA_MOVES.includes(state ?? '')) return [];
      return [[Number(vmid), target] as const];
    }),
  );
}

/** A source of targets that is not there (an older release, a missing privilege, a fault) leaves them open. */
function nothing(error: unknown): never[] {
  if (error instanceof PortwardenError) return [];
  throw error;
}

function noManager(error: unknown): z.infer<typeof haManagerStatus> {
  if (error instanceof PortwardenError) return { manager_status: undefined };
  throw error;
}
