import { Router, type RequestHandler } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';
import { NOTIFICATION_TYPES, TEST_TYPE } from '../domain/notifications/announcement';
import { DELIVERY_STATES } from '../domain/notifications/delivery';
import { devicesInScope, type Sites } from '../domain/values/scope';
import { fieldsOf, readField as read } from '../protocol/inputFields';
import type { DeliveryFilter, NotificationRepository } from '../store/notifications';
import { parseInstant } from './journalFields';
import { jsonBody } from './jsonBody';
import { nextOf, queryOf, readPage } from './paging';
import { oneOf, queryFields } from './queryFields';
import { readScope, type ScopeCheck } from './scopeFields';

/** What these routes need. */
export interface NotificationRoutesDependencies extends ScopeCheck {
  readonly notifications: Pick<
    NotificationRepository,
    'endpoints' | 'list' | 'get' | 'replay' | 'replayFailed' | 'test'
  >;
  readonly sites: Sites;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

const FIELDS = ['limit', 'after', 'state', 'endpoint', 'type', 'since', 'site', 'device'];
const TYPES = [...NOTIFICATION_TYPES, TEST_TYPE] as const;
const REPLAYED_AT_ONCE = 10_000;

/**
 * `GET /notifications`: deliveries, newest first, page by page; `GET /notifications/:id`: one with what it says; `POST
 * /notifications/:id/replay` and `POST /notifications/replay`: send again; `GET /notifications/endpoints`, and `POST
 * /notifications/endpoints/:endpoint/test`: send a test, which workers do.
 */
export function notificationRoutes({
  notifications,
  bodyLimitBytes,
  once,
  ...check
}: NotificationRoutesDependencies): Router {
  const router = Router();
  router.get('/notifications/endpoints', async (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ endpoints: await notifications.endpoints() });
  });
  router.get('/notifications', async (request, response) => {
    const { limit, after } = readPage(queryOf(request), 1);
    const before = after?.join();
    if (before !== undefined && !/^\d{1,18}$/.test(before))
      throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
    const filter = readFilter(queryFields(request), check);
    const listed = await notifications.list({ ...filter, limit, ...(before === undefined ? {} : { before }) });
    response.set('Cache-Control', 'no-store').json({
      notifications: listed,
      ...nextOf(listed, limit, ({ id }) => [id]),
    });
  });
  router.get('/notifications/:id', async (request, response) => {
    const found = await notifications.get(request.params.id);
    if (found === undefined) throw unknownNotification();
    response.set('Cache-Control', 'no-store').json(found);
  });
  router.use('/notifications', jsonBody(bodyLimitBytes, 'invalid-request'), once);
  router.post('/notifications/replay', async (request, response) => {
    const { since, endpoint } = fieldsOf(request.body, ['since', 'endpoint']);
    const from = read('since', () => parseInstant(typeof since === 'string' ? since : ''));
    if (endpoint !== undefined && typeof endpoint !== 'string')
      throw invalidField('invalid-request', 'endpoint', 'must be the id of an endpoint');
    const which = { since: from, ...(endpoint === undefined ? {} : { endpoint }) };
    const replayed = await notifications.replayFailed(which, REPLAYED_AT_ONCE, new Date());
    response.status(202).json({ replayed, more: replayed === REPLAYED_AT_ONCE });
  });
  router.post('/notifications/:id/replay', async (request, response) => {
    fieldsOf(request.body, []);
    const again = await notifications.replay(request.params.id, new Date());
    if (again === undefined) throw unknownNotification();
    if (again === 'under-way')
      throw new PortwardenError('notification-under-way', 'The notification is on its way; it cannot be sent again');
    response.status(202).json(again);
  });
  router.post('/notifications/endpoints/:endpoint/test', async (request, response) => {
    fieldsOf(request.body, []);
    const test = await notifications.test(request.params.endpoint, new Date());
    if (test === undefined)
      throw new PortwardenError('notification-endpoint-unknown', 'There is no such endpoint of notifications');
    response.status(202).json(test);
  });
  return router;
}

function unknownNotification(): PortwardenError {
  return new PortwardenError('not-found', 'There is no such notification.');
}

function readFilter(
  fields: Readonly<Record<string, string>>,
  check: ScopeCheck & { readonly sites: Sites },
): Omit<DeliveryFilter, 'limit' | 'before'> {
  for (const name of Object.keys(fields))
    if (!FIELDS.includes(name)) throw invalidField('invalid-request', name, 'is no field of notifications');
  const { state, endpoint, type, since, site, device } = fields;
  const devices =
    site === undefined && device === undefined
      ? undefined
      : devicesInScope(readScope({ site, device }, check), check.sites);
  return {
    ...(state === undefined ? {} : { state: oneOf('state', state, DELIVERY_STATES) }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(type === undefined ? {} : { type: oneOf('type', type, TYPES) }),
    ...(since === undefined ? {} : { since: read('since', () => parseInstant(since)) }),
    ...(devices === undefined ? {} : { devices }),
  };
}
