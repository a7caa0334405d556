import type { IpAddress } from '../../domain/ip';
import type { PortOutcome } from '../../domain/outcome';
import type { PortName } from '../../domain/port';
import { mergeIps } from '../../domain/removals';
import type { OpenExplanation } from '../contract';

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
  with(port: PortName, explainedIps: readonly IpAddress[]): readonly IpAddress[] {
    const earlier = this.open.get(port);
    return earlier === undefined ? explainedIps : mergeIps(explainedIps, earlier.explainedIps);
  }

  /** Keeps what explained a change that was not made; forgets it once the port is as it should be. */
  settle({ port, status, excluded }: Pick<PortOutcome, 'port' | 'status' | 'excluded'>, explainedIps: readonly IpAddress[], now: number): void {
    this.forgetOld(now);
    const undone = status === 'failed' ? explainedIps : explainedIps.filter((ip) => excluded.some((exclusion) => exclusion.ip === ip));
    if (undone.length > 0) this.open.set(port, { port, explainedIps: undone, at: now });
    else this.open.delete(port);
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
