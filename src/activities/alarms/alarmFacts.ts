import type { AlarmFacts, AlarmLimits, CoordinatorsFacts, Reading } from '../../domain/alarms/facts';
import type { ConfiguredSources } from '../../domain/alarms/sourceState';
import { describeFields } from '../../domain/policies/changeWords';
import { describeDrift } from '../../domain/drift/driftWords';
import { EXPIRY_NOTICE_MS, scopeKey } from '../../domain/policies/policy';
import type { Store } from '../../store/store';

/** Where the facts of alarms are read. */
export interface AlarmSources {
  readonly store: Pick<
    Store,
    | 'alarms'
    | 'placements'
    | 'parked'
    | 'standing'
    | 'brakes'
    | 'policies'
    | 'watches'
    | 'commitIntents'
    | 'backups'
    | 'drift'
    | 'notifications'
    | 'sourceStates'
  >;
  /** What the coordinators of all devices say. */
  readonly coordinators: () => Promise<CoordinatorsFacts>;
  /** How many events began before a time and wait for panel or hypervisors. */
  readonly waitingEvents: (before: Date) => Promise<number>;
  /** The sources that there are by the configuration. */
  readonly configured: ConfiguredSources;
  readonly limits: AlarmLimits;
}

const ENDING_POLICIES = 1_000;
/** Ports in drift that are read: with more, those that are not read would seem to be well. */
const MOST_DRIFT = 5_000;
const MOST_ALARMS = 500;

/** Reads everything that alarms are judged by, each by itself: what cannot be read is named and holds up nothing else. */
export async function alarmFacts(sources: AlarmSources, now: Date): Promise<AlarmFacts> {
  const { store, limits } = sources;
  const [
    coordinators,
    devices,
    parked,
    standing,
    brake,
    endingPolicies,
    watches,
    waitingEvents,
    openCommits,
    clocks,
    backups,
    drift,
    endpoints,
    sourceStates,
  ] = await Promise.all([
    reading(() => sources.coordinators()),
    reading(() => store.placements.devices()),
    reading(() => store.parked.list()),
    reading(() => store.standing.perPort(['unbound', 'conflicting'])),
    reading(() => store.brakes.current()),
    reading(() => endingWithin(sources, now)),
    reading(() => store.watches.list()),
    reading(async () => ({
      count: await sources.waitingEvents(new Date(now.getTime() - limits.staleAfterMs)),
    })),
    reading(() => store.commitIntents.open()),
    reading(async () => [{ name: 'the database', aheadMs: await aheadOf(store) }]),
    reading(() => store.backups.runs()),
    reading(() => driftOf(store)),
    reading(() => store.notifications.endpoints()),
    reading(async () => ({ states: await store.sourceStates.list(), configured: sources.configured })),
  ]);
  return {
    ...{ coordinators, devices, parked, standing, brake, endingPolicies, watches, waitingEvents, openCommits, clocks },
    ...{ backups, drift, endpoints, sources: sourceStates },
  };
}

async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { unread: error instanceof Error ? error.message : String(error) };
  }
}

async function endingWithin({ store }: AlarmSources, now: Date) {
  const endingUntil = new Date(now.getTime() + EXPIRY_NOTICE_MS);
  const ending = await store.policies.list({ endingUntil, limit: ENDING_POLICIES }, now);
  return ending.flatMap((policy) =>
    policy.expiresAt === undefined
      ? []
      : [
          {
            scope: scopeKey(policy.scope),
            expiresAt: policy.expiresAt,
            says: `${describeFields(policy)} (${policy.author}: ${policy.reason})`,
          },
        ],
  );
}

/** Drift that is there now, whatever becomes of it, and what was cleared where an alarm of it may be over. */
async function driftOf({ alarms, drift }: Pick<Store, 'alarms' | 'drift'>) {
  const found = await drift.page(MOST_DRIFT);
  const open = await alarms.list({ state: 'open', id: 'out-of-sync', limit: MOST_ALARMS });
  const devices = [...new Set(open.flatMap(({ device }) => device ?? []))];
  const cleared = devices.length === 0 ? [] : await drift.page(MOST_DRIFT, { devices, cleared: true });
  if (found.length >= MOST_DRIFT) throw new Error(`more ports are in drift than are read (${MOST_DRIFT})`);
  return [...found, ...cleared].map((one) => ({
    ...{ device: one.device, port: one.port, firstSeen: one.firstSeen },
    ...(one.clearedAt === undefined ? {} : { clearedAt: one.clearedAt }),
    summary: describeDrift(one),
  }));
}

/** By how much the database's clock is ahead, less what the question itself may have taken. */
async function aheadOf({ placements }: AlarmSources['store']): Promise<number> {
  const asked = Date.now();
  const theirs = await placements.clock();
  const answered = Date.now();
  if (theirs > answered) return theirs - answered;
  return Math.min(theirs - asked, 0);
}
