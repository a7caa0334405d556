import type { ChaosApi } from './chaosApi';

const MOST = 20_000;

/** An entry of the journal. */
export interface JournalRow {
  readonly device: string;
  readonly port: string;
  readonly workflowId: string;
  readonly summary: string;
  readonly commit?: string;
  readonly author?: string;
  readonly reason?: string;
}

/** The whole journal. @throws Error when it is not told. */
export function wholeJournal(api: ChaosApi): Promise<readonly JournalRow[]> {
  return api.lines<JournalRow>(`/api/port-security/journal/export?format=jsonl&limit=${MOST}`);
}
