import type { PortSecurityEvent } from '../domain/event/event';
import { keyedWorkflowId, requestDigest } from './idempotencyKeys';

/**
 * The id of an event's workflow. Without a key every request is an event of its own.
 * @param unique what tells this request apart, such as a random UUID.
 */
export function eventWorkflowId(event: PortSecurityEvent, idempotencyKey: string | undefined, unique: string): string {
  if (idempotencyKey === undefined) return `event-${event.action}-${event.serverId}-${unique}`;
  return keyedWorkflowId('event', idempotencyKey);
}

/** Fingerprint of an event. Kept with the workflow, it tells a repeated request from a reused key. */
export function eventDigest(event: PortSecurityEvent): string {
  return requestDigest([event.action, event.serverId, [...event.ips].sort()]);
}
