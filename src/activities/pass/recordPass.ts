import type { Convergence } from '../../devices/pass/convergence';
import { outcomesOf } from '../../devices/pass/outcomes';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { PassInput } from '../../protocol/activities';
import type { CommitIntents } from './commitIntents';
import type { ActivityDependencies } from '../dependencies';
import { codeOf } from '../failure';
import { journalEntries, type JournalContext } from './journalEntries';
import { newlyParked, rememberParked } from './parkedChanges';
import type { PassMacs } from '../virtualMacs/passMacs';
import { rememberSettings } from './rememberSettings';
import { rememberStanding } from './rememberStanding';
import { rememberPlacements } from '../membership/rememberPlacements';

type Reported = Awaited<ReturnType<CommitIntents['report']>>;

/** Whose pass it was, and what it has noted until now. */
interface RecordedBy {
  /** The coordinator. */
  readonly workflowId: string;
  readonly intents: CommitIntents;
  readonly macs: PassMacs;
}

/** Writes journal, parked changes, virtual MACs and placements, and words the outcomes. What was committed is reported even when the store fails. */
export async function recordPass(
  deps: ActivityDependencies,
  input: PassInput,
  convergence: Convergence,
  { workflowId, intents, macs }: RecordedBy,
): Promise<Reported> {
  const outcomes = outcomesOf(input.device, input.ports, convergence);
  const attempt = async <T>(what: string, write: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      deps.metrics.sourceError('store', codeOf(error));
      deps.log.error(
        { workflowId, device: input.device, code: codeOf(error) },
        `the change was made but ${what} could not be recorded`,
      );
      return otherwise;
    }
  };
  const parked = await attempt('what waits for a person', () => newlyParked(deps, outcomes), new Set<PortName>());
  const journalIds = await attempt(
    'the journal',
    () => journal(intents, outcomes, parked, convergence, { workflowId, events: eventsOf(input) }),
    new Map<PortName, string>(),
  );
  await attempt('what waits for a person', () => rememberParked(deps, outcomes), undefined);
  await attempt('what became of virtual MACs', () => macs.record(convergence), undefined);
  await attempt(
    'what is not bound and what nobody explains',
    () => rememberStanding(deps, input, outcomes, convergence),
    undefined,
  );
  await attempt('the settings of the ports', () => rememberSettings(deps, input, convergence), undefined);
  await attempt('where the servers are', () => rememberPlacements(deps, input, convergence), undefined);
  const journaled = outcomes.map((outcome) => {
    const journalId = journalIds.get(outcome.port);
    return journalId === undefined ? outcome : { ...outcome, journalId };
  });
  return attempt<Reported>('the report to the events', () => intents.report(journaled, convergence.ports), {
    outcomes: journaled,
  });
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
    return id === undefined ? [] : [[port, id] as const];
  });
  return new Map(found.reverse());
}

function eventsOf({ ports }: PassInput): JournalContext['events'] {
  return new Map(ports.flatMap(({ port, events }) => (events === undefined ? [] : [[port, events] as const])));
}
