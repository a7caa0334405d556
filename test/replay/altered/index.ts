import { proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';

/*
 * Workflows under the product's names that do something else: replaying the product's histories with them must fail,
 * or the replay proves nothing.
 */

const quick = proxyLocalActivities<{ findProxmoxNode(input: unknown): Promise<unknown> }>({ startToCloseTimeout: '5 seconds' });
const durable = proxyActivities<{ commitToSwitch(input: unknown): Promise<unknown> }>({ startToCloseTimeout: '5 seconds' });

/** Begins with another activity than the product does. */
export async function portSecurityEvent(input: unknown): Promise<unknown> {
  return quick.findProxmoxNode(input);
}

/** Commits before it has read anything. */
export async function deviceCoordinator(input: unknown): Promise<unknown> {
  await sleep('1 second');
  return durable.commitToSwitch(input);
}
