import type { Client } from '@temporalio/client';
import { parseServerId, type ServerId } from '../domain/event/event';
import type { DeviceId } from '../domain/values/device';
import { parsePortName, type PortName } from '../domain/values/port';
import { ATTRIBUTE, EVENT_WORKFLOW } from '../protocol/names';
import { reaching } from './client';
import type { OperatedCoordinators } from './coordinators';

/** What of ours is not done yet on a device, each with why in words. */
export interface WorkOnDevice {
  /** Ports that its coordinator works on, or that wait there, by the names under which they were asked for. */
  readonly ports: ReadonlyMap<PortName, string>;
  /** Servers of which events run. */
  readonly servers: ReadonlyMap<ServerId, string>;
}

/** Says what of ours is under way. */
export interface WorkUnderWay {
  /** @throws PortwardenError `temporal-unavailable` when it cannot be said. */
  of(device: DeviceId): Promise<WorkOnDevice>;
}

const WITHIN_MS = 10_000;
/** With more events than these running, those of the rest are found at their coordinators, or by the next reconcile. */
const MOST_EVENTS = 1_000;
const RUNNING_EVENTS = `WorkflowType = "${EVENT_WORKFLOW}" AND ExecutionStatus = "Running"`;

/** What coordinators and running events say. */
export class TemporalWork implements WorkUnderWay {
  constructor(
    private readonly client: Client,
    private readonly coordinators: Pick<OperatedCoordinators, 'state'>,
  ) {}

  async of(device: DeviceId): Promise<WorkOnDevice> {
    const servers = new Map<ServerId, string>();
    const ports = new Map<PortName, string>();
    await reaching(() =>
      this.client.withDeadline(Date.now() + WITHIN_MS, async () => {
        let seen = 0;
        for await (const { workflowId, typedSearchAttributes } of this.client.workflow.list({
          query: RUNNING_EVENTS,
        })) {
          const server = typedSearchAttributes.get(ATTRIBUTE.serverId);
          const port = typedSearchAttributes.get(ATTRIBUTE.port);
          if (server !== undefined) servers.set(parseServerId(Number(server)), `the event ${workflowId} runs`);
          if (port !== undefined && typedSearchAttributes.get(ATTRIBUTE.device) === device)
            ports.set(parsePortName(port), `the event ${workflowId} runs`);
          seen += 1;
          if (seen >= MOST_EVENTS) break;
        }
      }),
    );
    const state = await this.coordinators.state(device);
    for (const { port, reason } of state?.pending ?? [])
      ports.set(
        port,
        reason === undefined ? 'waits for its turn at the coordinator' : `waits at the coordinator: ${reason}`,
      );
    for (const port of state?.running?.ports ?? [])
      ports.set(port, `is in batch ${state?.running?.batch ?? ''} of the coordinator, which runs`);
    return { ports, servers };
  }
}
