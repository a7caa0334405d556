import type { Convergence } from '../../devices/pass/convergence';
import { outcomesOf } from '../../devices/pass/outcomes';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { PassInput } from '../../protocol/activities';
import { runsAmong } from '../applyAll/planObjections';
import type { CommitIntents } from './commitIntents';
import type { ActivityDependencies } from '../dependencies';
import { codeOf } from '../failure';
import { endedEntry } from '../holds/holdEntries';
import { clearDrift } from '../reconcile/clearDrift';
import { journalEntries, type JournalContext, type RunBegun } from './journalEntries';
import { newlyParked, rememberParked } from './parkedChanges';
import { askOtherPorts } from './otherPorts';
import type { PassMacs } from '../virtualMacs/passMacs';
import { rememberSettings } from './rememberSettings';
import { rememberStanding } from './rememberStanding';
import { useExceptions, type PassedBy } from '../pauses/usedExceptions';
import { rememberPlacements } from '../membership/rememberPlacements';

type Reported = Awaited<ReturnType<CommitIntents['report']>>;

/** Whose pass it was, and what it has noted until now. */
interface RecordedBy {
  /** The coordinator. */
  readonly workflowId: string;
  readonly intents: CommitIntents;
  readonly macs: PassMacs;
  /** See {@link GroupMemberships.tell}. */
  readonly tellGroups: () => Promise<void>;
}

const JOURNAL = 'the journal';

/** Writes journal, parked changes, virtual MACs and placements, and words the outcomes. What was committed is reported even when the store fails. */
export async function recordPass(
  deps: ActivityDependencies,
  input: PassInput,
  convergence: Convergence,
  { workflowId, intents, macs, tellGroups }: RecordedBy,
): Promise<Reported> {
  const outcomes = outcomesOf(input.device, input.ports, convergence);
  const attempt = async <T>(what: string, write: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      deps.metrics.sourceError('store', codeOf(error));
      if (what === JOURNAL) deps.metrics.journalFailed();
      deps.log.error(
        { workflowId, device: input.device, code: codeOf(error) },
        `the change was made but ${what} could not be recorded`,
      );
      return otherwise;
    }
  };
  const parked = await attempt('what waits for a person', () => newlyParked(deps, outcomes), new Set<PortName>());
  const runs = await attempt('who began Apply All', () => runsAmong(deps, input), new Map<string, RunBegun>());
  const passed = await attempt(
    'that exceptions from change windows were used',
    () => useExceptions(deps, input, convergence),
    new Map<PortName, PassedBy>(),
  );
  const journalIds = await attempt(
    JOURNAL,
    () => journal(intents, outcomes, parked, convergence, { workflowId, events: eventsOf(input), runs, passed }),
    new Map<PortName, string>(),
  );
  await attempt('what waits for a person', () => rememberParked(deps, outcomes), undefined);
  await attempt('what became of virtual MACs', () => macs.record(convergence), undefined);
  await attempt(
    'what is not bound and what nobody explains',
    () => rememberStanding(deps, input, outcomes, convergence),
    undefined,
  );
  await attempt('that holds have ended', () => endHolds(deps, convergence, workflowId), undefined);
  await attempt('the settings of the ports', () => rememberSettings(deps, input, convergence), undefined);
  await attempt('where the servers are', () => rememberPlacements(deps, input, convergence), undefined);
  await attempt(
    'that ports are no longer in drift',
    () => clearDrift(deps, input.device, mended(convergence)),
    undefined,
  );
  await attempt('that other ports have addresses of these', () => askOtherPorts(deps, input, convergence), undefined);
  await attempt('who stands for security groups', tellGroups, undefined);
  if (convergence.commit !== undefined) deps.wantDrops(input.device);
  const journaled = outcomes.map((outcome) => {
    const journalId = journalIds.get(outcome.port);
    return journalId === undefined ? outcome : { ...outcome, journalId };
  });
  return attempt<Reported>('the report to the events', () => intents.report(journaled, convergence.ports), {
    outcomes: journaled,
  });
}

/** Holds that the pass brought to their end: their ports are as the sources want them now, as far as that is certain. */
async function endHolds({ store }: ActivityDependencies, { ports }: Convergence, workflowId: string): Promise<void> {
  const ended = ports.flatMap(({ status, hold }) =>
    status !== 'failed' && hold?.state === 'ends' ? [hold.hold.id] : [],
  );
  if (ended.length > 0) await store.holds.end([...new Set(ended)], endedEntry(workflowId));
}

/** Ports that a pass left as they should be. */
function mended({ ports }: Convergence): readonly PortName[] {
  const done = ports.filter(
    ({ status, parked }) =>
      (status === 'applied' || status === 'unchanged' || status === 'held') && parked === undefined,
  );
  return done.map(({ effectivePort }) => effectivePort);
}

async function journal(
  intents: CommitIntents,
  outcomes: readonly PortOutcome[],
  parked: ReadonlySet<PortName>,
  convergence: Convergence,
  context: JournalContext,
): Promise<Map<PortName, string>> {
  const entries = journalEntries(outcomes, parked, convergence, context);
  const ids = await intents.journal(entries);
  const found = entries.flatMap(({ port }, index) => {
    const id = ids[index];
    return id === undefined || port === undefined ? [] : [[port, id] as const];
  });
  return new Map(found.reverse());
}

function eventsOf({ ports }: PassInput): JournalContext['events'] {
  return new Map(ports.flatMap(({ port, events }) => (events === undefined ? [] : [[port, events] as const])));
}
