import { createHash } from 'node:crypto';
import type { ErrorReport } from '../domain/errors';
import type { PortSecurityEvent } from '../domain/event/event';

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

/**
 * The id of an event's workflow. With a key it depends on nothing but the key, so that Temporal itself refuses the
 * second start, however many API processes there are; the key is hashed, since ids have a limited length and are
 * shown everywhere. Without a key every request is an event of its own.
 * @param unique what tells this request apart, such as a random UUID.
 */
export function eventWorkflowId(event: PortSecurityEvent, idempotencyKey: string | undefined, unique: string): string {
  if (idempotencyKey === undefined) return `event-${event.action}-${event.serverId}-${unique}`;
  return `event-key-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)}`;
}

/** Fingerprint of an event. Kept with the workflow, it tells a repeated request from a reused key. */
export function eventDigest(event: PortSecurityEvent): string {
  const canonical = JSON.stringify([event.action, event.serverId, [...event.ips].sort()]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 32);
}
