import { Router, type Request, type Response } from 'express';
import { VIRTUAL_MAC_STATES, type VirtualMacState } from '../domain/desired/virtualMac';
import { invalidField, PortwardenError } from '../domain/errors';
import { parseServerId } from '../domain/event/event';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { parseIp } from '../domain/values/ip';
import { parsePortName } from '../domain/values/port';
import { parseVirtualMac, readAssignInput, readRevokeInput } from '../protocol/virtualMacs';
import type { VirtualMacFilter, VirtualMacReader } from '../store/virtualMacs';
import type { VirtualMacOperations } from '../temporal/virtualMacs';
import { jsonBody } from './jsonBody';
import { onDevice, type NamedPorts } from './namedPorts';
import { nextOf, queryOf, readPage } from './paging';

/** What the routes of virtual MACs are made of. */
export interface VirtualMacRoutesDependencies extends NamedPorts {
  /** Absent in a process without a store: asking for them is `api-without-store`. */
  readonly virtualMacs: Pick<VirtualMacReader, 'list' | 'listByMacs' | 'events'> | undefined;
  readonly operations: VirtualMacOperations;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
}

/** How much of its event log is shown with one virtual MAC. */
const SHOWN_EVENTS = 50;

/**
 * `GET /`: virtual MACs, newest first, page by page; `GET /log`: what happened to them; `GET /:mac`: one with its log;
 * `POST /`: a person gives an address one; `POST /:mac/revoke`: a person takes one away. Workers carry out the last two.
 */
export function virtualMacRoutes(dependencies: VirtualMacRoutesDependencies): Router {
  const { virtualMacs, operations, requireDriver, bodyLimitBytes } = dependencies;
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  if (virtualMacs !== undefined) {
    router.get('/', async (request, response) => {
      const filter = readFilter(queryOf(request));
      if (filter.device !== undefined) requireDriver(filter.device);
      const rows = await virtualMacs.list(onDevice(filter, dependencies));
      answer(response, { virtualMacs: rows, ...nextOf(rows, filter.limit, ({ id }) => [id]) });
    });
    router.get('/log', async (request, response) => {
      const query = queryOf(request);
      const mac = optional(query, 'mac', parseVirtualMac);
      const filter = { ...readHolder(query), ...readKey(query), ...(mac === undefined ? {} : { mac }) };
      const events = await virtualMacs.events(filter);
      answer(response, { events, ...nextOf(events, filter.limit, ({ id }) => [id]) });
    });
    router.get('/:mac', async (request, response) => {
      const mac = macOf(request);
      const [virtualMac] = await virtualMacs.listByMacs([mac]);
      if (virtualMac === undefined)
        throw new PortwardenError('not-found', `${mac} is no virtual MAC of this installation.`);
      answer(response, { virtualMac, events: await virtualMacs.events({ mac, limit: SHOWN_EVENTS }) });
    });
  }
  router.post('/', body, async (request, response) => {
    answer(response, await operations.assign(readAssignInput(request.body)));
  });
  router.post('/:mac/revoke', body, async (request, response) => {
    const fields: unknown = request.body ?? {};
    const input = typeof fields === 'object' && !Array.isArray(fields) ? { ...fields, mac: macOf(request) } : fields;
    answer(response, await operations.revoke(readRevokeInput(input)));
  });
  return router;
}

function answer(response: Response, what: object): void {
  response.set('Cache-Control', 'no-store').json(what);
}

function macOf({ params }: Pick<Request, 'params'>): ReturnType<typeof parseVirtualMac> {
  return field('mac', () => parseVirtualMac(String(params['mac'])));
}

function readFilter(query: URLSearchParams): VirtualMacFilter {
  const state = optional(query, 'state', parseState);
  const device = optional(query, 'device', parseDeviceId);
  const port = optional(query, 'port', parsePortName);
  if (port !== undefined && device === undefined)
    throw invalidField('invalid-request', 'device', 'must be given with port');
  return {
    ...readHolder(query),
    ...readKey(query),
    ...(state === undefined ? {} : { state }),
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
  };
}

function readHolder(query: URLSearchParams): Pick<VirtualMacFilter, 'serverId' | 'ip'> {
  const serverId = optional(query, 'server', parseServerId);
  const ip = optional(query, 'ip', parseIp);
  return { ...(serverId === undefined ? {} : { serverId }), ...(ip === undefined ? {} : { ip }) };
}

/** The page that is asked for. Its key is the number of its last entry. */
function readKey(query: URLSearchParams): Pick<VirtualMacFilter, 'limit' | 'before'> {
  const { limit, after } = readPage(query, 1);
  const [before] = after ?? [];
  if (before === undefined) return { limit };
  if (!/^\d{1,18}$/.test(before))
    throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
  return { limit, before };
}

function parseState(text: string): VirtualMacState {
  const known = VIRTUAL_MAC_STATES.find((state) => state === text);
  if (known !== undefined) return known;
  throw new RangeError(`must be one of ${VIRTUAL_MAC_STATES.join(', ')}`);
}

function optional<T>(query: URLSearchParams, name: string, parse: (text: string) => T): T | undefined {
  const text = query.get(name);
  return text === null ? undefined : field(name, () => parse(text));
}

function field<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidField('invalid-request', name, error.message);
  }
}
