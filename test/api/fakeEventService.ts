import { randomUUID } from 'node:crypto';
import { eventDigest, eventWorkflowId } from '../../src/temporal/eventIds';
import type { EventService, EventStatus } from '../../src/temporal/events';
import { PortwardenError } from '../../src/domain/errors';
import type { PortSecurityEvent } from '../../src/domain/event/event';

/** Keeps events in memory, with Temporal's rule that an id is used once. `fault` makes the next calls fail. */
export class FakeEventService implements EventService {
  readonly started: PortSecurityEvent[] = [];
  readonly statuses = new Map<string, EventStatus>();
  fault: (() => Promise<never>) | undefined;
  private readonly digests = new Map<string, string>();

  async start(
    event: PortSecurityEvent,
    idempotencyKey: string | undefined,
  ): Promise<{ workflowId: string; alreadyStarted: boolean }> {
    if (this.fault !== undefined) return this.fault();
    const workflowId = eventWorkflowId(event, idempotencyKey, randomUUID());
    const digest = eventDigest(event);
    const before = this.digests.get(workflowId);
    if (before !== undefined && before !== digest) {
      throw new PortwardenError('idempotency-key-reused', 'This Idempotency-Key came before with another event.');
    }
    if (before === undefined) this.started.push(event);
    this.digests.set(workflowId, digest);
    return { workflowId, alreadyStarted: before !== undefined };
  }

  async status(workflowId: string): Promise<EventStatus | undefined> {
    if (this.fault !== undefined) return this.fault();
    return this.statuses.get(workflowId);
  }
}
