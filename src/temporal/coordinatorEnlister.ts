import type { Client } from '@temporalio/client';
import { coordinatorWorkflowId, ATTRIBUTE, COORDINATOR_WORKFLOW, SIGNALS } from '../protocol/names';
import type { DeviceId } from '../domain/values/port';
import type { CoordinatorInput, CoordinatorSettings } from '../protocol/coordinator';
import type { EnlistRequest } from '../protocol/requests';

/** Brings requests to a device's coordinator, starting it when it does not run. */
export interface Enlister {
  /** How long an event waits for an outcome before it asks again, and when the coordinator gives up; milliseconds. */
  readonly patience: { readonly waitForOutcomeMs: number; readonly giveUpAfterMs: number };
  /** Resolves once the request is durable. */
  enlist(device: DeviceId, request: EnlistRequest): Promise<void>;
}

interface Asker {
  readonly request: EnlistRequest;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const MOST_IN_ONE_SIGNAL = 200;
/** Keeps a signal below Temporal's payload limits, whatever the requests name. */
const MOST_ADDRESSES_IN_ONE_SIGNAL = 5_000;
const SIGNAL_MS = 10_000;

/**
 * Group commit for requests: while a signal to a device's coordinator is in flight, further requests of this
 * process for the same device gather and go out together. A lone request is never delayed.
 */
export class CoordinatorEnlister implements Enlister {
  /** Devices with a signal in flight, and who waits for the next one. */
  private readonly gathering = new Map<DeviceId, Asker[]>();

  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly settings: CoordinatorSettings,
    private readonly waitForOutcomeMs: number,
  ) {}

  get patience(): Enlister['patience'] {
    return { waitForOutcomeMs: this.waitForOutcomeMs, giveUpAfterMs: this.settings.giveUpAfterMs };
  }

  enlist(device: DeviceId, request: EnlistRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const asker = { request, resolve, reject };
      const gathering = this.gathering.get(device);
      if (gathering === undefined) {
        this.gathering.set(device, [asker]);
        void this.drain(device);
      } else {
        gathering.push(asker);
      }
    });
  }

  private async drain(device: DeviceId): Promise<void> {
    const askers = this.gathering.get(device) ?? [];
    while (askers.length > 0) {
      const group = askers.splice(0, groupSize(askers));
      try {
        await this.signal(
          device,
          group.map((asker) => asker.request),
        );
        for (const asker of group) asker.resolve();
      } catch (error) {
        for (const asker of group) asker.reject(error);
      }
    }
    this.gathering.delete(device);
  }

  private async signal(device: DeviceId, requests: readonly EnlistRequest[]): Promise<void> {
    const input: CoordinatorInput = { device, settings: this.settings };
    await this.client.withDeadline(Date.now() + SIGNAL_MS, () =>
      this.client.workflow.signalWithStart(COORDINATOR_WORKFLOW, {
        workflowId: coordinatorWorkflowId(device),
        taskQueue: this.taskQueue,
        args: [input],
        signal: SIGNALS.enlist,
        signalArgs: [requests],
        priority: { priorityKey: 1 },
        staticSummary: `Coordinator of ${device}`,
        typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }],
      }),
    );
  }
}

/** How many of the waiting requests go out together; at least one. */
function groupSize(askers: readonly Asker[]): number {
  let addresses = 0;
  const end = askers.findIndex(({ request }, index) => {
    addresses += request.explainedIps.length;
    return index > 0 && (index >= MOST_IN_ONE_SIGNAL || addresses > MOST_ADDRESSES_IN_ONE_SIGNAL);
  });
  return end === -1 ? askers.length : end;
}
