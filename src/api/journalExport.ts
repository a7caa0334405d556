import type { Statement } from '../domain/change/statement';
import type { RemovedStatement } from '../domain/change/removals';
import { csvRecord } from '../primitives/csv';
import type { JournalEntry, JournalFilter, JournalRepository } from '../store/journal';

/** Forms in which entries leave the journal. */
export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;

/** One of the forms. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The media type of each form. */
export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** Entries that are in memory at a time: one carries the commands and the diff of a whole batch. */
const ENTRIES_AT_A_TIME = 100;

const lines = (texts: readonly string[] | undefined): string => (texts ?? []).join('\n');
const justified = ({ text, because }: RemovedStatement): string =>
  because === undefined ? text : `${text} (${because})`;

const COLUMNS: readonly (readonly [string, (entry: JournalEntry) => string | undefined])[] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['device', ({ device }) => device],
  ['port', ({ port }) => port],
  ['status', ({ status }) => status],
  ['summary', ({ summary }) => summary],
  ['added', ({ added }) => lines(added.map(({ text }: Statement) => text))],
  ['removed', ({ removed }) => lines(removed.map(justified))],
  ['author', ({ author }) => author],
  ['reason', ({ reason }) => reason],
  ['workflowId', ({ workflowId }) => workflowId],
  ['events', ({ events }) => lines(events)],
  ['policies', ({ policies }) => lines(policies)],
  ['commit', ({ commit }) => commit],
  ['commitSeconds', ({ commitSeconds }) => commitSeconds?.toString()],
  ['commands', ({ commands }) => lines(commands)],
  ['diff', ({ diff }) => diff],
];

/** The line of the columns' names, with which a CSV file begins. */
export const CSV_HEADER = csvRecord(COLUMNS.map(([name]) => name));

/** One entry in a form. */
function exportedEntry(entry: JournalEntry, format: ExportFormat): string {
  if (format === 'jsonl') return `${JSON.stringify(entry)}\n`;
  return csvRecord(COLUMNS.map(([, value]) => value(entry) ?? ''));
}

/**
 * Entries in a form, newest first, read as they are taken: however many there are, few are in memory.
 * @param behind where to end: entries from this id on only. Absent: everything.
 */
export async function* exportEntries(
  journal: Pick<JournalRepository, 'list'>,
  filter: JournalFilter,
  { format, behind }: { readonly format: ExportFormat; readonly behind?: string | undefined },
): AsyncGenerator<string> {
  for (let before = filter.before; ;) {
    const page = await journal.list({
      ...filter,
      ...(before === undefined ? {} : { before }),
      limit: ENTRIES_AT_A_TIME,
    });
    const wanted = page.filter(({ id }) => behind === undefined || BigInt(id) > BigInt(behind));
    yield wanted.map((entry) => exportedEntry(entry, format)).join('');
    before = page.at(-1)?.id;
    if (wanted.length < ENTRIES_AT_A_TIME) return;
  }
}
