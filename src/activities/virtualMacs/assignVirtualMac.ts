import { Context } from '@temporalio/activity';
import { PortwardenError } from '../../domain/errors';
import { usablePorts } from '../../domain/servers/attachments';
import type { PanelServer } from '../../domain/servers/server';
import type { IpAddress } from '../../domain/values/ip';
import type { AssignVirtualMacInput, VirtualMacActivities } from '../../protocol/virtualMacs';
import { askPorts } from '../membership/askPorts';
import type { ActivityDependencies } from '../dependencies';
import { attemptSignal } from '../failure';
import { describePlaces } from './places';

/**
 * Gives an address of a dedicated server a virtual MAC because a person asks for it: the panel must have the server and
 * the address. What the address is bound to now is replaced by the next pass, in one commit.
 */
export function createAssignVirtualMac(
  deps: Pick<ActivityDependencies, 'panel' | 'store' | 'enlister'>,
): VirtualMacActivities['assignVirtualMac'] {
  return async (input) => {
    const server = await dedicatedServer(deps, input);
    const { ip, mac, by } = input;
    const request = { serverId: server.serverId, ip, ...(mac === undefined ? {} : { mac }) };
    const cause = { workflowId: workflowId(), ...(by === undefined ? {} : { by }) };
    const own = server.pxeMac === undefined ? [] : [server.pxeMac];
    const [virtualMac] = await deps.store.virtualMacs.allocate([request], cause, own);
    if (virtualMac === undefined) throw new Error('no virtual MAC was given');
    const ports = usablePorts(server.attachments);
    await askPorts(
      deps,
      ports.map((at) => ({ ...at, serverId: server.serverId })),
    );
    const then = ports.length === 0 ? 'no port of the server is automated' : `${describePlaces(ports)} looked at again`;
    return { summary: `${ip} of ${server.name} has the virtual MAC ${virtualMac.mac}; ${then}`, virtualMac, ports };
  };
}

/** The workflow that an activity runs for. */
export function workflowId(): string {
  return Context.current().info.workflowExecution?.workflowId ?? 'unknown';
}

async function dedicatedServer(
  { panel }: Pick<ActivityDependencies, 'panel'>,
  { server: serverId, ip }: AssignVirtualMacInput,
): Promise<PanelServer> {
  const server = await panel.getServer(serverId, attemptSignal());
  if (server === undefined) throw refused(`The panel has no server ${serverId}`);
  if (server.kind !== 'dedicated')
    throw refused(`${server.name} is a virtual machine: its hypervisor says which MACs its NICs have`);
  const assigned = server.ips.find((one) => one.ip === ip);
  if (assigned === undefined) throw refused(notItsOwn(server, ip));
  if (assigned.isSubnet) throw refused(`${ip} of ${server.name} is a whole subnet; only single addresses can be bound`);
  if (assigned.primary)
    throw refused(`${ip} is the primary address of ${server.name}, which keeps the server's own MAC`);
  return server;
}

function notItsOwn({ name, ips }: PanelServer, ip: IpAddress): string {
  const has = ips.map((one) => one.ip).slice(0, 10);
  return `The panel does not assign ${ip} to ${name}; it has ${has.length === 0 ? 'no address' : has.join(', ')}`;
}

function refused(message: string): PortwardenError {
  return new PortwardenError('virtual-mac-refused', message);
}
