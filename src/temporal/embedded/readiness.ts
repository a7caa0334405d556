import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { messageOf } from '../../primitives/systemError';

/** The service that the frontend reports the health of (temporal.api.workflowservice.v1). */
const FRONTEND_SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
/** grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING */
const SERVING = '1';
const TRY_MS = 2_000;
const PAUSE_MS = 100;

/**
 * Asks a Temporal server once whether it serves and knows the namespace.
 * @returns undefined when it does, else why not
 */
export async function checkTemporal(address: string, namespace: string): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    const opened = await Connection.connect({ address, connectTimeout: TRY_MS });
    connection = opened;
    await opened.withDeadline(Date.now() + TRY_MS, async () => {
      const health = await opened.healthService.check({ service: FRONTEND_SERVICE });
      if (String(health.status) !== SERVING) throw new Error('the frontend is not serving yet');
      await opened.workflowService.describeNamespace({ namespace });
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    await connection?.close();
  }
}

/**
 * Waits until a Temporal server serves and knows the namespace.
 * @param abandon asked before each try; a text ends the wait with it as the reason
 * @returns undefined when it serves, else why it does not
 */
export async function waitForTemporal(
  address: string,
  namespace: string,
  timeoutMs: number,
  abandon: () => string | undefined = () => undefined,
): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const given = abandon();
    if (given !== undefined) return given;
    const reason = await checkTemporal(address, namespace);
    if (reason === undefined) return undefined;
    if (Date.now() >= deadline) return `it did not answer within ${Math.round(timeoutMs / 1000)} s: ${reason}`;
    await sleep(PAUSE_MS);
  }
}
