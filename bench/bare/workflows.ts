import {
  condition,
  defineSignal,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ATTRIBUTE } from '../../src/protocol/names';
import { BARE_OUTCOME, type BareActivities, type BareInput } from './names';

const steps = proxyLocalActivities<BareActivities>({ startToCloseTimeout: '5 seconds' });

/**
 * An event without everything that makes it portwarden: the same commands in the same order, two quick steps, attributes, a
 * wait and a signal that ends it, but no panel, no coordinator and no device. It is what Temporal alone costs.
 */
export async function bareEvent(input: BareInput): Promise<string> {
  let outcome: string | undefined;
  setHandler(defineSignal<[string]>(BARE_OUTCOME), (told) => {
    outcome = told;
  });
  const { device, port } = await steps.look(input);
  upsertSearchAttributes([
    { key: ATTRIBUTE.serverId, value: String(input.serverId) },
    { key: ATTRIBUTE.action, value: input.action },
    { key: ATTRIBUTE.device, value: device },
    { key: ATTRIBUTE.port, value: port },
  ]);
  await steps.enlist(workflowInfo().workflowId);
  setCurrentDetails('Waiting');
  await condition(() => outcome !== undefined, '35 minutes');
  setCurrentDetails(outcome ?? '');
  return outcome ?? 'none';
}
