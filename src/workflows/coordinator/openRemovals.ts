import type { ServerId } from '../../domain/event/event';
import type { PortOutcome } from '../../domain/change/outcome';
import type { NamedRemovals } from '../../domain/servers/portRequest';
import { covers } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import { mergeIps } from '../../domain/change/removals';
import type { OpenRemovals } from '../../protocol/coordinator';

/**
 * Removals that events name and that were not carried out: the port failed or is held, or the address was in doubt. They stay true,
 * so the next look at the port has them too; otherwise what an event named would end as a binding that nobody knows.
 */
export class OpenRemovalsByPort {
  private readonly open = new Map<PortName, OpenRemovals>();

  /** Until the settings are known nothing is forgotten. */
  private keepMs = Number.POSITIVE_INFINITY;

  constructor(carried: readonly OpenRemovals[] = []) {
    for (const removals of carried) this.open.set(removals.port, removals);
  }

  /** How long they are believed after the last event that named one. */
  keepFor(keepMs: number): void {
    this.keepMs = keepMs;
  }

  /** Whether nothing is left undone on any port. */
  isEmpty(now: number): boolean {
    this.forgetOld(now);
    return this.open.size === 0;
  }

  /** What is to go from a port by earlier events and by a request. */
  with(port: PortName, named: NamedRemovals): NamedRemovals {
    const earlier = this.open.get(port);
    return {
      explainedIps: mergeIps(named.explainedIps, earlier?.explainedIps ?? []),
      deletedServerIds: [...new Set([...named.deletedServerIds, ...(earlier?.deletedServerIds ?? [])])],
    };
  }

  /**
   * Keeps what named a change that was not made; forgets it once the port is as it should be.
   * @param openDeletions those of the deletions that the pass could not confirm yet; absent when there was no pass.
   */
  settle(
    { port, status, excluded }: Pick<PortOutcome, 'port' | 'status' | 'excluded'>,
    named: NamedRemovals,
    openDeletions: readonly ServerId[] | undefined,
    now: number,
  ): void {
    this.forgetOld(now);
    const explainedIps =
      status === 'failed' || status === 'held'
        ? named.explainedIps
        : named.explainedIps.filter((one) => excluded.some(({ ip }) => covers([one], ip)));
    const deletedServerIds =
      status === 'failed' || status === 'held'
        ? named.deletedServerIds
        : named.deletedServerIds.filter((id) => openDeletions?.includes(id) === true);
    if (explainedIps.length + deletedServerIds.length === 0) this.open.delete(port);
    else this.open.set(port, { port, explainedIps, deletedServerIds, at: now });
  }

  /** A person dropped the change. */
  forget(port: PortName): void {
    this.open.delete(port);
  }

  snapshot(): readonly OpenRemovals[] {
    return [...this.open.values()];
  }

  private forgetOld(now: number): void {
    for (const { port, at } of this.open.values()) if (now - at > this.keepMs) this.open.delete(port);
  }
}
