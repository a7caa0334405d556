import { overEntry } from '../activities/holds/holdEntries';
import { portRequest } from '../domain/servers/portRequest';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Activities } from '../protocol/activities';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What the end of holds needs. */
export interface HoldExpiryOptions {
  readonly store: Pick<Store, 'holds'>;
  readonly enlist: Activities['enlist'];
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default half a minute. */
  readonly everyMs?: number;
}

const EVERY_MS = 30_000;

/**
 * Says of holds whose time is over that it is: journals each, and has its port looked at, so that what the sources want
 * instead waits for a person from then on. A pass knows by itself which holds hold; whatever this does not do, or does late,
 * changes nothing. Several processes may do it: each hold is one's.
 */
export class HoldExpiry {
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: HoldExpiryOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look, or by the next event of the port. */
  private async look(): Promise<void> {
    const { store, enlist, log } = this.options;
    try {
      for (const { id, device, port, askedAs, author, reason } of await store.holds.takeOver(new Date(), overEntry)) {
        log.warn(
          { device, port, hold: id, author, reason },
          'the time of a hold is over; what the sources want instead waits for a person',
        );
        for (const name of askedAs)
          await enlist({ device, request: portRequest(name) }).catch((error: unknown) => {
            log.warn(
              { device, port, reason: messageOf(error) },
              'the port of a hold that is over could not be asked for',
            );
          });
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'holds whose time is over could not be looked for');
    }
  }
}
