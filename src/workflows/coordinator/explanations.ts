import type { ServerId } from '../../domain/event/event';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import { mergeIps } from '../../domain/change/removals';
import type { Explained, OpenExplanation } from '../../protocol/contract';

/**
 * Explanations of removals that were not carried out: the port failed, or the address was in doubt. They stay true, so
 * the next look at the port has them too; otherwise what an event named would end as a binding that nobody knows.
 */
export class Explanations {
  private readonly open = new Map<PortName, OpenExplanation>();

  /** @param keepMs how long an explanation is believed after the last event that brought one. */
  constructor(
    private readonly keepMs: number,
    carried: readonly OpenExplanation[] = [],
  ) {
    for (const explanation of carried) this.open.set(explanation.port, explanation);
  }

  /** Whether some port's removal is explained and not done. */
  isEmpty(now: number): boolean {
    this.forgetOld(now);
    return this.open.size === 0;
  }

  /** What is known to be explained on a port, with what a request says. */
  with(port: PortName, said: Explained): Required<Explained> {
    const earlier = this.open.get(port);
    return {
      explainedIps: mergeIps(said.explainedIps, earlier?.explainedIps ?? []),
      deletedServerIds: [...new Set([...(said.deletedServerIds ?? []), ...(earlier?.deletedServerIds ?? [])])],
    };
  }

  /**
   * Keeps what explained a change that was not made; forgets it once the port is as it should be.
   * @param openDeletions those of the deletions that the pass could not confirm yet; absent when there was no pass.
   */
  settle(
    { port, status, excluded }: Pick<PortOutcome, 'port' | 'status' | 'excluded'>,
    said: Required<Explained>,
    openDeletions: readonly ServerId[] | undefined,
    now: number,
  ): void {
    this.forgetOld(now);
    const explainedIps =
      status === 'failed'
        ? said.explainedIps
        : said.explainedIps.filter((ip) => excluded.some((exclusion) => exclusion.ip === ip));
    const deletedServerIds =
      status === 'failed'
        ? said.deletedServerIds
        : said.deletedServerIds.filter((id) => openDeletions?.includes(id) === true);
    if (explainedIps.length + deletedServerIds.length === 0) this.open.delete(port);
    else
      this.open.set(port, {
        port,
        explainedIps,
        ...(deletedServerIds.length === 0 ? {} : { deletedServerIds }),
        at: now,
      });
  }

  /** A person dropped the change. */
  forget(port: PortName): void {
    this.open.delete(port);
  }

  snapshot(): readonly OpenExplanation[] {
    return [...this.open.values()];
  }

  private forgetOld(now: number): void {
    for (const { port, at } of this.open.values()) if (now - at > this.keepMs) this.open.delete(port);
  }
}
