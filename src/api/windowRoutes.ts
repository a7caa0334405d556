import { Router, type RequestHandler } from 'express';
import { invalidField } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';
import { EXCEPTION_MS, type WindowException } from '../domain/windows/windowException';
import { fieldsOf, readDecision, readExpiry } from '../protocol/inputFields';
import { jsonBody } from './jsonBody';
import { readScope } from './scopeFields';

/** Exceptions from change windows, as people see and grant them. @throws PortwardenError `store-unavailable`. */
export interface WindowExceptionService {
  active(): Promise<readonly WindowException[]>;
  /** In force when it resolves; the port's coordinator is told. */
  grant(exception: Omit<WindowException, 'since'>): Promise<WindowException>;
}

/** What the routes of change windows are made of. */
export interface WindowRoutesDependencies {
  readonly exceptions: WindowExceptionService;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  /** A port as its device names it. */
  readonly portOnDevice: (port: PortRef) => PortName;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

/**
 * `GET /window-exceptions`: what people let pass closed change windows; `POST /window-exceptions`: what is due on a port is made once
 * though its window is closed. Pauses and freezes are passed by nothing.
 */
export function windowRoutes({
  exceptions,
  requireDriver,
  portOnDevice,
  bodyLimitBytes,
  once,
}: WindowRoutesDependencies): Router {
  const router = Router();
  router.get('/window-exceptions', async (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ exceptions: await exceptions.active() });
  });
  router.post('/window-exceptions', jsonBody(bodyLimitBytes, 'invalid-request'), once, async (request, response) => {
    const fields = fieldsOf(request.body, ['device', 'port', 'reason', 'author', 'expiresAt']);
    const scope = readScope(
      { device: textOf(fields['device'], 'device'), port: textOf(fields['port'], 'port') },
      { sites: undefined, requireDriver },
    );
    if (scope.kind !== 'port') throw invalidField('invalid-request', 'port', 'must name a port of the device');
    const port = portOnDevice({ device: scope.device, port: scope.port });
    const now = Date.now();
    const { expiresAt = new Date(now + EXCEPTION_MS.usual).toISOString() } = readExpiry(fields['expiresAt']);
    const lasts = Date.parse(expiresAt) - now;
    if (lasts <= 0 || lasts > EXCEPTION_MS.longest)
      throw invalidField('invalid-request', 'expiresAt', 'must be within the next seven days');
    const exception = await exceptions.grant({ device: scope.device, port, ...readDecision(fields), expiresAt });
    response.status(201).set('Cache-Control', 'no-store').json({ exception });
  });
  return router;
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw invalidField('invalid-request', field, 'must be a text');
}
