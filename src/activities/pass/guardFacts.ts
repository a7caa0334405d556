import type { BrakeLimits, Loss } from '../../domain/change/brake';
import type { GuardFacts } from '../../domain/change/passGuards';
import type { DeviceId } from '../../domain/values/device';
import type { BrakeRepository } from '../../store/brakes';
import type { JournalRepository } from '../../store/journal';
import type { ActivityDependencies } from '../dependencies';

const HOUR_MS = 3_600_000;
/** Everything is counted, also where the site never brakes: the guards of ports look back too. */
const NO_BRAKE: BrakeLimits = { ports: Infinity, bindings: Infinity, withinMinutes: 60 };

/** What the guards that look back read. */
export interface GuardFactSources {
  readonly brakes: Pick<BrakeRepository, 'current' | 'lostSince'>;
  readonly journal: Pick<JournalRepository, 'changesSince'>;
}

/** Reads what happened lately on a device and on the site. Nothing is written, so that a preview is judged by the same. */
export async function readGuardFacts({ brakes, journal }: GuardFactSources, device: DeviceId): Promise<GuardFacts> {
  const now = Date.now();
  const [lostToday, changedLastHour, brake] = await Promise.all([
    brakes.lostSince(device, now - 24 * HOUR_MS),
    journal.changesSince(device, now - HOUR_MS),
    brakes.current(),
  ]);
  return { lostToday, changedLastHour, ...(brake === undefined ? {} : { brake }) };
}

/**
 * Counts what confirmed absence is about to take from a device. When that is too much for the site, it brakes: one
 * alarm, and the facts by which the pass is judged again.
 */
export async function admitLosses(
  deps: Pick<ActivityDependencies, 'store' | 'guards' | 'log' | 'metrics'>,
  device: DeviceId,
  losses: readonly Omit<Loss, 'device'>[],
  facts: GuardFacts,
): Promise<GuardFacts | undefined> {
  const { store, guards, log, metrics } = deps;
  const wanted = losses.map((loss) => ({ ...loss, device }));
  const admission = await store.brakes.admit(wanted, guards.brake ?? NO_BRAKE, Date.now());
  if (admission.admitted) return undefined;
  const { brake, isNew } = admission;
  if (isNew) {
    metrics.braked();
    log.error(
      { device, brake: brake.id, reason: brake.reason },
      'the site brakes: whatever nobody named is parked until `portwarden brake release`; docs/operations.md, "The brake"',
    );
  }
  return { ...facts, brake };
}
