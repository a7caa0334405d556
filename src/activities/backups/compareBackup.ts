import { PortwardenError } from '../../domain/errors';
import { unifiedDiff } from '../../primitives/unifiedDiff';
import type { BackupActivities } from '../../protocol/backups';
import type { ActivityDependencies } from '../dependencies';
import { withinLook } from '../looks/limit';
import { readWhole } from './backUpDevices';

/** What a workflow's result may hold of it. */
const LONGEST_DIFF = 512 * 1024;

/** Compares a backup with what the device has now. Nothing is touched or stored. */
export function createCompareBackup(
  deps: Pick<ActivityDependencies, 'devices'> & { readonly store: Pick<ActivityDependencies['store'], 'backups'> },
): BackupActivities['compareBackup'] {
  return async ({ device, from }) => {
    const backup = await deps.store.backups.get(device, from);
    if (backup === undefined) throw new PortwardenError('not-found', `${device} has no backup with this id.`);
    const now = await withinLook(async (signal) => {
      const { opened, read } = await readWhole(deps.devices, device, signal);
      return opened.redact(read.text);
    });
    const diff = unifiedDiff(
      { name: `${device} backup ${from} of ${backup.at}`, text: backup.configuration },
      { name: `${device} now, at ${new Date().toISOString()}`, text: now },
    );
    const isShown = diff !== undefined && Buffer.byteLength(diff) <= LONGEST_DIFF;
    const summary = diff === '' ? `${device} is as backup ${from} has it` : `${device} is not as backup ${from} has it`;
    return { summary, device, from, ...(isShown ? { diff } : {}) };
  };
}
