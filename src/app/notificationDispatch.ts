import { admitted, type DeliveryLimits } from '../domain/notifications/admission';
import type { NotificationFormat } from '../domain/notifications/endpoint';
import type { GroupingTimes } from '../domain/notifications/grouping';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { DeliveryKey, NotificationRepository } from '../store/notifications';
import type { Log } from '../telemetry/log';
import type { NotificationDeliveries } from '../temporal/notifications';
import { messageOf } from '../primitives/systemError';

/** What bringing notifications on their way needs. */
export interface NotificationDispatchOptions {
  readonly store: { readonly notifications: NotificationRepository };
  readonly deliveries: NotificationDeliveries;
  readonly limits: DeliveryLimits;
  /** How what happens together becomes one message for a chat. */
  readonly grouping: GroupingTimes;
  /** How long what has ended is kept, in milliseconds. */
  readonly keepMs: number;
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 500;
/** A tenth of a second of the embedded store, which does one thing at a time. */
const SPREAD_AT_ONCE = 200;
const SPREADS_OF_A_LOOK = 10;
const TESTS_AT_ONCE = 20;
/** Of a delivery whose workflow should have done something so long ago nobody knows whether the workflow is there. */
const SILENT_MS = 15 * 60_000;
const OVERDUE_AT_ONCE = 50;
const SWEEP_EVERY_MS = 60_000;
const FORGET_EVERY_MS = 10 * 60_000;
const FORGOTTEN_AT_ONCE = 1_000;

/**
 * Brings notifications from the store on their way: gives each its deliveries, and starts the workflows of as many as may be under way. A
 * delivery is marked after its workflow was started, and it has one workflow: a process that dies in between loses nothing, and several
 * processes start each once.
 */
export class NotificationDispatch {
  private readonly repeated: RepeatedWork;
  private sweptAt = 0;
  private forgotAt = 0;

  constructor(private readonly options: NotificationDispatchOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look. */
  private async look(): Promise<void> {
    const { store, log } = this.options;
    try {
      for (let times = 0; times < SPREADS_OF_A_LOOK; times += 1)
        if ((await store.notifications.spread(SPREAD_AT_ONCE)) < SPREAD_AT_ONCE) break;
      await this.begin(await store.notifications.tests(TESTS_AT_ONCE));
      const now = new Date();
      for (const load of await store.notifications.loads(now)) {
        const most = admitted(load, this.options.limits, now.getTime());
        if (most > 0) await this.begin(await this.next(load, most, now));
      }
      await this.tidy(now);
    } catch (error) {
      const reason = messageOf(error);
      log.warn({ reason }, 'notifications could not be brought on their way; the next look does it');
    }
  }

  /** A chat is told of all that waits in one message, others of each thing by itself. */
  private async next(
    { id, format }: { readonly id: string; readonly format: NotificationFormat },
    most: number,
    now: Date,
  ): Promise<readonly DeliveryKey[]> {
    const { store, grouping } = this.options;
    if (format !== 'slack') return store.notifications.next(id, most, now);
    const key = await store.notifications.nextGroup(id, grouping, now);
    return key === undefined ? [] : [key];
  }

  private async begin(keys: readonly DeliveryKey[]): Promise<void> {
    const { store, deliveries } = this.options;
    await Promise.all(
      keys.map(async (key) => {
        await deliveries.deliver(key);
        await store.notifications.begun(key, new Date());
      }),
    );
  }

  private async tidy(now: Date): Promise<void> {
    const { store, keepMs, log } = this.options;
    const at = now.getTime();
    if (at - this.sweptAt >= SWEEP_EVERY_MS) {
      this.sweptAt = at;
      await this.begin(await store.notifications.overdue(new Date(at - SILENT_MS), OVERDUE_AT_ONCE));
    }
    if (at - this.forgotAt < FORGET_EVERY_MS) return;
    const gone = await store.notifications.forget(new Date(at - keepMs), FORGOTTEN_AT_ONCE);
    // As long as there is more, the next look goes on with it.
    if (gone < FORGOTTEN_AT_ONCE) this.forgotAt = at;
    if (gone > 0)
      log.info({ notifications: gone }, 'notifications were forgotten that are older than they are to be kept');
  }
}
