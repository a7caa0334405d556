import type { Configuration } from './config';

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

const OTHER_WORK_MS = 20_000;
const CLOSING_MS = 60_000;

/** The times that the switches' `commitSeconds` lead to. */
export function shutdownTimes({ switches }: Pick<Configuration, 'switches'>): ShutdownTimes {
  const commit = Math.max(...[switches.defaults, ...switches.settings.values()].map(({ timeouts }) => timeouts.commit));
  return { commit, other: Math.min(OTHER_WORK_MS, commit), process: commit + CLOSING_MS };
}
