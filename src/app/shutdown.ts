import type { ShutdownTimes } from '../temporal/shutdownTimes';
import type { Configuration } from '../config';

const OTHER_WORK_MS = 20_000;
const CLOSING_MS = 60_000;

/** The times that the switches' `commitSeconds` lead to. */
export function shutdownTimes({ switches }: Pick<Configuration, 'switches'>): ShutdownTimes {
  const commit = Math.max(...[switches.defaults, ...switches.settings.values()].map(({ timeouts }) => timeouts.commit));
  return { commit, other: Math.min(OTHER_WORK_MS, commit), process: commit + CLOSING_MS };
}
