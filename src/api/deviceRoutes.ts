import { Router } from 'express';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import { readField } from '../protocol/inputFields';
import type { OperatedCoordinators } from '../temporal/coordinators';
import { withDeadline } from './deadline';

/** What the routes of devices' coordinators are made of. */
export interface DeviceRoutesDependencies {
  readonly coordinators: OperatedCoordinators;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  /** Longest wait for Temporal, in milliseconds. */
  readonly answerWithinMs: number;
}

/**
 * `GET /devices/:device/coordinator`: what waits on a device, what runs and the last outcomes; `POST /devices/:device/retry`: try what waits
 * now instead of when its back-off ends. Nothing is decided by either: what is tried is judged as ever.
 */
export function deviceRoutes({ coordinators, requireDriver, answerWithinMs }: DeviceRoutesDependencies): Router {
  const router = Router();
  const deviceOf = (text: string): DeviceId => {
    const device = readField('device', () => parseDeviceId(text));
    requireDriver(device);
    return device;
  };
  router.get('/devices/:device/coordinator', async (request, response) => {
    const device = deviceOf(request.params.device);
    const state = await withDeadline(coordinators.state(device), answerWithinMs);
    response.set('Cache-Control', 'no-store').json({ device, coordinator: state ?? null });
  });
  router.post('/devices/:device/retry', async (request, response) => {
    const device = deviceOf(request.params.device);
    const isTold = await withDeadline(coordinators.retryNow(device), answerWithinMs);
    response.set('Cache-Control', 'no-store').json({ device, retried: isTold });
  });
  return router;
}
