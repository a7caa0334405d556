import { isBrakeOver, type BrakeLimits } from '../domain/change/brake';
import { portRequest } from '../domain/servers/portRequest';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { ParkedChange } from '../store/parked';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { Enlister } from '../temporal/coordinators';
import { messageOf } from '../primitives/systemError';

/** How what is parked is reviewed. */
export interface ParkedReviewOptions {
  readonly store: Pick<Store, 'parked' | 'brakes'>;
  readonly enlister: Enlister;
  readonly log: Log;
  readonly brake?: BrakeLimits;
  /** Time after which a parked change is looked at again, in milliseconds. */
  readonly reviewMs: number;
  /** From the end of one round to the next, in milliseconds. Default 60,000. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;

/**
 * Looks again, from time to time, at ports whose change is parked, so that one whose cause is gone clears itself though no
 * event comes; and releases the brake once nothing that it holds is left. Several workers may do so: a port that is asked
 * for twice is looked at once.
 */
export class ParkedReview {
  private readonly looked = new Map<string, number>();
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: ParkedReviewOptions) {
    this.repeated = new RepeatedWork(() => this.round(), options.everyMs ?? EVERY_MS);
  }

  /** Ends the review, after the round that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** One round. Never throws: while store or Temporal are away, the next round does it. @param now Unix milliseconds. */
  async round(now = Date.now()): Promise<void> {
    const { store, log } = this.options;
    try {
      const parked = await store.parked.list();
      await this.releaseBrake(parked, now);
      await this.lookAgain(parked, now);
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'what is parked was not reviewed');
    }
  }

  private async releaseBrake(parked: readonly ParkedChange[], now: number): Promise<void> {
    const { store, brake: limits, log } = this.options;
    const brake = limits === undefined ? undefined : await store.brakes.current();
    if (limits === undefined || brake === undefined) return;
    const held = parked.filter(({ guards }) => guards.includes('site-brake')).length;
    if (!isBrakeOver(brake, held, limits, now)) return;
    await store.brakes.release('portwarden', 'Nothing that it held is left: the sources name the addresses again', now);
    log.warn(
      { brake: brake.id, since: brake.since },
      'the brake of the site ended by itself: nothing that it held is left',
    );
  }

  private async lookAgain(parked: readonly ParkedChange[], now: number): Promise<void> {
    const { enlister, reviewMs } = this.options;
    const keys = new Set(parked.map(keyOf));
    for (const key of this.looked.keys()) if (!keys.has(key)) this.looked.delete(key);
    for (const change of parked) {
      // A look would carry out what a reconcile left to a person.
      if (change.proposed === true) continue;
      const key = keyOf(change);
      if (now - (this.looked.get(key) ?? Date.parse(change.at)) < reviewMs) continue;
      await enlister.enlist(change.device, portRequest(change.port));
      this.looked.set(key, now);
    }
  }
}

function keyOf({ device, port }: ParkedChange): string {
  return `${device} ${port}`;
}
