import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { PortwardenError, type ErrorReport } from '../domain/errors';
import type { PortSecurityEvent } from '../domain/event/event';
import { ATTRIBUTE, EVENT_WORKFLOW, QUERIES } from '../protocol/names';
import { failureOf, isServiceFailure } from './failures';
import { eventDigest, eventWorkflowId } from './eventIds';

const DEADLINE_MS = 8_000;
const QUERY_DEADLINE_MS = 1_500;
const RETRY_AFTER_MS = 5_000;
const DIGEST = 'eventDigest';

const STATES: Readonly<Record<string, EventStatus['state']>> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** What became of an event so far. */
export interface EventStatus {
  readonly workflowId: string;
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly closedAt?: string;
  /** While it runs: for what, in plain words. */
  readonly waitingFor?: string;
  /** Once it is completed: the workflow's result. */
  readonly outcome?: unknown;
  readonly error?: ErrorReport;
  /** Its page in the Temporal UI. */
  readonly uiUrl?: string;
}

/** Starts and looks up event workflows. The API knows nothing else of Temporal. */
export interface EventService {
  /**
   * Starts the event's workflow; resolves only when that is durable. With a key that was used before, nothing is
   * started and the first workflow's id comes back.
   * @throws PortwardenError `temporal-unavailable`, or `idempotency-key-reused` when the key came with another event.
   */
  start(
    event: PortSecurityEvent,
    idempotencyKey: string | undefined,
  ): Promise<{ readonly workflowId: string; readonly alreadyStarted: boolean }>;
  /**
   * @returns undefined when there is no event workflow of this id.
   * @throws PortwardenError `temporal-unavailable`.
   */
  status(workflowId: string): Promise<EventStatus | undefined>;
}

/** Informed of what becomes of events that are to be started. */
export interface EventObserver {
  /** It was accepted. */
  readonly started?: (event: PortSecurityEvent) => void;
  /** Temporal did not accept it. */
  readonly refused?: () => void;
}

/** Starts event workflows and reads what became of them. */
export class TemporalEvents implements EventService {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly observer: EventObserver = {},
  ) {}

  async start(
    event: PortSecurityEvent,
    idempotencyKey: string | undefined,
  ): Promise<{ workflowId: string; alreadyStarted: boolean }> {
    const workflowId = eventWorkflowId(event, idempotencyKey, randomUUID());
    const digest = eventDigest(event);
    try {
      await this.bounded(DEADLINE_MS, () =>
        this.client.workflow.start(EVENT_WORKFLOW, {
          workflowId,
          taskQueue: this.taskQueue,
          args: [event],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          memo: { [DIGEST]: digest },
          typedSearchAttributes: [
            { key: ATTRIBUTE.serverId, value: String(event.serverId) },
            { key: ATTRIBUTE.action, value: event.action },
          ],
          staticSummary:
            `${event.action} server ${event.serverId} ${event.ips.slice(0, 3).join(' ')}${event.ips.length > 3 ? ' …' : ''}`.trim(),
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
        this.observer.refused?.();
        throw asUnavailable(error);
      }
      await this.refuseOtherEvent(workflowId, digest);
      return { workflowId, alreadyStarted: true };
    }
    this.observer.started?.(event);
    return { workflowId, alreadyStarted: false };
  }

  async status(workflowId: string): Promise<EventStatus | undefined> {
    const description = await this.describe(workflowId);
    if (description === undefined || description.type !== EVENT_WORKFLOW) return undefined;
    const state = STATES[description.status.name] ?? 'running';
    const base = {
      workflowId,
      state,
      startedAt: description.startTime.toISOString(),
      ...(description.closeTime === undefined ? {} : { closedAt: description.closeTime.toISOString() }),
    };
    if (state === 'running') return { ...base, ...(await this.waitingFor(workflowId)) };
    if (state === 'completed' || state === 'failed') return { ...base, ...(await this.outcome(workflowId)) };
    return base;
  }

  /** The same key with another event is the caller's mistake (draft-ietf-httpapi-idempotency-key-header, section 2.7). */
  private async refuseOtherEvent(workflowId: string, digest: string): Promise<void> {
    const known = (await this.describe(workflowId))?.memo?.[DIGEST];
    if (known !== undefined && known !== digest) {
      throw new PortwardenError('idempotency-key-reused', 'The Idempotency-Key was used before with another event');
    }
  }

  private async describe(workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.bounded(DEADLINE_MS, () => this.client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw asUnavailable(error);
    }
  }

  private async waitingFor(workflowId: string): Promise<{ waitingFor?: string }> {
    try {
      const waitingFor = await this.bounded(QUERY_DEADLINE_MS, () =>
        this.client.workflow.getHandle(workflowId).query<string>(QUERIES.status),
      );
      return waitingFor === '' ? {} : { waitingFor };
    } catch {
      return { waitingFor: 'A worker: none answers at the moment' };
    }
  }

  private async outcome(workflowId: string): Promise<Pick<EventStatus, 'outcome' | 'error'>> {
    try {
      return { outcome: await this.bounded(DEADLINE_MS, () => this.client.workflow.getHandle(workflowId).result()) };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw asUnavailable(error);
      const { cause } = error;
      const report = { error: failureOf(error) };
      return cause instanceof ApplicationFailure ? { outcome: cause.details?.[0], ...report } : report;
    }
  }

  private bounded<T>(milliseconds: number, call: () => Promise<T>): Promise<T> {
    return this.client.withDeadline(Date.now() + milliseconds, call);
  }
}

/** Whatever keeps Temporal from answering means that nothing durable was accepted. */
function asUnavailable(error: unknown): unknown {
  if (error instanceof PortwardenError) return error;
  if (!isServiceFailure(error)) return error;
  return new PortwardenError(
    'temporal-unavailable',
    'The Temporal server does not answer; the event was not accepted',
    {
      retryAfterMs: RETRY_AFTER_MS,
      cause: error,
    },
  );
}
