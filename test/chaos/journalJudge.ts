import { splitKey } from './model';
import type { SwitchWatch } from './switchWatch';

const MOST = 500;

/** An entry of `GET /journal`. */
interface JournalRow {
  readonly port: string;
  readonly commit?: string;
}

/** Every commit of portwarden is in its journal, with a row for each port that it changed. */
export async function unjournaledChanges(
  apiUrl: string,
  token: string,
  watches: readonly SwitchWatch[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const watch of watches) {
    const rows = await journalOf(apiUrl, token, watch.id);
    for (const commit of watch.commits.filter(({ client }) => client === 'netconf')) {
      for (const port of commit.changes.keys()) {
        const row = rows.findIndex((one) => one.commit === commit.log && one.port === splitKey(port).port);
        // A row counts for one commit: a repeated pass may use its token again.
        if (row >= 0) rows.splice(row, 1);
        else problems.push(`${watch.name}: the journal lacks commit "${commit.log ?? ''}", which changed ${port}`);
      }
    }
  }
  return problems;
}

async function journalOf(apiUrl: string, token: string, switchId: number): Promise<JournalRow[]> {
  const response = await fetch(`${apiUrl}/api/port-security/journal?device=junos:${switchId}&limit=${MOST}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the journal was not told: ${response.status} ${text.slice(0, 200)}`);
  return (JSON.parse(text) as { readonly entries: JournalRow[] }).entries;
}
