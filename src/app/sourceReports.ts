import { seenAnswer, type AnswerObserver } from '../clients/seenAnswer';
import {
  afterAnswer,
  isConfigured,
  isRefused,
  type ConfiguredSources,
  type SourceState,
  type SourceSubject,
} from '../domain/alarms/sourceState';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** What keeping the answers of sources needs. */
export interface SourceReportsOptions {
  readonly store: Pick<Store, 'sourceStates'>;
  readonly configured: ConfiguredSources;
  readonly log: Log;
  /** From the end of one round to the next, in milliseconds. Default 1,000. */
  readonly everyMs?: number;
  /** Our clock. Default the system's. */
  readonly now?: () => number;
}

const EVERY_MS = 1_000;
/** What has not changed is written as often. */
const WRITTEN_MS = 60_000;
/** A clock that differs from what was written by more, beyond what both readings may be off, was set. */
const CLOCK_JUMP_MS = 5_000;
const MOST_SOURCES = 10_000;

/** What this process heard of a source. */
interface Heard {
  /** Since the last writing. */
  fresh: SourceState;
  written?: { readonly state: SourceState; readonly at: number };
}

/**
 * What answers say of logins and clocks, kept in the store for the judgement of alarms: at once where it changed, else once a minute.
 * Nothing waits for it, and nothing fails with it.
 */
export class SourceReports {
  private readonly heard = new Map<string, Heard>();
  private readonly repeated: RepeatedWork;
  private readonly now: () => number;
  private hasForgotten = false;

  constructor(private readonly options: SourceReportsOptions) {
    this.now = options.now ?? Date.now;
    this.repeated = new RepeatedWork(() => this.round(), options.everyMs ?? EVERY_MS);
  }

  /** What is told of the answers of a source. */
  of(subject: SourceSubject): AnswerObserver {
    const key = 'device' in subject ? `device ${subject.device}` : subject.name;
    return (answer) => {
      const heard = this.heard.get(key) ?? { fresh: { subject } };
      const { clock } = heard.fresh;
      // The most exact reading since the last writing counts.
      const isVaguer = clock !== undefined && answer.clock !== undefined && clock.withinMs < answer.clock.withinMs;
      const counted = isVaguer ? seenAnswer(answer.login, undefined) : answer;
      heard.fresh = afterAnswer(heard.fresh, counted, this.now());
      if (this.heard.size < MOST_SOURCES) this.heard.set(key, heard);
    };
  }

  /** Ends it; what was heard and is not written yet is written. */
  async stop(): Promise<void> {
    await this.repeated.stop();
    await this.round({ all: true });
  }

  /** Writes what has to be written now, and forgets once what is no longer configured. Never throws. */
  async round({ all = false } = {}): Promise<void> {
    try {
      for (const heard of this.heard.values()) {
        const { fresh, written } = heard;
        if (!hasWord(fresh) || !(all || isDue(heard, this.now()))) continue;
        heard.fresh = { subject: fresh.subject };
        heard.written = { state: { ...written?.state, ...fresh }, at: this.now() };
        try {
          await this.options.store.sourceStates.put(fresh);
        } catch (error) {
          // What was heard meanwhile is newer. Without what was written it is tried again in the next round.
          heard.fresh = { ...fresh, ...heard.fresh };
          delete heard.written;
          throw error;
        }
      }
      if (!this.hasForgotten) await this.forget();
    } catch (error) {
      const reason = messageOf(error);
      this.options.log.debug({ reason }, 'what sources answered could not be kept');
    }
  }

  private async forget(): Promise<void> {
    const { store, configured } = this.options;
    for (const { subject } of await store.sourceStates.list())
      if (!isConfigured(subject, configured)) await store.sourceStates.forget(subject);
    this.hasForgotten = true;
  }
}

function hasWord({ acceptedAt, refusedAt, forbiddenAt, clock }: SourceState): boolean {
  return [acceptedAt, refusedAt, forbiddenAt, clock].some((word) => word !== undefined);
}

/** Whether what was heard is to be written: it says something else than what was written, or that is a minute old. */
function isDue({ fresh, written }: Heard, now: number): boolean {
  if (written === undefined || now - written.at >= WRITTEN_MS || now < written.at) return true;
  const before = written.state;
  if (isRefused({ ...before, ...fresh }) !== isRefused(before)) return true;
  if (fresh.forbiddenAt !== undefined && before.forbiddenAt === undefined) return true;
  const [one, other] = [before.clock, fresh.clock];
  if (one === undefined || other === undefined) return other !== undefined;
  return Math.abs(one.aheadMs - other.aheadMs) > CLOCK_JUMP_MS + one.withinMs + other.withinMs;
}
