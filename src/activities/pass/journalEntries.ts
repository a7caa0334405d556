import type { Convergence } from '../../devices/pass/convergence';
import { PARKED } from '../../devices/pass/outcomes';
import { isDeferred } from '../../domain/change/deferral';
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
  /** The runs of Apply All among them, each with the person who began it. Absent: none. */
  readonly runs?: ReadonlyMap<string, RunBegun>;
  /** Ports whose change window was closed, each with the person who let it pass. Absent: none. */
  readonly passed?: ReadonlyMap<PortName, RunBegun>;
}

/** A person, such as who began a run of Apply All, and why. */
export interface RunBegun {
  readonly author: string;
  readonly reason: string;
}

/**
 * What the journal says of a pass: what each port gained and lost is one entry; what waits for a person is another,
 * when it is news. A port's change comes before what waits on it. Of a port that is not changed for now nothing was decided.
 * @param parked ports whose parked removals are news.
 */
export function journalEntries(
  outcomes: readonly PortOutcome[],
  parked: ReadonlySet<PortName>,
  convergence: Convergence,
  { workflowId, events, runs = new Map(), passed = new Map() }: JournalContext,
): NewEntry[] {
  const asked = (port: PortName): AskedBy => {
    const waiting = events.get(port);
    const run = waiting?.map((id) => runs.get(id)).find((one) => one !== undefined);
    return { ...(waiting === undefined ? {} : { events: waiting }), ...(passed.get(port) ?? run) };
  };
  return outcomes.flatMap((outcome) => [
    ...(QUIET.includes(outcome.status) || isDeferred(outcome.error)
      ? []
      : [changeEntry(outcome, convergence, workflowId, asked(outcome.port))]),
    ...(parked.has(outcome.port) ? parkedEntry(outcome, workflowId, asked(outcome.port)) : []),
  ]);
}

/** Outcomes of ports on which nothing was changed. */
const QUIET: readonly PortOutcome['status'][] = ['unchanged', 'held', 'parked'];

/** Who asked for a port. */
type AskedBy = Pick<NewEntry, 'events' | 'author' | 'reason'>;

function changeEntry(
  { device, port, status, summary, added, removed, commit, policy }: PortOutcome,
  convergence: Convergence,
  workflowId: string,
  asked: AskedBy,
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
    ...asked,
    ...policiesOf(policy),
  };
}

function parkedEntry(
  { device, port, parked, policy }: PortOutcome,
  workflowId: string,
  { author, reason }: AskedBy,
): NewEntry[] {
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
      ...(author === undefined || reason === undefined ? {} : { author, reason }),
      ...policiesOf(policy),
    },
  ];
}

/** The policies that hold for the port, by their scopes. */
function policiesOf(policy: PortOutcome['policy']): Pick<NewEntry, 'policies'> {
  return policy === undefined || policy.from.length === 0 ? {} : { policies: policy.from };
}
