import type { LabGuest } from './cluster';
import type { LabNode } from './nodes';

/** A task as the fake cluster lists it. */
export interface LabTask {
  readonly upid: string;
  readonly node: string;
  readonly type: string;
  readonly id: string;
  /** Unix seconds. */
  readonly startedAt: number;
  endedAt: number | undefined;
  status: string | undefined;
  readonly log: string[];
}

/** The task that moves a guest, as `qm migrate` and the HA stack log it. @param count of tasks before it: no two have one id. */
export function migrationTask(
  { vmid, node, type, status }: Pick<LabGuest, 'vmid' | 'node' | 'type' | 'status'>,
  { name: target, ip }: Pick<LabNode, 'name' | 'ip'>,
  count: number,
): LabTask {
  const at = Math.floor(Date.now() / 1000);
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  const kind = type === 'qemu' ? 'qmigrate' : 'vzmigrate';
  return {
    upid: `UPID:${node}:${hex(4000 + count)}:${hex(at % 1_000_000)}:${hex(at)}:${kind}:${vmid}:root@pam:`,
    node,
    type: kind,
    id: String(vmid),
    startedAt: at,
    endedAt: undefined,
    status: undefined,
    log: [
      `${logTime(at)} starting migration of ${type === 'qemu' ? 'VM' : 'CT'} ${vmid} to node '${target}' (${ip})`,
      ...(type === 'qemu' && status === 'running'
        ? [`${logTime(at)} starting VM ${vmid} on remote node '${target}'`]
        : []),
    ],
  };
}

/** Ends a task. @param status `OK`, or why it failed. */
export function endTask(task: LabTask, status: string): void {
  task.endedAt = Math.floor(Date.now() / 1000);
  task.status = status;
  task.log.push(
    status === 'OK'
      ? `${logTime(task.endedAt)} migration finished successfully (duration 00:00:01)`
      : `TASK ERROR: ${status}`,
  );
}

/** `2026-11-24 10:15:00`, as migrations write it into their logs. */
function logTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
