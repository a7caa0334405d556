import { Router, type Request } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';
import { unifiedDiff } from '../primitives/unifiedDiff';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import type { Backup, BackupRepository } from '../store/backups';
import type { Looks } from '../temporal/looks';
import { cursorOf, queryOf, readPage } from './paging';

/** What the routes of backups read. */
export type StoredBackups = Pick<BackupRepository, 'list' | 'get' | 'runs'>;

/**
 * `GET /backups`: how backups of every device stand; `GET /devices/:device/backups`: when the device's configuration was another one, newest first;
 * `…/backups/:id`: one with its configuration; `…/backups/diff?from=&to=`: the difference of two, or of one
 * and what the device has now (`to=now`), which a worker reads.
 */
export function backupRoutes(
  backups: StoredBackups,
  looks: Pick<Looks, 'compareBackup'>,
  requireDriver: (device: DeviceId) => void,
): Router {
  const router = Router();
  const deviceOf = (request: Request<{ device: string }>): DeviceId => {
    const device = readDevice(request.params.device);
    requireDriver(device);
    return device;
  };
  const find = async (device: DeviceId, id: string): Promise<Backup> => {
    const backup = ID.test(id) ? await backups.get(device, id) : undefined;
    if (backup === undefined) throw new PortwardenError('not-found', `${device} has no backup with this id.`);
    return backup;
  };
  router.get('/backups', async (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ devices: await backups.runs() });
  });
  router.get('/devices/:device/backups', async (request, response) => {
    const device = deviceOf(request);
    const { limit, after } = readPage(queryOf(request), 1);
    const rows = await backups.list(device, limit + 1, readBefore(after));
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    response
      .set('Cache-Control', 'no-store')
      .json({ backups: page, ...(last === undefined ? {} : { next: cursorOf([last.id]) }) });
  });
  router.get('/devices/:device/backups/diff', async (request, response) => {
    const device = deviceOf(request);
    const query = queryOf(request);
    const from = await find(device, readId(query, 'from'));
    if (query.get('to') === NOW) {
      const { diff } = await looks.compareBackup({ device, from: from.id });
      response
        .set('Cache-Control', 'no-store')
        .json({ device, from: from.id, to: NOW, ...(diff === undefined ? { tooDifferent: true } : { diff }) });
      return;
    }
    const to = await find(device, readId(query, 'to'));
    const diff = unifiedDiff(asFile(from), asFile(to));
    response
      .set('Cache-Control', 'no-store')
      .json({ device, from: from.id, to: to.id, ...(diff === undefined ? { tooDifferent: true } : { diff }) });
  });
  router.get('/devices/:device/backups/:id', async (request, response) => {
    response.set('Cache-Control', 'no-store').json(await find(deviceOf(request), request.params.id));
  });
  return router;
}

const ID = /^\d{1,18}$/;
/** What the device has now, in the place of a backup. */
const NOW = 'now';

function asFile({ device, id, at, configuration }: Backup): { readonly name: string; readonly text: string } {
  return { name: `${device} backup ${id} of ${at}`, text: configuration };
}

function readDevice(text: string): DeviceId {
  try {
    return parseDeviceId(text);
  } catch (error) {
    throw invalidField('invalid-request', 'device', error instanceof Error ? error.message : 'is invalid');
  }
}

function readId(query: URLSearchParams, field: string): string {
  const id = query.get(field);
  if (id === null || !ID.test(id)) throw invalidField('invalid-request', field, 'must be the id of a backup');
  return id;
}

function readBefore(after: readonly string[] | undefined): string | undefined {
  const id = after?.[0];
  if (id !== undefined && !ID.test(id))
    throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
  return id;
}
