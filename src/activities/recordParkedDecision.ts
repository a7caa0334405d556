import { EXCEPTION_MS } from '../domain/windows/windowException';
import type {
  DecidedPort,
  DecideParkedInput,
  ParkedDecisionActivities,
  RecordedParkedDecision,
} from '../protocol/parkedDecisions';
import type { ParkedChange } from '../store/parked';
import { workflowIdOf } from './decisions/workflowIdOf';
import type { ActivityDependencies } from './dependencies';

/**
 * Judges a person's decision by what is parked now. An approval goes into the journal, with what it lets go; the port's coordinator carries it
 * out. A rejection is written where the change is dropped. Brought twice, the same decision is written once.
 */
export function createRecordParkedDecision(
  deps: Pick<ActivityDependencies, 'store'>,
): ParkedDecisionActivities['recordParkedDecision'] {
  return async (input) => {
    const ports: RecordedParkedDecision[] = [];
    for (const decided of input.ports) ports.push(await record(deps, input, decided));
    return { ports };
  };
}

async function record(
  { store }: Pick<ActivityDependencies, 'store'>,
  input: DecideParkedInput,
  { port, fingerprint }: DecidedPort,
): Promise<RecordedParkedDecision> {
  const { device, verdict } = input;
  const parked = await store.parked.get(device, port);
  if (parked === undefined) return { port, refused: 'nothing waits for a person there' };
  if ((fingerprint ?? parked.fingerprint) !== parked.fingerprint)
    return { port, refused: 'what waits there is another change by now: look at it again' };
  if (verdict === 'approve') await journalApproval(store, input, parked);
  return { port, fingerprint: parked.fingerprint };
}

async function journalApproval(
  { journal }: Pick<ActivityDependencies['store'], 'journal'>,
  { device, author, reason }: DecideParkedInput,
  { port, added, removed }: ParkedChange,
): Promise<void> {
  const workflowId = workflowIdOf();
  const before = await journal.list({ ...{ device, port, workflowId }, limit: 1 });
  if (before.length > 0) return;
  const texts = [...removed.map(({ text }) => `- ${text}`), ...added.map(({ text }) => `+ ${text}`)].join(', ');
  await journal.append([
    {
      ...{ device, port, workflowId, status: 'unchanged', author, added: [], removed: [], commands: [] },
      summary: `${author} approves what waits: ${texts === '' ? 'what a policy left to a person' : texts}`,
      ...(reason === undefined ? {} : { reason }),
    },
  ]);
}

/** What is approved is made though the window is closed. One that was let pass and not used ends by itself. */
export function createLetApprovedPass({
  store,
}: Pick<ActivityDependencies, 'store'>): ParkedDecisionActivities['letApprovedPass'] {
  return async ({ device, ports, author, reason }) => {
    const now = new Date();
    const expiresAt = new Date(now.getTime() + EXCEPTION_MS.usual).toISOString();
    for (const port of ports)
      await store.windowExceptions.grant({ device, port, author, reason, expiresAt }, workflowIdOf(), now);
  };
}
