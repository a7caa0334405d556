import { describeKeep, type Decision, type Keep } from '../../domain/change/keep';
import type { Statement } from '../../domain/change/statement';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { JournalEntry } from '../../store/journal';

type NewEntry = Omit<JournalEntry, 'id' | 'at'>;

/** What the journal says of a keep that was made. */
export function keptEntry(workflowId: string): (keep: Keep) => NewEntry {
  return (keep) => entryOf(keep, workflowId, keep, `${keep.statement.text} is ${describeKeep(keep)}`);
}

/** What the journal says of a keep that a person ended. */
export function removedEntry(workflowId: string, decision: Decision): (keep: Keep) => NewEntry {
  return (keep) =>
    entryOf(keep, workflowId, decision, `${decision.author} ended keep ${keep.id} of ${keep.statement.text}`);
}

/** What the journal says of a keep that is to end at another time. */
export function extendedEntry(workflowId: string, decision: Decision): (keep: Keep) => NewEntry {
  return (keep) => {
    const until = keep.expiresAt === undefined ? 'has no end any more' : `ends at ${keep.expiresAt} now`;
    return entryOf(keep, workflowId, decision, `Keep ${keep.id} of ${keep.statement.text} ${until}`);
  };
}

/** What the journal says of a keep whose time is over. */
export function expiredEntry(keep: Keep): NewEntry {
  const { id, statement, author, reason, expiresAt = '' } = keep;
  const summary = `Keep ${id} of ${statement.text} ended at ${expiresAt}: an unknown binding again, which waits for a person`;
  return entryOf(keep, 'keep-expiry', { author, reason }, summary);
}

/** What the journal says of removals that a person approves one by one. What becomes of them is the pass' entry. */
export function approvedEntry(
  { device, port }: { readonly device: DeviceId; readonly port: PortName },
  workflowId: string,
  decision: Decision,
  statements: readonly Statement[],
): NewEntry {
  const texts = statements.map(({ text }) => text).join(', ');
  return entryOf({ device, port }, workflowId, decision, `${decision.author} wants removed: ${texts}`);
}

function entryOf(
  { device, port }: { readonly device: DeviceId; readonly port: PortName },
  workflowId: string,
  { author, reason }: Decision,
  summary: string,
): NewEntry {
  const nothing = { added: [], removed: [], commands: [] };
  return { device, port, workflowId, status: 'unchanged', summary, author, reason, ...nothing };
}
