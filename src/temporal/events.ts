import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { PortwardenError } from '../domain/errors';
import type { PortSecurityEvent } from '../domain/event/event';
import { ATTRIBUTE, EVENT_WORKFLOW } from '../protocol/names';
import { isServiceFailure } from './failures';
import { eventDigest, eventWorkflowId } from './eventIds';
import { refuseOtherRequest, startedOnce } from './idempotencyKeys';
import { workflowStatus, type WorkflowStatus } from './workflowStatus';

const DEADLINE_MS = 8_000;
const RETRY_AFTER_MS = 5_000;

/** What became of an event so far. */
export type EventStatus = WorkflowStatus;

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
          ...startedOnce(digest),
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
      await refuseOtherRequest(this.client, workflowId, { digest, what: 'event' });
      return { workflowId, alreadyStarted: true };
    }
    this.observer.started?.(event);
    return { workflowId, alreadyStarted: false };
  }

  status(workflowId: string): Promise<EventStatus | undefined> {
    return workflowStatus(this.client, workflowId, [EVENT_WORKFLOW]);
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
