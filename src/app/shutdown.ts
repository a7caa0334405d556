import { longestCommitMs } from '../devices/registry';
import type { ShutdownTimes } from '../temporal/shutdownTimes';

const OTHER_WORK_MS = 20_000;
const CLOSING_MS = 60_000;

/** The times that the slowest device's commit leads to, by the configuration's sections. */
export function shutdownTimes(configuration: object): ShutdownTimes {
  const commit = longestCommitMs(configuration);
  return { commit, other: Math.min(OTHER_WORK_MS, commit), process: commit + CLOSING_MS };
}
