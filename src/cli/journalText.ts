import type { JournalEntryAnswer, JournalRow } from './journalAnswers';

/** Entries as an operator reads them, a line each. */
export function journalRowsText(rows: readonly JournalRow[]): string {
  return rows
    .map(({ id, at, device, port, status, summary, author }) => {
      const by = author === undefined ? '' : ` (${author})`;
      return `${id.padStart(6)}  ${at}  ${placeOf(device, port)}  ${status}: ${summary}${by}\n`;
    })
    .join('');
}

/** One entry with all that it says. */
export function journalEntryText(entry: JournalEntryAnswer): string {
  const { id, at, device, port, status, summary, added, removed, author, reason, workflowId } = entry;
  const { events, policies, commit, commitSeconds, commands, diff } = entry;
  const seconds = commitSeconds === undefined ? '' : ` (${commitSeconds} s)`;
  return [
    `${id}  ${at}  ${placeOf(device, port)}  ${status}: ${summary}`,
    ...added.map(({ text }) => `  + ${text}`),
    ...removed.map(({ text, because }) => `  - ${text}${because === undefined ? '' : ` (${because})`}`),
    ...(author === undefined ? [] : [`  by ${author}${reason === undefined ? '' : `: ${reason}`}`]),
    `  workflow ${workflowId}`,
    ...(events ?? []).map((event) => `  event ${event}`),
    ...(policies ?? []).map((policy) => `  policy of ${policy}`),
    ...(commit === undefined ? [] : [`  commit ${commit}${seconds}`]),
    ...part('commands of the whole batch', commands),
    ...part('the difference, as the device says it', diff?.split('\n') ?? []),
    '',
  ].join('\n');
}

/** What an entry is about; one of several devices says it in its summary. */
function placeOf(device: string | undefined, port: string | undefined): string {
  return [device ?? 'several devices', port].filter((word) => word !== undefined).join(' ');
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}
