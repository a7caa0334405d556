import type { PortOutcome, Requirement } from '../domain/change/outcome';
import type { EventAction, ServerId } from '../domain/event/event';
import type { IpOrRange } from '../domain/values/ip';
import type { PortRef } from '../domain/values/port';

/** Sent to a waiting event when its port goes back to the queue. */
export interface PortProgress extends PortRef {
  readonly message: string;
  /** Set when nothing is wrong and changes wait for a time or a person: the event waits for as long as that lasts. */
  readonly isDeferred?: boolean;
}

/** Result of `portSecurityEvent`, readable in the UI. */
export interface EventResult {
  readonly action: EventAction;
  readonly serverId: ServerId;
  readonly ips: readonly IpOrRange[];
  readonly status: PortOutcome['status'];
  /** One readable sentence. */
  readonly summary: string;
  readonly ports: readonly PortOutcome[];
  readonly requirement?: Requirement;
}
