import type { Decision } from '../domain/change/keep';
import type { PortOutcome } from '../domain/change/outcome';
import { invalidField } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName, type PortName, type PortRef } from '../domain/values/port';
import { fieldsOf, listOf, readDecision, readExpiry, readField, textOf } from './inputFields';

/** What is to be restored: a device's automated ports, or one of them, as a backup of it had them. */
export interface RestoreSubject {
  readonly device: DeviceId;
  /** The id of a backup, or `latest`: the device's newest. */
  readonly backup: string;
  readonly port?: PortName;
}

/** One port of a plan: what would be done, in words, or why it is left alone. */
export interface RestoredPort {
  /** As the device names it. */
  readonly port: PortName;
  readonly status: 'change' | 'unchanged' | 'refused';
  /** How many bindings it would be held with. */
  readonly bindings: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Why it cannot be restored; none unless it is refused. Such a port is left as it is, whole. */
  readonly refusals: readonly string[];
  /** The hold that it has now, which would end. */
  readonly replaces?: string;
}

/** Result of `planRestore`, readable in the UI. It names the backup by its id. */
export interface RestorePlan extends RestoreSubject {
  readonly summary: string;
  /** ISO 8601, UTC. */
  readonly backupAt: string;
  /** Names exactly this plan: a restore carries it, and is refused where another one is due. */
  readonly hash: string;
  readonly ports: readonly RestoredPort[];
  readonly notes: readonly string[];
}

/** Input of `restoreBackup`. */
export interface RestoreInput extends RestoreSubject, Decision {
  readonly hash: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** A hold that was made or released, with the names under which the coordinator is asked for its port. */
export interface RecordedHold extends PortRef {
  readonly id: string;
  readonly askedAs: readonly PortName[];
}

/** Ports that were left alone, and why. */
export interface RefusedRestore {
  readonly port: PortName;
  readonly refusals: readonly string[];
}

/** Result of the activity `recordRestore`. */
export interface RecordedRestore {
  readonly holds: readonly RecordedHold[];
  readonly refused: readonly RefusedRestore[];
}

/** What became of a port that was restored or released. */
export type HoldOutcome = Pick<PortOutcome, 'device' | 'port' | 'status' | 'summary'>;

/** Result of `restoreBackup`, readable in the UI. */
export interface RestoreResult {
  readonly summary: string;
  readonly holds: readonly (PortRef & { readonly id: string })[];
  readonly refused: readonly RefusedRestore[];
  readonly outcomes: readonly HoldOutcome[];
}

/** One hold of a plan: what its release would do, in words. */
export interface ReleasedPort extends PortRef {
  readonly id: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** What would wait for a person then, and why. */
  readonly parked?: string;
  /** Why nothing will be done on the port: it is not automated any more. Its hold just ends. */
  readonly leftAlone?: string;
  /** Why that cannot be said now: it cannot be released either. */
  readonly trouble?: string;
}

/** Result of `planRelease`, readable in the UI. */
export interface ReleasePlan {
  readonly summary: string;
  readonly hash: string;
  readonly ports: readonly ReleasedPort[];
}

/** Input of `planRelease`. */
export interface ReleaseSubject {
  readonly ids: readonly string[];
}

/** Input of `releaseHolds`. */
export interface ReleaseInput extends ReleaseSubject, Decision {
  readonly hash: string;
}

/** Result of `releaseHolds`, readable in the UI. */
export interface ReleaseResult {
  readonly summary: string;
  readonly released: readonly (PortRef & { readonly id: string })[];
  readonly outcomes: readonly HoldOutcome[];
}

/** The activities of restores and holds. */
export interface HoldActivities {
  /** What a restore would do. Nothing is touched. */
  planRestore(input: RestoreSubject): Promise<RestorePlan>;
  /** Makes the holds of a plan, when it still is the one that was shown; the coordinator brings the ports to them. */
  recordRestore(input: RestoreInput): Promise<RecordedRestore>;
  /** What the release of holds would do. Nothing is touched. */
  planRelease(input: ReleaseSubject): Promise<ReleasePlan>;
  /** Releases holds, when that still does what was shown; the coordinator brings the ports to their sources. */
  recordRelease(input: ReleaseInput): Promise<{ readonly holds: readonly RecordedHold[] }>;
}

/** So many holds are released at once at most. */
const MOST_RELEASED = 500;
const LONGEST_HASH = 64;

/** Reads what is to be restored: `{device, backup, port?}`. @throws PortwardenError `invalid-request`. */
export function readRestoreSubject(input: unknown): RestoreSubject {
  return subjectOf(fieldsOf(input, ['device', 'backup', 'port']));
}

/** Reads a restore: `{device, backup, port?, hash, author, reason, expiresAt}`. @throws PortwardenError `invalid-request`. */
export function readRestoreInput(input: unknown): RestoreInput {
  const fields = fieldsOf(input, ['device', 'backup', 'port', 'hash', 'author', 'reason', 'expiresAt']);
  const { expiresAt } = readExpiry(fields['expiresAt']);
  if (expiresAt === undefined)
    throw invalidField('invalid-request', 'expiresAt', 'must be an instant such as 2027-01-31T00:00:00Z');
  return {
    ...subjectOf(fields),
    hash: textOf(fields['hash'], 'hash', LONGEST_HASH),
    ...readDecision(fields),
    expiresAt,
  };
}

/** Reads which holds are asked about: `{ids}`. @throws PortwardenError `invalid-request`. */
export function readReleaseSubject(input: unknown): ReleaseSubject {
  return { ids: idsOf(fieldsOf(input, ['ids'])['ids']) };
}

/** Reads a release: `{ids, hash, author, reason}`. @throws PortwardenError `invalid-request`. */
export function readReleaseInput(input: unknown): ReleaseInput {
  const fields = fieldsOf(input, ['ids', 'hash', 'author', 'reason']);
  return { ids: idsOf(fields['ids']), hash: textOf(fields['hash'], 'hash', LONGEST_HASH), ...readDecision(fields) };
}

function subjectOf({ device, backup, port }: Readonly<Record<string, unknown>>): RestoreSubject {
  if (typeof backup !== 'string' || !/^(\d{1,18}|latest)$/.test(backup))
    throw invalidField('invalid-request', 'backup', 'must be the id of a backup, or latest');
  return {
    device: readField('device', () => parseDeviceId(typeof device === 'string' ? device : '')),
    backup,
    ...(port === undefined
      ? {}
      : { port: readField('port', () => parsePortName(typeof port === 'string' ? port : '')) }),
  };
}

function idsOf(value: unknown): readonly string[] {
  const ids = listOf(value, 'ids').map((id) => {
    if (typeof id === 'string' && /^\d{1,18}$/.test(id)) return id;
    throw invalidField('invalid-request', 'ids', 'must be the numbers of holds, as texts');
  });
  if (ids.length === 0 || ids.length > MOST_RELEASED)
    throw invalidField('invalid-request', 'ids', `must name 1 to ${MOST_RELEASED} holds`);
  return [...new Set(ids)];
}
