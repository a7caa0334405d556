import type { NotifyInput } from '../../protocol/activities';
import { inPayloads } from '../../protocol/payload';

/** Waiters of one port that are named together: about 30 KiB. */
const WAITERS_AT_ONCE = 500;

/** What the waiting events are told, in parts that fit into a payload. Mostly one; the last says that all were told. */
export function notices(
  outcomes: NotifyInput['outcomes'],
  progress: NotifyInput['progress'],
  answered: Pick<NotifyInput, 'answered'>,
): NotifyInput[] {
  const [first = [], ...others] = inPayloads(outcomes.flatMap(splitWaiters));
  const parts: NotifyInput[] = [
    { outcomes: first, progress },
    ...others.map((more): NotifyInput => ({ outcomes: more, progress: [] })),
  ];
  const last = parts.at(-1);
  return last === undefined ? [] : [...parts.slice(0, -1), { ...last, ...answered }];
}

/** The same for those who go on waiting. */
export function progressNotices(progress: NotifyInput['progress']): NotifyInput[] {
  return inPayloads(progress.flatMap(splitWaiters)).map((part) => ({ outcomes: [], progress: part }));
}

function splitWaiters<T extends { readonly waiters: readonly string[] }>(notice: T): T[] {
  const parts: T[] = [];
  for (let start = 0; start < Math.max(notice.waiters.length, 1); start += WAITERS_AT_ONCE)
    parts.push({ ...notice, waiters: notice.waiters.slice(start, start + WAITERS_AT_ONCE) });
  return parts;
}
