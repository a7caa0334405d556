import { EXPIRY, type EndedPause, type Pause } from '../../../src/domain/pauses/pause';
import { scopeText } from '../../../src/domain/values/scope';
import type { PauseEnd, PauseRepository } from '../../../src/store/pauses';

/** Pauses in memory, by the same rules as those of a database. */
export class MemoryPauses implements PauseRepository {
  private pauses: Pause[] = [];
  private readonly over: EndedPause[] = [];
  private count = 0;

  /** @param use called before whatever is read or written. */
  constructor(private readonly use: () => void) {}

  active: PauseRepository['active'] = async (at) => {
    this.use();
    return this.pauses.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > at.getTime());
  };

  begin: PauseRepository['begin'] = async (asked, at) => {
    this.use();
    this.take(
      ({ scope }) => scopeText(scope) === scopeText(asked.scope),
      { by: asked.author, reason: asked.reason },
      at,
    );
    const pause = { id: String((this.count += 1)), ...asked, since: at.toISOString() };
    this.pauses.push(pause);
    return pause;
  };

  end: PauseRepository['end'] = async (wanted, by, at) => {
    this.use();
    return this.take(({ scope }) => scopeText(scope) === scopeText(wanted), by, at)[0];
  };

  takeExpired: PauseRepository['takeExpired'] = async (at) => {
    this.use();
    const isOver = ({ expiresAt }: Pause): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= at.getTime();
    return this.take(isOver, EXPIRY, at);
  };

  ended: PauseRepository['ended'] = async (limit) => {
    this.use();
    return this.over.slice(-limit).reverse();
  };

  private take(which: (pause: Pause) => boolean, { by, reason }: PauseEnd, at: Date): readonly EndedPause[] {
    const ended = this.pauses.filter(which).map((one) => ({ ...one, ended: { at: at.toISOString(), by, reason } }));
    this.pauses = this.pauses.filter((one) => !which(one));
    this.over.push(...ended);
    return ended;
  }
}
