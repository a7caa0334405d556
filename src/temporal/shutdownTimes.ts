/**
 * How long running work may go on after SIGTERM, in milliseconds. The commit's time is the configuration's
 * `commitSeconds`; whoever ends the process by force (systemd, Docker) must wait for `process`.
 */
export interface ShutdownTimes {
  /** A change that is in its commit: the longest commit of any switch. */
  readonly commit: number;
  /** Everything else, a change before its commit included. */
  readonly other: number;
  /** The whole shutdown: the commit, and a minute to give everything back. */
  readonly process: number;
}
