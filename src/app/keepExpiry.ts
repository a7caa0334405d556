import { expiredEntry } from '../activities/decisions/keepEntries';
import { portRequest } from '../domain/servers/portRequest';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Activities } from '../protocol/activities';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What the end of keeps needs. */
export interface KeepExpiryOptions {
  readonly store: Pick<Store, 'keeps'>;
  readonly enlist: Activities['enlist'];
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default one minute. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;

/**
 * Ends keeps whose time is over: journals each, and has its port looked at, so that its binding waits for a person from
 * then on. A pass knows by itself which keeps are in force; whatever this does not do, or does late, removes nothing.
 * Several processes may do it: each keep is one's.
 */
export class KeepExpiry {
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: KeepExpiryOptions) {
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
      for (const keep of await store.keeps.takeExpired(new Date(), expiredEntry)) {
        const { id, device, port, author, reason, statement } = keep;
        log.warn(
          { device, port, keep: id, author, reason, binding: statement.text },
          'a keep has ended; its binding waits for a person again',
        );
        await enlist({ device, request: portRequest(port) }).catch((error: unknown) => {
          log.warn({ device, port, reason: messageOf(error) }, 'the port of an ended keep could not be asked for');
        });
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'keeps that are over could not be looked for');
    }
  }
}
