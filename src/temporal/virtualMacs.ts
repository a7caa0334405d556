import type { Client } from '@temporalio/client';
import { ASSIGN_VIRTUAL_MAC_WORKFLOW, REVOKE_VIRTUAL_MAC_WORKFLOW } from '../protocol/names';
import type { AssignVirtualMacInput, RevokeVirtualMacInput, VirtualMacResult } from '../protocol/virtualMacs';
import { shortWorkflows } from './shortWorkflows';

/** Asks workers to give and take virtual MACs. @throws PortwardenError as the worker answers; see {@link shortWorkflows}. */
export interface VirtualMacOperations {
  assign(input: AssignVirtualMacInput): Promise<VirtualMacResult>;
  revoke(input: RevokeVirtualMacInput): Promise<VirtualMacResult>;
}

/** Virtual MACs, by short workflows on the workers of a task queue. */
export function createVirtualMacOperations(client: Client, taskQueue: string): VirtualMacOperations {
  const execute = shortWorkflows(client, taskQueue);
  return {
    assign: (input) =>
      execute(ASSIGN_VIRTUAL_MAC_WORKFLOW, `Virtual MAC for ${input.ip} of server ${input.server}`, { ...input }),
    revoke: (input) => execute(REVOKE_VIRTUAL_MAC_WORKFLOW, `Revocation of ${input.mac}`, { ...input }),
  };
}
