/** One commit of a device, as the device's own history has it. */
export interface DeviceCommit {
  /** By the device's own clock; ISO 8601, UTC. Absent when the history does not say. */
  readonly at?: string;
  readonly user: string;
  /** The way by which it came, in the device's word: `cli`, `netconf`, `other`. Absent when the history does not say. */
  readonly method?: string;
  /** What its author wrote into the log. */
  readonly log?: string;
}

/** Every log text of our commits begins with this word, on devices that have a log. */
export const OUR_LOG_PREFIX = 'portwarden';

/** Whether a commit is one of our own. */
export function isOurs({ log }: DeviceCommit): boolean {
  return log?.startsWith(OUR_LOG_PREFIX) === true;
}

/** Who brought a statement that is there now, by the device's own history. */
export type Origin =
  | { readonly found: 'commit'; readonly commit: DeviceCommit }
  /** It was there before the oldest configuration that was looked at, which this commit made. */
  | { readonly found: 'older'; readonly than: DeviceCommit; readonly looked: number }
  | { readonly found: 'nothing'; readonly why: string };

/** An origin in words, as lists of unknown bindings have it. */
export function describeOrigin(origin: Origin): string {
  switch (origin.found) {
    case 'commit':
      return `device: brought by a commit of ${describeCommit(origin.commit)}`;
    case 'older':
      return origin.looked === 1
        ? `device: older than the last commit, which is of ${describeCommit(origin.than)}`
        : `device: older than the last ${origin.looked} commits, the first of which is of ${describeCommit(origin.than)}`;
    case 'nothing':
      return `device: who brought it is not known: ${origin.why}`;
  }
}

/** A commit in words: who, by which way, when, and its log text. */
export function describeCommit({ at, user, method, log }: DeviceCommit): string {
  const via = method === undefined ? '' : ` via ${method}`;
  const when = at === undefined ? '' : ` at ${at}`;
  return `${user}${via}${when}, ${log === undefined ? 'without a log text' : `"${log}"`}`;
}
