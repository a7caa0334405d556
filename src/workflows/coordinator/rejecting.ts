import { plainOutcome } from '../../domain/change/outcome';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { NotifyInput } from '../../protocol/activities';
import type { RejectedPort } from '../../protocol/coordinator';
import type { CoordinatorHost } from './host';
import type { LastOutcomes } from './lastOutcomes';
import { notices } from './notices';
import type { OpenRemovalsByPort } from './openRemovals';

/** What dropping a parked change works with. */
interface Dropping {
  readonly device: DeviceId;
  readonly host: Pick<CoordinatorHost, 'steps' | 'shownNow' | 'reportFailure' | 'log'>;
  readonly openRemovals: OpenRemovalsByPort;
  readonly last: LastOutcomes;
}

/**
 * Drops the parked change of a port, and with it the removals that events named and that were not made. A change that came in the place of
 * the one that the person saw stays. Never throws: who waits asks again.
 * @returns what those who wait are to be told.
 */
export async function dropRejected(
  rejected: PortName | RejectedPort,
  { device, host, openRemovals, last }: Dropping,
): Promise<readonly NotifyInput[]> {
  const said: Partial<RejectedPort> & Pick<RejectedPort, 'port'> =
    typeof rejected === 'string' ? { port: rejected } : rejected;
  const { port, fingerprint, author, waiter } = said;
  try {
    const isDropped = await host.steps.dropParked({ device, ...said });
    if (isDropped || fingerprint === undefined) openRemovals.forget(port);
    const who = author ?? 'A person';
    const other =
      fingerprint === undefined ? 'Nothing was parked' : 'Nothing was dropped: that change is not parked any more';
    const outcome = plainOutcome(device, port, 'skipped', isDropped ? `${who} rejected the parked change` : other);
    const now = host.shownNow();
    last.add(outcome, now);
    return waiter === undefined ? [] : notices([{ outcome, waiters: [waiter], since: now }], [], {});
  } catch (error) {
    host.log('the parked change could not be dropped', { port, error: host.reportFailure(error) });
    return [];
  }
}
