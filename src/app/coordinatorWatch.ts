import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { parsePortName, type DeviceId } from '../domain/values/port';
import { ATTRIBUTE, EVENT_WORKFLOW, SIGNALS } from '../protocol/names';
import type { PortProgress } from '../protocol/events';
import { surveyCoordinators, type StuckCoordinator } from '../temporal/coordinatorStates';
import type { Log } from '../telemetry/log';

/** How the coordinators are watched. */
export interface CoordinatorWatchOptions {
  readonly client: Client;
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default 15,000. */
  readonly everyMs?: number;
}

const EVERY_MS = 15_000;
const LIMITS = { altogetherMs: 12_000, eachMs: 1_500 } as const;
const TELL_MS = 5_000;
/** The SDK's code of a history that the code does not fit. Anything else must be seen twice: a worker may just have died. */
const CERTAIN = /TMPRL1100/;

interface Trouble {
  readonly coordinator: StuckCoordinator;
  /** Events that were told of it. */
  readonly told: Set<string>;
}

/**
 * Looks at the running coordinators again and again, and notices those that cannot go on: after an upgrade whose code
 * does not fit their history they take requests and do nothing, in silence. Each gets one log line, and every event that
 * waits for it is told.
 */
export class CoordinatorWatch {
  private readonly troubles = new Map<DeviceId, Trouble>();
  /** Runs that did not answer at the last look, for a reason that may pass. */
  private suspects: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: CoordinatorWatchOptions) {
    this.next();
  }

  /** The coordinators that could not go on when they were looked at last. */
  get stuck(): readonly StuckCoordinator[] {
    return [...this.troubles.values()].map(({ coordinator }) => coordinator);
  }

  /** Ends the watch, after the look that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private next(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => {
        this.next();
      });
    }, this.options.everyMs ?? EVERY_MS);
    this.timer.unref();
  }

  /** Never throws: while Temporal is away nothing is known, and what was known stays. */
  private async look(): Promise<void> {
    const { client, log } = this.options;
    try {
      const { states, stuck } = await surveyCoordinators(client, LIMITS);
      for (const { device } of states) this.recovered(device);
      for (const coordinator of stuck) {
        if (CERTAIN.test(coordinator.cause) || this.suspects.has(coordinator.runId)) this.noticed(coordinator);
      }
      this.suspects = new Set(stuck.map(({ runId }) => runId));
      for (const trouble of this.troubles.values()) {
        if (await this.isOver(trouble.coordinator)) this.recovered(trouble.coordinator.device);
        else await this.tell(trouble);
      }
    } catch (error) {
      log.debug(
        { reason: error instanceof Error ? error.message : String(error) },
        'the coordinators could not be looked at',
      );
    }
  }

  private noticed(coordinator: StuckCoordinator): void {
    const { device, workflowId, runId, cause } = coordinator;
    const known = this.troubles.get(device);
    if (known?.coordinator.runId === runId) return;
    this.troubles.set(device, { coordinator, told: new Set() });
    this.options.log.error(
      { device, workflowId, runId, cause },
      'a coordinator cannot go on; nothing is changed on its device until it is reset: docs/operations.md, "A workflow that cannot go on"',
    );
  }

  private recovered(device: DeviceId): void {
    if (this.troubles.delete(device)) this.options.log.info({ device }, 'the coordinator goes on again');
  }

  /** The run was reset, terminated or ended. */
  private async isOver({ workflowId, runId }: StuckCoordinator): Promise<boolean> {
    const { client } = this.options;
    try {
      const { status } = await client.withDeadline(Date.now() + TELL_MS, () =>
        client.workflow.getHandle(workflowId, runId).describe(),
      );
      return status.name !== 'RUNNING';
    } catch (error) {
      return error instanceof WorkflowNotFoundError;
    }
  }

  private async tell({ coordinator, told }: Trouble): Promise<void> {
    const { client } = this.options;
    const { device, workflowId, cause } = coordinator;
    const message =
      `${workflowId} cannot go on (${cause}). It has to be reset by a person: docs/operations.md, "A workflow that cannot go on". ` +
      'Nothing is lost, this event goes on afterwards.';
    const query = `WorkflowType = "${EVENT_WORKFLOW}" AND ExecutionStatus = "Running" AND Device = "${device}"`;
    await client.withDeadline(Date.now() + TELL_MS, async () => {
      for await (const event of client.workflow.list({ query })) {
        const port = event.typedSearchAttributes.get(ATTRIBUTE.port);
        if (port === undefined || told.has(event.workflowId)) continue;
        const progress: PortProgress = { device, port: parsePortName(port), message };
        told.add(event.workflowId);
        await client.workflow
          .getHandle(event.workflowId)
          .signal(SIGNALS.portProgress, progress)
          .catch(() => told.delete(event.workflowId));
      }
    });
  }
}
