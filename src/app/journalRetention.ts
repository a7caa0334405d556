import { RepeatedWork } from '../primitives/repeatedWork';
import type { JournalRepository } from '../store/journal';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What the retention of the journal needs. */
export interface JournalRetentionOptions {
  readonly journal: Pick<JournalRepository, 'forgetOlder'>;
  /** How long an entry is kept, in days. */
  readonly days: number;
  readonly log: Log;
  /** From the end of one look to the next, in milliseconds. Default one hour. */
  readonly everyMs?: number;
  /** Entries that go in one transaction. Default 1,000. */
  readonly batch?: number;
}

const EVERY_MS = 3_600_000;
const BATCH = 1_000;

/**
 * Takes entries out of the journal that are older than they are to be kept, in small transactions, and says how many.
 * Nothing that decides about ports reads entries that old. Several processes may do it.
 */
export class JournalRetention {
  private readonly repeated: RepeatedWork;
  private stopping = false;

  constructor(private readonly options: JournalRetentionOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS, 0);
  }

  /** Ends it, after the transaction that is under way. */
  stop(): Promise<void> {
    this.stopping = true;
    return this.repeated.stop();
  }

  /** Never throws: what could not be done is done at the next look. */
  private async look(): Promise<void> {
    const { journal, days, log, batch = BATCH } = this.options;
    let entries = 0;
    try {
      for (let gone = batch; gone === batch && !this.stopping;) {
        gone = await journal.forgetOlder(days, batch);
        entries += gone;
      }
    } catch (error) {
      const reason = messageOf(error);
      log.warn({ reason }, 'old entries of the journal could not be taken out');
    }
    if (entries > 0) log.info({ entries, days }, 'the journal forgot entries that are older than they are to be kept');
  }
}
