import { Router } from 'express';
import type { DeviceId } from '../domain/values/device';
import { readDecideParkedInput, type DecideParkedInput } from '../protocol/parkedDecisions';
import type { DecisionService } from '../temporal/decisions';
import { acceptDecision } from './acceptedDecision';
import { withDeadline } from './deadline';
import { readIdempotencyKey } from './idempotencyKey';
import { asObject, jsonBody } from './jsonBody';
import type { NamedPorts } from './namedPorts';

/** What the routes of decisions about parked changes are made of. */
export interface ParkedDecisionRoutesDependencies extends NamedPorts {
  readonly decisions: Pick<DecisionService, 'decideParked'>;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
  /** Longest wait for Temporal, in milliseconds. */
  readonly answerWithinMs: number;
}

/**
 * `POST /guards/parked/approve` and `/reject`: a person lets parked changes of a device's ports go ahead, or drops them. With the fingerprint
 * that `GET /guards/parked` shows, exactly what was seen is decided about. A worker records it, and the device's coordinator carries it out.
 */
export function parkedDecisionRoutes(dependencies: ParkedDecisionRoutesDependencies): Router {
  const { decisions, requireDriver, portOnDevice, bodyLimitBytes, answerWithinMs } = dependencies;
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  for (const verdict of ['approve', 'reject'] as const)
    router.post(`/guards/parked/${verdict}`, body, async (request, response) => {
      const key = readIdempotencyKey(request);
      const input = named(readDecideParkedInput({ ...asObject(request.body), verdict }));
      acceptDecision(response, await withDeadline(decisions.decideParked(input, key), answerWithinMs));
    });
  return router;

  function named(input: DecideParkedInput): DecideParkedInput {
    const { device, ports } = input;
    requireDriver(device);
    return {
      ...input,
      ports: ports.map((one) => ({ ...one, port: portOnDevice({ device, port: one.port }) })),
    };
  }
}
