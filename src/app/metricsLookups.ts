import { ENDS_SOON_MS } from '../domain/change/keep';
import { rememberFor } from '../primitives/rememberFor';
import type { Store } from '../store/store';
import type { MetricsLookups } from '../telemetry/metricsLookups';
import type { Coordinators } from '../temporal/coordinators';
import type { CoordinatorWatch } from './coordinatorWatch';

/** Counting a journal of millions takes a second. */
const JOURNAL_COUNTED_MS = 60_000;

/** What metrics look up when they are asked for: in the store, and what coordinators say. */
export function metricsLookups(
  store: Store,
  coordinators: Pick<Coordinators, 'states'>,
  watch: Pick<CoordinatorWatch, 'stuck'>,
): MetricsLookups {
  return {
    journal: rememberFor(JOURNAL_COUNTED_MS, () => store.journal.figures()),
    pauses: () => store.pauses.active(new Date()),
    holds: () => store.holds.count(new Date()),
    keeps: () => store.keeps.count(new Date(), new Date(Date.now() + ENDS_SOON_MS)),
    policies: () => store.policies.count(new Date()),
    parked: () => store.parked.list(),
    brake: () => store.brakes.current(),
    standing: () => store.standing.counts(),
    virtualMacs: () => store.virtualMacs.counts(),
    watches: () => store.watches.list(),
    backups: () => store.backups.runs(),
    waiting: () => coordinators.states(),
    drift: () => store.drift.figures(),
    reconciles: () => store.reconciles.list(),
    notifications: () => store.notifications.endpoints(),
    dropped: () => store.dropEvidence.totals(),
    stuck: () => Promise.resolve(watch.stuck),
    alarms: async () => ({ counts: await store.alarms.counts(), judgedAt: (await store.alarms.judged())?.at }),
  };
}
