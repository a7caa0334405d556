import type { EndpointLoad } from '../domain/notifications/admission';
import type { Announcement } from '../domain/notifications/announcement';
import type { Delivery, DeliveryState, EndpointState } from '../domain/notifications/delivery';
import type { EndpointFilter, NotificationFormat } from '../domain/notifications/endpoint';
import type { GroupingTimes } from '../domain/notifications/grouping';
import type { AnnouncedGroup } from '../domain/notifications/slackGroup';
import type { DeviceId } from '../domain/values/device';
import type { RunOnDatabase } from './engine/database';
import { deliveryGroups } from './notificationGroups';
import { deliveryTurns } from './notificationTurns';
import { deliveryTries } from './notificationTries';
import { notificationLists } from './notificationLists';

/** An endpoint as it is configured. */
export interface ConfiguredEndpoint extends EndpointFilter {
  readonly id: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly format: NotificationFormat;
}

/** What the workflow of a delivery is started with. */
export interface DeliveryKey {
  readonly id: string;
  /** A workflow of an earlier round does nothing. */
  readonly round: number;
}

/** A delivery that is to be tried. */
export interface OpenDelivery extends DeliveryKey {
  readonly endpoint: string;
  readonly format: NotificationFormat;
  readonly messageId: string;
  readonly announcement: Announcement;
  /** What its message tells of besides. Absent: of nothing. */
  readonly group?: OpenGroup;
  /** Tries that the schedule made. */
  readonly scheduled: number;
  /** This one is made before its time. */
  readonly woken: boolean;
  /** It has one try, which is made whatever the endpoint answered before. */
  readonly isTest: boolean;
  /** The endpoint wants nothing any more: nothing is sent. */
  readonly isDisabled: boolean;
}

/** What a message for a chat tells of: the delivery that leads it, and those that go with it. */
export interface OpenGroup extends AnnouncedGroup {
  /** The ids of the deliveries that go with it. */
  readonly members: readonly string[];
}

/** How one try ended. */
export type TryResult =
  | { readonly kind: 'delivered'; readonly status: number }
  /** The endpoint wants nothing any more; the delivery waits until it does again. */
  | { readonly kind: 'held'; readonly status?: number; readonly error?: string }
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly error: string;
      /** Absent: it is given up. */
      readonly nextInMs?: number;
    };

/** Which deliveries a list has; what is left out does not matter. */
export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly endpoint?: string;
  readonly type?: Announcement['type'];
  readonly devices?: readonly DeviceId[];
  /** Of what happened then or later. */
  readonly since?: Date;
  /** Those before this one only: the last of the page before. */
  readonly before?: string;
  readonly limit: number;
}

/** Notifications on their way. What is written with facts themselves: `announce` of notificationOutbox.ts. */
export interface NotificationRepository {
  /** Makes the endpoints be these. What others still have to get is given up. One that is elsewhere now is tried anew. */
  register(endpoints: readonly ConfiguredEndpoint[], at: Date): Promise<void>;
  /** Those that are configured, by id. */
  endpoints(): Promise<readonly EndpointState[]>;
  /** Gives new notifications their deliveries, oldest first. @returns of how many, at most `most`. */
  spread(most: number): Promise<number>;
  /** How much is under way to each configured endpoint. */
  loads(at: Date): Promise<readonly (EndpointLoad & { readonly id: string; readonly format: NotificationFormat })[]>;
  /** The next deliveries of an endpoint: those that waited while it took nothing, then those that wait for their turn; oldest first. */
  next(endpoint: string, most: number, at: Date): Promise<readonly DeliveryKey[]>;
  /**
   * The one delivery that tells a chat of all that waits, the rest of it in its company: what waited while it took nothing, and what waits for
   * its turn. Undefined while nothing does, or more may come that is told with it.
   */
  nextGroup(endpoint: string, times: GroupingTimes, at: Date): Promise<DeliveryKey | undefined>;
  /** Tests that nobody began yet: they wait for no turn. */
  tests(most: number): Promise<readonly DeliveryKey[]>;
  /** Deliveries that are under way, and of which nothing was heard since then. */
  overdue(before: Date, most: number): Promise<readonly DeliveryKey[]>;
  /** Its workflow runs. */
  begun(key: DeliveryKey, at: Date): Promise<void>;
  /** What is to be tried; undefined when nothing is, because it was delivered, given up, or is sent again by another workflow. */
  open(key: DeliveryKey): Promise<OpenDelivery | undefined>;
  /**
   * What became of a try: of the delivery, of those that its message told of too, and of its endpoint. What came into its company since it was
   * opened, and was not told, waits for its turn again.
   */
  tried(key: DeliveryKey, result: TryResult, at: Date, members?: readonly string[]): Promise<void>;
  /** Newest first. */
  list(filter: DeliveryFilter): Promise<readonly Delivery[]>;
  get(id: string): Promise<(Delivery & { readonly data: Announcement['data'] }) | undefined>;
  /** Has one sent again that was delivered or given up. @returns undefined when there is none; `under-way` when it is on its way. */
  replay(id: string, at: Date): Promise<Delivery | 'under-way' | undefined>;
  /** Has those sent again that were given up since then, oldest first. @returns how many, at most `most`. */
  replayFailed(of: { readonly since: Date; readonly endpoint?: string }, most: number, at: Date): Promise<number>;
  /** Has a test sent. @returns undefined when there is no such endpoint. */
  test(endpoint: string, at: Date): Promise<Delivery | undefined>;
  /**
   * Gives up what waits for its turn since before that time, and takes out notifications whose deliveries ended before it.
   * @returns how many it did something with, at most `most` of each.
   */
  forget(before: Date, most: number): Promise<number>;
}

/** Notifications, by subject: whose turn it is, what became of tries, and what people see and ask for. */
export function notificationRepository(run: RunOnDatabase): NotificationRepository {
  return { ...deliveryTurns(run), ...deliveryGroups(run), ...deliveryTries(run), ...notificationLists(run) };
}
