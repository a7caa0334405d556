import { Router } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import { readReleaseInput, readReleaseSubject, readRestoreInput, readRestoreSubject } from '../protocol/holds';
import { readField } from '../protocol/inputFields';
import type { HoldFilter, HoldRepository } from '../store/holds';
import type { HoldService } from '../temporal/holds';
import { acceptDecision } from './acceptedDecision';
import { withDeadline } from './deadline';
import { readIdempotencyKey } from './idempotencyKey';
import { jsonBody } from './jsonBody';
import { onDevice, type NamedPorts } from './namedPorts';
import { cursorOf, queryOf, readPage } from './paging';

/** What the routes of restores and holds are made of. */
export interface HoldRoutesDependencies extends NamedPorts {
  /** Absent in a process without a store: it lists none. */
  readonly stored?: Pick<HoldRepository, 'list' | 'get'> | undefined;
  readonly service: HoldService;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
  /** Longest wait for Temporal, in milliseconds. */
  readonly answerWithinMs: number;
}

const FIELDS = ['device', 'port', 'after', 'limit'];

/**
 * `POST /restores/plan`: what a restore would do; `POST /restores`: the restore of the plan with a hash. `GET /holds`: what
 * people hold, page by page; `GET /holds/:id`; `POST /holds/release/plan`: what the release of some would do;
 * `POST /holds/release`: the release. A worker looks, and the device's coordinator changes.
 */
export function holdRoutes(dependencies: HoldRoutesDependencies): Router {
  const { stored, service, requireDriver, portOnDevice, bodyLimitBytes, answerWithinMs } = dependencies;
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  const named = <T extends { readonly device: DeviceId; readonly port?: PortName }>(asked: T): T => {
    requireDriver(asked.device);
    return onDevice(asked, { portOnDevice });
  };
  router.post('/restores/plan', body, async (request, response) => {
    const subject = named(readRestoreSubject(request.body));
    response.set('Cache-Control', 'no-store').json(await service.planRestore(subject));
  });
  router.post('/restores', body, async (request, response) => {
    const key = readIdempotencyKey(request);
    const input = named(readRestoreInput(request.body));
    acceptDecision(response, await withDeadline(service.restore(input, key), answerWithinMs));
  });
  router.post('/holds/release/plan', body, async (request, response) => {
    const subject = readReleaseSubject(request.body);
    response.set('Cache-Control', 'no-store').json(await service.planRelease(subject));
  });
  router.post('/holds/release', body, async (request, response) => {
    const key = readIdempotencyKey(request);
    const input = readReleaseInput(request.body);
    acceptDecision(response, await withDeadline(service.release(input, key), answerWithinMs));
  });
  if (stored === undefined) return router;
  router.get('/holds', async (request, response) => {
    const { limit, ...filter } = readFilter(queryOf(request));
    if (filter.device !== undefined) requireDriver(filter.device);
    const rows = await stored.list({ ...onDevice(filter, { portOnDevice }), limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    response
      .set('Cache-Control', 'no-store')
      .json({ holds: page, ...(last === undefined ? {} : { next: cursorOf([last.id]) }) });
  });
  router.get('/holds/:id', async (request, response) => {
    const [hold] = await stored.get([request.params.id]);
    if (hold === undefined) throw new PortwardenError('not-found', 'There is no hold with this id.');
    response.set('Cache-Control', 'no-store').json(hold);
  });
  return router;
}

function readFilter(query: URLSearchParams): HoldFilter {
  const unknown = [...query.keys()].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${FIELDS.join(', ')}`);
  const { limit, after } = readPage(query, 1);
  const [id] = after ?? [];
  if (id !== undefined && !/^\d{1,18}$/.test(id))
    throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
  const device = query.get('device');
  const port = query.get('port');
  return {
    limit,
    ...(id === undefined ? {} : { after: id }),
    ...(device === null ? {} : { device: readField('device', () => parseDeviceId(device)) }),
    ...(port === null ? {} : { port: readField('port', () => parsePortName(port)) }),
  };
}
