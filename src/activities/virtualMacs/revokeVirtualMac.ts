import { isLive, type VirtualMac } from '../../domain/desired/virtualMac';
import { revoke } from '../../domain/desired/virtualMacProgress';
import { PortwardenError } from '../../domain/errors';
import type { PortRef } from '../../domain/values/port';
import type { VirtualMacActivities } from '../../protocol/virtualMacs';
import { askPorts } from '../membership/askPorts';
import type { ActivityDependencies } from '../dependencies';
import { workflowId } from './assignVirtualMac';
import { describePlaces, distinctPorts } from './places';

/**
 * Takes a virtual MAC away because a person asks for it. Its binding goes with the next pass over its ports: the address gets what
 * the policy of the switch gives a new one. Revoked twice is revoked once; its ports are asked for again.
 */
export function createRevokeVirtualMac(
  deps: Pick<ActivityDependencies, 'store' | 'enlister'>,
): VirtualMacActivities['revokeVirtualMac'] {
  return async ({ mac, reason = 'a person revoked it', by }) => {
    const cause = { workflowId: workflowId(), ...(by === undefined ? {} : { by }) };
    const [virtualMac] = await deps.store.virtualMacs.change(
      { macs: [mac] },
      (before) => revoke(before, reason),
      cause,
    );
    if (virtualMac === undefined)
      throw new PortwardenError('not-found', `${mac} is no virtual MAC of this installation`);
    if (isLive(virtualMac)) throw new Error('the virtual MAC was not revoked');
    const ports = distinctPorts([...virtualMac.places, ...(await portsOf(deps, virtualMac))]);
    await askPorts(
      deps,
      ports.map((at) => ({ ...at, serverId: virtualMac.serverId })),
    );
    const then = ports.length === 0 ? 'it is bound nowhere' : `${describePlaces(ports)} looked at again`;
    return {
      summary: `The virtual MAC ${mac} of ${virtualMac.ip} (server ${virtualMac.serverId}) is revoked; ${then}`,
      virtualMac,
      ports,
    };
  };
}

/** Where the server is, as last known: a binding that nobody has read back yet may be there. */
async function portsOf(
  { store }: Pick<ActivityDependencies, 'store'>,
  { serverId }: VirtualMac,
): Promise<readonly PortRef[]> {
  return (await store.placements.get(serverId))?.ports ?? [];
}
