import { dueDevices, type BackupRules } from '../../domain/backups/backupRules';
import { PortwardenError, reportError } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { BackupActivities } from '../../protocol/backups';
import type { ActivityDependencies } from '../dependencies';
import { codeOf } from '../failure';
import { fleetOf } from '../looks/fleet';
import { withinLook } from '../looks/limit';

/** Devices of one run of the workflow: they are steps of its history. */
const MOST_DEVICES = 500;

/** Says which devices are due: those that portwarden knows, and those of sites, as far as a whole configuration can be read of their kind. */
export function createDueBackups(
  deps: Pick<ActivityDependencies, 'hypervisors' | 'devices' | 'sites' | 'store' | 'log'> & {
    readonly backups: BackupRules & { readonly atOnce: number };
  },
): BackupActivities['dueBackups'] {
  return async () => {
    const known = [...(await fleetOf(deps)), ...[...deps.sites.values()].flat()];
    const readable = known.filter((device) => isReadable(deps, device));
    const due = dueDevices(readable, await deps.store.backups.runs(), deps.backups, Date.now());
    const devices = due.slice(0, MOST_DEVICES);
    return { devices, more: due.length - devices.length, atOnce: deps.backups.atOnce };
  };
}

/** A device that is not configured any more cannot be read: that is no failing backup. */
function isReadable({ devices, log }: Pick<ActivityDependencies, 'devices' | 'log'>, device: DeviceId): boolean {
  try {
    return devices.open(device).readConfiguration !== undefined;
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    log.debug({ device, code: error.code }, 'a device that cannot be opened is not backed up');
    return false;
  }
}

/** Backs one device up. What goes wrong is remembered and said where operators look, and concerns no other device. */
export function createBackUpDevice(
  deps: Pick<ActivityDependencies, 'devices' | 'log' | 'metrics'> & {
    readonly store: Pick<ActivityDependencies['store'], 'backups'>;
  },
): BackupActivities['backUpDevice'] {
  return async ({ device }) => {
    const { backups } = deps.store;
    try {
      const backup = await withinLook(async (signal) => {
        const { opened, read } = await readWhole(deps.devices, device, signal);
        return backups.add(device, opened.redact(read.text), 'schedule', read.bindings);
      });
      deps.metrics.backup('stored');
      return { device, backup };
    } catch (error) {
      const { code, message } = reportError(error);
      deps.metrics.backup('failed');
      deps.metrics.sourceError(code === 'store-unavailable' ? 'store' : 'device', codeOf(error));
      deps.log.warn({ device, code, reason: message }, 'the backup of a device failed');
      await backups.failed(device, { code, message });
      throw error;
    }
  };
}

/** The whole configuration of a device. @throws PortwardenError `backup-unsupported` when its kind has none; of the device. */
export async function readWhole(devices: ActivityDependencies['devices'], device: DeviceId, signal: AbortSignal) {
  const opened = devices.open(device);
  const read = await opened.readConfiguration?.(signal);
  if (read === undefined)
    throw new PortwardenError(
      'backup-unsupported',
      `Devices such as ${device} are read port by port: there is no whole configuration of them.`,
    );
  return { opened, read };
}
