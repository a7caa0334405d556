import { child, childText, descendants, walk, type XmlElement } from './netconf/xml';
import type { CommitEntry } from './operations';

/** Every commit log text of portwarden starts with this. */
const LOG_PREFIX = 'portwarden';

/** The log text of a pass: recognisable in `show system commit` as ours. */
export function commitLogText(token: string): string {
  return token.startsWith(LOG_PREFIX) ? token : `${LOG_PREFIX} ${token}`;
}

/**
 * The log text, told apart from an earlier try's: a retried pass has the token of the first, and finding that one
 * in the log would prove nothing about this commit.
 */
export function unusedLogText(text: string, history: readonly CommitEntry[] | undefined): string {
  const used = new Set(history?.map((entry) => entry.log));
  let candidate = text;
  for (let attempt = 2; used.has(candidate); attempt += 1) candidate = `${text} try ${attempt}`;
  return candidate;
}

/** Whether a log text is of one of our commits. */
export function isOurLog(log: string): boolean {
  return log.startsWith(LOG_PREFIX);
}

/**
 * Reads the reply to `get-commit-information` (`show system commit`), newest first. That a commit waits for its
 * confirmation shows as `rollback pending`, or only in its comment: `commit confirmed, rollback in 10mins`.
 * @param now milliseconds since the epoch, to tell whether a confirmed commit's time is over.
 */
export function parseCommitHistory(root: XmlElement, now: number): readonly CommitEntry[] {
  const marked = [...walk(root)].some((element) => element.name !== 'log' && /rollback pending/i.test(element.text));
  return descendants(root, 'commit-history').map((entry, index) => ({
    user: childText(entry, 'user')?.trim() ?? '',
    log: childText(entry, 'log')?.trim() ?? '',
    confirmation: index > 0 ? 'none' : marked ? 'pending' : mayBePending(entry, now) ? 'maybe' : 'none',
  }));
}

function mayBePending(entry: XmlElement, now: number): boolean {
  const comments = [...walk(entry)].filter((element) => element.name !== 'log').map((element) => element.text);
  const minutes = comments.map((text) => /commit confirmed, rollback in (\d+)\s*min/i.exec(text)?.[1]).find((found) => found !== undefined);
  if (minutes === undefined) return false;
  const committed = Number(child(entry, 'date-time')?.attributes['seconds'] ?? Number.NaN) * 1_000;
  const windowMs = (Number(minutes) + 1) * 60_000;
  return Number.isNaN(committed) || Math.abs(now - committed) < windowMs;
}
