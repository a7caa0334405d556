import { invalidField, type ErrorReport } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { fieldsOf, readField } from './inputFields';

/** The devices whose backup is due now. */
export interface DueBackups {
  readonly devices: readonly DeviceId[];
  /** How many are left for the next look. */
  readonly more: number;
  /** Devices that are read at the same time. */
  readonly atOnce: number;
}

/** What became of the backup of one device. */
export interface BackedUpDevice {
  readonly device: DeviceId;
  /** The backup that has the configuration in force; absent when it failed. */
  readonly backup?: string;
  readonly error?: ErrorReport;
}

/** Result of `backUpDevices`, readable in the UI. */
export interface BackUpDevicesResult {
  readonly summary: string;
  /** Those that failed; each is tried again at the next look. */
  readonly failed: readonly BackedUpDevice[];
}

/** Input of `compareBackup`: a backup is compared with the configuration in force now. */
export interface CompareBackupInput {
  readonly device: DeviceId;
  readonly from: string;
}

/** Result of `compareBackup`. */
export interface CompareBackupResult extends CompareBackupInput {
  readonly summary: string;
  /** As `diff -u`; empty when they are equal. Absent: too much differs to be shown. */
  readonly diff?: string;
}

/** The steps of backups. */
export interface BackupActivities {
  /** Which devices are due, by the worker's configuration and what the store has. */
  dueBackups(input: object): Promise<DueBackups>;
  /** Reads a device's configuration and stores it, without its secrets, unless it is the one that was stored last. */
  backUpDevice(input: { readonly device: DeviceId }): Promise<Required<Pick<BackedUpDevice, 'device' | 'backup'>>>;
  /** Reads a device's configuration and compares it with a backup. Nothing is touched or stored. */
  compareBackup(input: CompareBackupInput): Promise<CompareBackupResult>;
}

/**
 * Reads what is to be compared: `{device, from}`.
 * @throws PortwardenError `invalid-request`.
 */
export function readCompareBackupInput(input: unknown): CompareBackupInput {
  const { device, from } = fieldsOf(input, ['device', 'from']);
  return {
    device: readField('device', () => parseDeviceId(typeof device === 'string' ? device : '')),
    from: readBackupId(from, 'from'),
  };
}

/** Reads the id of a backup. @throws PortwardenError `invalid-request`. */
function readBackupId(value: unknown, field: string): string {
  if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return value;
  throw invalidField('invalid-request', field, 'must be the id of a backup');
}
