import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { PortOutcome } from '../domain/change/outcome';
import { portRequest } from '../domain/servers/portRequest';
import {
  readReleaseInput,
  readReleaseSubject,
  readRestoreInput,
  readRestoreSubject,
  type HoldActivities,
  type HoldOutcome,
  type RecordedHold,
  type ReleasePlan,
  type ReleaseResult,
  type RestorePlan,
  type RestoreResult,
} from '../protocol/holds';
import { LOOK_SECONDS } from '../protocol/preview';
import { converge, listen, type Wanted } from './converging';
import { answer, readOrFail } from './shortWorkflow';

const looks = proxyActivities<HoldActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

const records = proxyActivities<HoldActivities>({
  scheduleToCloseTimeout: '5 minutes',
  startToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 4, initialInterval: '2 seconds' },
});

/** Shows what a restore would do. Nothing is touched. Input: `{device, backup, port?}`. */
export async function planRestore(input: unknown): Promise<RestorePlan> {
  const subject = readOrFail(() => readRestoreSubject(input));
  return answer(() => looks.planRestore(subject));
}

/**
 * Restores ports as a backup had them, and holds them so: makes the holds of the plan that was shown, has the coordinator bring
 * the ports to them, and reports the proven outcomes. Input: `{device, backup, port?, hash, author, reason, expiresAt}`.
 */
export async function restoreBackup(input: unknown): Promise<RestoreResult> {
  const request = readOrFail(() => readRestoreInput(input));
  const waiting = listen();
  waiting.show(`Looking at ${request.device} as it is now`);
  const { holds, refused } = await answer(() => records.recordRestore(request));
  const outcomes = await answer(() => converge(wantedOf(holds), undefined, waiting));
  const summary = `${holds.length} port(s) held as backup ${request.backup} has them until ${request.expiresAt}${refused.length === 0 ? '' : `, ${refused.length} refused`}: ${countsOf(outcomes)}`;
  setCurrentDetails(summary);
  return { summary, holds: holds.map(shortHold), refused, outcomes: outcomes.map(shortOutcome) };
}

/** Shows what the release of holds would do. Nothing is touched. Input: `{ids}`. */
export async function planRelease(input: unknown): Promise<ReleasePlan> {
  const subject = readOrFail(() => readReleaseSubject(input));
  return answer(() => looks.planRelease(subject));
}

/**
 * Releases holds: has the coordinator bring their ports to what the sources want, and reports the proven outcomes.
 * Input: `{ids, hash, author, reason}`.
 */
export async function releaseHolds(input: unknown): Promise<ReleaseResult> {
  const request = readOrFail(() => readReleaseInput(input));
  const waiting = listen();
  const { holds } = await answer(() => records.recordRelease(request));
  const outcomes = await answer(() => converge(wantedOf(holds), undefined, waiting));
  const summary = `${holds.length} hold(s) released: ${countsOf(outcomes)}`;
  setCurrentDetails(summary);
  return { summary, released: holds.map(shortHold), outcomes: outcomes.map(shortOutcome) };
}

function wantedOf(holds: readonly RecordedHold[]): readonly Wanted[] {
  return holds.flatMap(({ device, askedAs }) => askedAs.map((port) => ({ device, ...portRequest(port) })));
}

const shortHold = ({ id, device, port }: RecordedHold) => ({ id, device, port });

const shortOutcome = ({ device, port, status, summary }: PortOutcome): HoldOutcome => ({
  device,
  port,
  status,
  summary,
});

const STATUSES = ['applied', 'held', 'unchanged', 'parked', 'skipped', 'failed'] as const;

function countsOf(outcomes: readonly PortOutcome[]): string {
  const parts = STATUSES.flatMap((status) => {
    const count = outcomes.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}
