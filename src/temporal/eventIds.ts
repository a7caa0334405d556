import { createHash } from 'node:crypto';
import type { PortSecurityEvent } from '../domain/event/event';

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
