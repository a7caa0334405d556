import type { Client } from '@temporalio/client';
import { BACKUP_LOOK_MS, isAnyScheduled, type BackupRules } from '../domain/backups/backupRules';
import { BACKUP_WORKFLOW } from '../protocol/names';
import { keepSchedules } from './schedules';

/** A look that was missed is made up for while the next one is not there yet. */
const CATCH_UP_MS = BACKUP_LOOK_MS / 2;

/**
 * Lets a schedule look again and again which devices are due for a backup; none where no rule asks for any.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function keepBackupSchedule(
  client: Client,
  {
    taskQueue,
    rules,
    everyMs = BACKUP_LOOK_MS,
  }: { readonly taskQueue: string; readonly rules: BackupRules; readonly everyMs?: number },
): Promise<void> {
  const look = {
    key: 'devices',
    workflowType: BACKUP_WORKFLOW,
    input: {},
    spec: { intervals: [{ every: everyMs }] },
    longestRunMs: 6 * BACKUP_LOOK_MS,
    catchUpMs: CATCH_UP_MS,
    note: 'Backs up the devices whose backup is due',
  };
  await keepSchedules(client, { kind: 'backup', taskQueue, workflows: isAnyScheduled(rules) ? [look] : [] });
}
