import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { Announcement } from './announcement';

/** Where a delivery is: it waits for its turn; it is under way, or waits for its next try; the receiver took it; it was given up. */
export const DELIVERY_STATES = ['queued', 'sending', 'delivered', 'failed'] as const;

/** One of them. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One notification on its way to one endpoint. Times ISO 8601, UTC. */
export interface Delivery {
  /** A decimal number; they grow. */
  readonly id: string;
  /** Of the notification: the same at every try, at every endpoint and in every replay, so that receivers know what they have. */
  readonly messageId: string;
  readonly endpoint: string;
  readonly type: Announcement['type'];
  /** When it happened. */
  readonly at: string;
  readonly device?: DeviceId;
  readonly port?: PortName;
  readonly text: string;
  readonly state: DeliveryState;
  /** Of all tries since it was queued. */
  readonly attempts: number;
  readonly lastAttemptAt?: string;
  readonly nextAttemptAt?: string;
  /** HTTP status of the last answer. */
  readonly lastStatus?: number;
  /** Why the last try failed; begins with an error code and a colon. */
  readonly lastError?: string;
  /** When it was delivered or given up. */
  readonly endedAt?: string;
  /** How often a person had it sent again. */
  readonly round: number;
}

/** How an endpoint stands. Times ISO 8601, UTC. */
export interface EndpointState {
  readonly id: string;
  /** Scheme, host and port of where it is. */
  readonly origin: string;
  readonly format: string;
  readonly types: readonly string[];
  readonly devices?: readonly DeviceId[];
  /** Since when it answers with 410: nothing is sent until a test succeeds. */
  readonly disabledAt?: string;
  /** Since when no try succeeds. */
  readonly failingSince?: string;
  readonly lastError?: string;
  readonly lastAttemptAt?: string;
  readonly lastSuccessAt?: string;
  readonly queued: number;
  /** Under way, or waiting for the next try. */
  readonly sending: number;
  readonly failed: number;
  /** When the oldest that is neither delivered nor given up happened. */
  readonly oldest?: string;
}
