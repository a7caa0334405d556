import type { Convergence } from '../../devices/pass/convergence';
import { PARKED } from '../../devices/pass/outcomes';
import type { PortOutcome } from '../../domain/change/outcome';
import type { PortName } from '../../domain/values/port';
import type { JournalEntry } from '../../store/journal';

type NewEntry = Omit<JournalEntry, 'id' | 'at'>;

/** On whose behalf a pass was made. */
export interface JournalContext {
  /** The coordinator. */
  readonly workflowId: string;
  /** The event workflows that waited for each port. */
  readonly events: ReadonlyMap<PortName, readonly string[]>;
}

/**
 * What the journal says of a pass: what each port gained and lost is one entry; what waits for a person is another,
 * when it is news. A port's change comes before what waits on it.
 * @param parked ports whose parked removals are news.
 */
export function journalEntries(
  outcomes: readonly PortOutcome[],
  parked: ReadonlySet<PortName>,
  convergence: Convergence,
  { workflowId, events }: JournalContext,
): NewEntry[] {
  return outcomes.flatMap((outcome) => [
    ...(outcome.status === 'unchanged' || outcome.status === 'parked'
      ? []
      : [changeEntry(outcome, convergence, workflowId, events.get(outcome.port))]),
    ...(parked.has(outcome.port) ? parkedEntry(outcome, workflowId) : []),
  ]);
}

function changeEntry(
  { device, port, status, summary, added, removed, commit, policy }: PortOutcome,
  convergence: Convergence,
  workflowId: string,
  events: readonly string[] | undefined,
): NewEntry {
  return {
    device,
    port,
    workflowId,
    status,
    summary,
    added,
    removed,
    commands: convergence.commands,
    ...(commit === undefined ? {} : { commit }),
    ...(commit === undefined || convergence.commit === undefined ? {} : { commitSeconds: convergence.commit.seconds }),
    ...(convergence.commit === undefined ? {} : { diff: convergence.commit.diff }),
    ...(events === undefined ? {} : { events }),
    ...policiesOf(policy),
  };
}

function parkedEntry({ device, port, parked, policy }: PortOutcome, workflowId: string): NewEntry[] {
  if (parked === undefined) return [];
  return [
    {
      device,
      port,
      workflowId,
      status: 'parked',
      summary: `${PARKED}: ${parked.reason}`,
      added: parked.add,
      removed: parked.remove,
      commands: [],
      ...policiesOf(policy),
    },
  ];
}

/** The policies that hold for the port, by their scopes. */
function policiesOf(policy: PortOutcome['policy']): Pick<NewEntry, 'policies'> {
  return policy === undefined || policy.from.length === 0 ? {} : { policies: policy.from };
}
