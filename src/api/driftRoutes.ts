import { Router, type RequestHandler } from 'express';
import { driftSince } from '../domain/drift/drift';
import { describeDrift, describeStatement } from '../domain/drift/driftWords';
import { invalidField } from '../domain/errors';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { devicesInScope, type Sites } from '../domain/values/scope';
import { readReconcileInput } from '../protocol/reconcile';
import type { DriftFilter, DriftRepository, StoredDrift } from '../store/drift';
import type { ReconcileRepository } from '../store/reconciles';
import type { Reconciles } from '../temporal/reconcileSchedules';
import { jsonBody } from './jsonBody';
import type { NamedPorts } from './namedPorts';
import { nextOf, queryOf, readPage } from './paging';
import { readScope } from './scopeFields';

/** What the routes of drift are made of. */
export interface DriftRoutesDependencies extends NamedPorts {
  readonly drift: Pick<DriftRepository, 'page'>;
  readonly states: Pick<ReconcileRepository, 'list'>;
  readonly reconciles: Pick<Reconciles, 'start'>;
  readonly sites: Sites;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

/**
 * `GET /drift`: ports that are not as they should be, page by page, of everything or of `site`, `device`, or `device` and `port`; with
 * `state=cleared` those that were. `GET /drift/reconciles`: how the newest reconcile of each device went. `POST /drift/reconcile`: have
 * a device reconciled now.
 */
export function driftRoutes({
  drift,
  states,
  reconciles,
  bodyLimitBytes,
  once,
  ...check
}: DriftRoutesDependencies): Router {
  const router = Router();
  router.get('/drift', async (request, response) => {
    const query = queryOf(request);
    const { limit, after } = readPage(query, 1);
    const found = await drift.page(limit, { ...filterOf(query, check), ...afterOf(after) });
    response
      .set('Cache-Control', 'no-store')
      .json({ drift: found.map(shown), ...nextOf(found, limit, ({ id }) => [id]) });
  });
  router.get('/drift/reconciles', async (request, response) => {
    const { devices } = filterOf(queryOf(request), check);
    response.set('Cache-Control', 'no-store').json({ reconciles: await states.list(devices) });
  });
  router.post('/drift/reconcile', jsonBody(bodyLimitBytes, 'invalid-request'), once, async (request, response) => {
    const { device } = readReconcileInput(request.body);
    check.requireDriver(device);
    response
      .status(202)
      .set('Cache-Control', 'no-store')
      .json({ device, ...(await reconciles.start(device)) });
  });
  return router;
}

/** Drift as the API shows it: with what it says in words, and since when it is there. */
function shown(one: StoredDrift) {
  const statements = one.statements.map((each) => ({ ...each, says: describeStatement(each) }));
  return { ...one, statements, since: driftSince(one), says: describeDrift(one) };
}

function filterOf(
  query: URLSearchParams,
  check: Pick<DriftRoutesDependencies, 'sites' | 'requireDriver' | 'portOnDevice'>,
): Pick<DriftFilter, 'devices' | 'port' | 'cleared'> {
  const state = query.get('state') ?? 'open';
  if (state !== 'open' && state !== 'cleared')
    throw invalidField('invalid-request', 'state', 'must be open or cleared');
  const [site, device, port] = ['site', 'device', 'port'].map((name) => query.get(name) ?? undefined);
  const scope = readScope(
    { ...(site === undefined && device === undefined ? { all: true } : {}), site, device, port },
    check,
  );
  const devices = devicesInScope(scope, check.sites);
  return {
    cleared: state === 'cleared',
    ...(devices === undefined ? {} : { devices: devices.map((one) => parseDeviceId(one)) }),
    ...(scope.kind === 'port' ? { port: check.portOnDevice(scope) } : {}),
  };
}

function afterOf(after: readonly string[] | undefined): Pick<DriftFilter, 'after'> {
  const [id] = after ?? [];
  if (id === undefined) return {};
  if (!/^\d{1,18}$/.test(id)) throw invalidField('invalid-request', 'after', 'must be the `next` of an answer');
  return { after: BigInt(id) };
}
