import { proxyActivities } from '@temporalio/workflow';
import {
  readCompareBackupInput,
  type BackedUpDevice,
  type BackupActivities,
  type BackUpDevicesResult,
  type CompareBackupResult,
} from '../protocol/backups';
import { LOOK_SECONDS } from '../protocol/preview';
import { lookFailure, reportFailure } from './failures';
import { answer, readOrFail } from './shortWorkflow';
import { someAtOnce } from './someAtOnce';

const { dueBackups, compareBackup: compare } = proxyActivities<BackupActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

/** Tried twice: the next look tries again whatever failed. */
const { backUpDevice } = proxyActivities<BackupActivities>({
  startToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '10 seconds' },
});

const SHOWN_FAILURES = 50;

/** Backs up every device whose backup is due, some at a time. Started by a schedule; a device that is away fails alone. */
export async function backUpDevices(): Promise<BackUpDevicesResult> {
  const { devices, more, atOnce } = await answer(() => dueBackups({}));
  const done: BackedUpDevice[] = [];
  await someAtOnce(devices, atOnce, async (device) => {
    done.push(await backUpDevice({ device }).catch((error: unknown) => failureOf(device, error)));
  });
  const failed = done.filter(({ error }) => error !== undefined);
  return {
    summary: `${done.length - failed.length} devices backed up, ${failed.length} failed${more === 0 ? '' : `, ${more} left for the next look`}`,
    failed: failed.slice(0, SHOWN_FAILURES),
  };
}

function failureOf(device: BackedUpDevice['device'], error: unknown): BackedUpDevice {
  return { device, error: reportFailure(lookFailure(error)) };
}

/** Compares a backup with what its device has now; a workflow, as a preview is. Input: `{device, from}`. */
export async function compareBackup(input: unknown): Promise<CompareBackupResult> {
  const request = readOrFail(() => readCompareBackupInput(input));
  return answer(() => compare(request));
}
