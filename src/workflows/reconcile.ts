import { proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { UnderWay } from '../domain/drift/drift';
import {
  readReconcileInput,
  SUSPECTS_AT_ONCE,
  type FirstLook,
  type ReconcileActivities,
  type ReconcileInput,
  type ReconcileResult,
  type RecordDriftResult,
} from '../protocol/reconcile';
import { reportFailure } from './failures';
import { readOrFail } from './shortWorkflow';

/** Tried twice: the schedule comes again, and what kept a look from seeing the device is remembered by the look itself. */
const { lookForDrift, recordDrift } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '20 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 2, initialInterval: '5 seconds' },
});

/** What a result shows; all of it is in the store. */
const SHOWN = 200;

/**
 * Compares what a device has with what it shall have, port by port, and deals with the difference as the device's mode says. A
 * difference counts once it is still there after a while: what an event brings on its way is no drift. Started by a schedule for
 * each device. A device that cannot be read is a result, not a failure. Input: `{device}`.
 */
export async function reconcile(input: unknown): Promise<ReconcileResult> {
  const request = readOrFail(() => readReconcileInput(input));
  const { device } = request;
  setCurrentDetails(`Looking at ${device}`);
  try {
    const first = await lookForDrift(request);
    if ('error' in first) return { summary: first.summary, device, error: first.error };
    const { look } = first;
    if (look.suspects.length === 0) return { summary: first.summary, device, ports: look.ports };
    setCurrentDetails(`${first.summary}; looking once more at those ports`);
    if (look.settleMs > 0) await sleep(look.settleMs);
    return await settle(request, look);
  } catch (error) {
    const report = reportFailure(error);
    return { summary: `${device} could not be reconciled: ${report.message}`, device, error: report };
  }
}

/** Goes into the suspects of a first look, some at a time. */
async function settle(
  { device }: ReconcileInput,
  { suspects, ports, unreadable, gone, notes }: FirstLook,
): Promise<ReconcileResult> {
  const look = { ports, unreadable, gone, notes };
  const drift: RecordDriftResult['drift'][number][] = [];
  const underWay: UnderWay[] = [];
  for (let start = 0; start < suspects.length; start += SUSPECTS_AT_ONCE) {
    const part = suspects.slice(start, start + SUSPECTS_AT_ONCE);
    const isLast = start + SUSPECTS_AT_ONCE >= suspects.length;
    const found = await recordDrift({ device, suspects: part, look, underWay: underWay.slice(0, SHOWN), isLast });
    drift.push(...found.drift);
    underWay.push(...found.underWay);
  }
  const summary = `${device}: ${drift.length} of ${ports} port(s) in drift, ${underWay.length} under way`;
  setCurrentDetails(summary);
  return { summary, device, ports, drift: drift.slice(0, SHOWN), underWay: underWay.slice(0, SHOWN) };
}
