import { Router } from 'express';
import { ENDS_SOON_MS } from '../domain/change/keep';
import { invalidField } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import type { KeepFilter, KeepRepository } from '../store/keeps';
import { onDevice, type NamedPorts } from './namedPorts';
import { queryFields } from './queryFields';

const DEFAULT_LIMIT = 100;
const MOST = 500;
const FIELDS = ['device', 'port', 'after', 'limit', 'ending'];

/** `GET /keeps`: what people keep, page by page (`next` is the `after` of the next one); `ending=soon`: what ends within a week. */
export function keepRoutes(
  keeps: Pick<KeepRepository, 'list'>,
  check: NamedPorts & { readonly requireDriver: (device: DeviceId) => void },
): Router {
  const router = Router();
  router.get('/keeps', async (request, response) => {
    const filter = readFilter(queryFields(request));
    if (filter.device !== undefined) check.requireDriver(filter.device);
    const found = await keeps.list({ ...onDevice(filter, check), limit: filter.limit + 1 });
    const page = found.slice(0, filter.limit);
    const last = found.length > page.length ? page.at(-1)?.id : undefined;
    response.set('Cache-Control', 'no-store').json({ keeps: page, ...(last === undefined ? {} : { next: last }) });
  });
  return router;
}

function readFilter(fields: Readonly<Record<string, string>>): KeepFilter {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${FIELDS.join(', ')}`);
  const { device, port, after, limit = String(DEFAULT_LIMIT), ending } = fields;
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)
    throw invalidField('invalid-request', 'limit', `must be a whole number from 1 to ${MOST}`);
  if (after !== undefined && !/^\d{1,18}$/.test(after))
    throw invalidField('invalid-request', 'after', 'must be what `next` of the page before says');
  if (ending !== undefined && ending !== 'soon') throw invalidField('invalid-request', 'ending', 'must be soon');
  return {
    limit: Number(limit),
    ...(device === undefined ? {} : { device: read('device', () => parseDeviceId(device)) }),
    ...(port === undefined ? {} : { port: read('port', () => parsePortName(port)) }),
    ...(after === undefined ? {} : { after }),
    ...(ending === undefined ? {} : { endingUntil: new Date(Date.now() + ENDS_SOON_MS) }),
  };
}

function read<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw invalidField('invalid-request', field, error instanceof Error ? error.message : 'is invalid');
  }
}
