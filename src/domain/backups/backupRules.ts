import type { DeviceId } from '../values/device';

/** How a device's configuration is backed up besides before every change, and for how long backups are kept. */
export interface BackupRule {
  /** From one backup to the next, in milliseconds. Absent: only before changes. */
  readonly everyMs?: number;
  /** So many of a device at most; the oldest go. Absent: as many as there are. */
  readonly keepCount?: number;
  /** So many days after another one took its place. Absent: for good. */
  readonly keepDays?: number;
}

/** The rules of an installation. */
export interface BackupRules {
  readonly all: BackupRule;
  /** What is different for single devices: a whole rule each. */
  readonly devices: ReadonlyMap<DeviceId, BackupRule>;
}

/** How backups of a device stand. */
export interface BackupRun {
  readonly device: DeviceId;
  /** When its configuration was last read for a backup, whether or not it had changed; ISO 8601, UTC. Absent: never yet. */
  readonly succeededAt?: string;
  /** Since when every try failed, and how the newest did. Absent: the newest try succeeded. */
  readonly failing?: {
    readonly since: string;
    readonly triedAt: string;
    readonly code: string;
    readonly message: string;
  };
}

/** The rule of a device. */
export function backupRuleOf(rules: BackupRules, device: DeviceId): BackupRule {
  return rules.devices.get(device) ?? rules.all;
}

/** How often it is looked which devices are due, in milliseconds. A device that failed is tried again at the next look. */
export const BACKUP_LOOK_MS = 3_600_000;

/** Whether any rule of an installation asks for backups without a change. */
export function isAnyScheduled({ all, devices }: BackupRules): boolean {
  return [all, ...devices.values()].some(({ everyMs }) => everyMs !== undefined);
}

/**
 * The devices whose backup is due, those that waited longest first. A look that comes a little early counts as the one in
 * time: otherwise a daily backup would be an hour later each day.
 * @param now Unix milliseconds.
 */
export function dueDevices(
  known: readonly DeviceId[],
  runs: readonly BackupRun[],
  rules: BackupRules,
  now: number,
): readonly DeviceId[] {
  const last = new Map(runs.map(({ device, succeededAt }) => [device, Date.parse(succeededAt ?? '')]));
  const since = (device: DeviceId): number => {
    const at = last.get(device) ?? Number.NaN;
    return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
  };
  return [...new Set(known)]
    .filter((device) => {
      const { everyMs } = backupRuleOf(rules, device);
      return everyMs !== undefined && now - since(device) >= everyMs - BACKUP_LOOK_MS / 2;
    })
    .sort((a, b) => since(a) - since(b) || (a < b ? -1 : 1));
}
