import { proxyActivities } from '@temporalio/workflow';
import { LOOK_SECONDS } from '../protocol/preview';
import {
  readAssignInput,
  readRevokeInput,
  type VirtualMacActivities,
  type VirtualMacResult,
} from '../protocol/virtualMacs';
import { answer, readOrFail } from './shortWorkflow';

const steps = proxyActivities<VirtualMacActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 5, initialInterval: '1 second' },
});

/**
 * Gives a further address of a dedicated server a virtual MAC. A workflow, so that the process that asks needs no
 * credentials of the panel, and so that the request outlives it. Input: `{server, ip, mac?, by?}`.
 */
export async function assignVirtualMac(input: unknown): Promise<VirtualMacResult> {
  const request = readOrFail(() => readAssignInput(input));
  return answer(() => steps.assignVirtualMac(request));
}

/** Takes a virtual MAC away. Input: `{mac, reason?, by?}`. */
export async function revokeVirtualMac(input: unknown): Promise<VirtualMacResult> {
  const request = readOrFail(() => readRevokeInput(input));
  return answer(() => steps.revokeVirtualMac(request));
}
