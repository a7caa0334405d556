import { child, childText, descendants, walk, type XmlElement } from '../../clients/netconf/xml';
import { OUR_LOG_PREFIX as LOG_PREFIX } from '../../domain/change/origin';
import type { CommitEntry, CommitHistory } from './operations';

/** What a text of ours ends with when its commit was a confirmed one, and when it is the commit that confirmed one. */
const SUFFIX = / \[(?:confirm within (\d+) min|confirmation)\]$/;

/** The log text of a pass: recognisable in `show system commit` as ours. */
export function commitLogText(token: string): string {
  return token.startsWith(LOG_PREFIX) ? token : `${LOG_PREFIX} ${token}`;
}

/** The log text of a confirmed commit. It says so itself, for not every commit log does: see {@link leftoverOf}. */
export function confirmedLogText(text: string, minutes: number): string {
  return `${text} [confirm within ${minutes} min]`;
}

/** The log text of a second commit that does nothing but confirm the one with this text. */
export function confirmationLogText(text: string): string {
  return `${withoutSuffix(text)} [confirmation]`;
}

function withoutSuffix(text: string): string {
  return text.replace(SUFFIX, '');
}

/**
 * The log text, told apart from an earlier try's: a retried pass has the token of the first, and finding that one
 * in the log would prove nothing about this commit.
 */
export function unusedLogText(text: string, history: CommitHistory | undefined): string {
  const used = new Set(history?.entries.map((entry) => withoutSuffix(entry.log)));
  let candidate = text;
  for (let attempt = 2; used.has(candidate); attempt += 1) candidate = `${text} try ${attempt}`;
  return candidate;
}

/** Whether a log text is of one of our commits. */
export function isOurLog(log: string): boolean {
  return log.startsWith(LOG_PREFIX);
}

/**
 * Reads the reply to `get-commit-information` (`show system commit`), newest first. A confirmed commit that waits has
 * `<commit-confirmed>rollback pending</commit-confirmed>`, and a comment, `commit confirmed, rollback in 10mins`, that
 * stays when it was confirmed (recorded: vSRX 24.4; which releases show which is not established). A pending `commit at`
 * shows as `commit requested by USER via cli at TIME` (documented for the CLI; its XML is not established).
 */
export function parseCommitHistory(root: XmlElement): CommitHistory {
  const shown = [...walk(root)].filter((element) => element.name !== 'log').map((element) => element.text);
  const isMarked = shown.some((text) => /rollback pending/i.test(text));
  const scheduled = shown
    .map((text) => /commit requested by [^\n]+/i.exec(text)?.[0].trim())
    .find((text) => text !== undefined);
  const entries = descendants(root, 'commit-history').map((entry, index): CommitEntry => {
    const minutes = confirmMinutes(entry);
    const method = childText(entry, 'client')?.trim() ?? '';
    const seconds = Number(child(entry, 'date-time')?.attributes['seconds'] ?? Number.NaN);
    return {
      user: childText(entry, 'user')?.trim() ?? '',
      log: childText(entry, 'log')?.trim() ?? '',
      isMarkedPending: isMarked && index === 0,
      ...(method === '' ? {} : { method }),
      ...(Number.isFinite(seconds) ? { committedAt: seconds * 1_000 } : {}),
      ...(minutes === undefined ? {} : { confirmMinutes: minutes }),
    };
  });
  return { entries, ...(scheduled === undefined ? {} : { scheduled }) };
}

/** The minutes that a confirmed commit had for its confirmation: infinitely many when they cannot be read. */
function confirmMinutes(entry: XmlElement): number | undefined {
  const log = childText(entry, 'log')?.trim() ?? '';
  if (isOurLog(log)) {
    const own = SUFFIX.exec(log)?.[1];
    if (own !== undefined) return Number(own);
  }
  const comments = [...walk(entry)].filter((element) => element.name !== 'log').map((element) => element.text);
  const remark = [...comments, /^commit confirmed\b.*/i.exec(log)?.[0] ?? '']
    .map((text) => /\bcommit confirmed\b(.*)/i.exec(text)?.[1])
    .find((rest) => rest !== undefined);
  if (remark === undefined) return undefined;
  const minutes = /\b(\d+)\s*min/i.exec(remark)?.[1];
  return minutes === undefined ? Number.POSITIVE_INFINITY : Number(minutes);
}
