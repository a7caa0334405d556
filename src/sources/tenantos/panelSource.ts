import { PortwardenError } from '../../domain/errors';
import { expandSubnets } from '../../domain/servers/subnetAssignment';
import type { AssignedIp, PanelServer, SwitchAttachment } from '../../domain/servers/server';
import type { PanelSource } from '../panelSource';
import type { PortNaming } from '../portNaming';
import type { PanelSettings } from './configuration';
import type { TenantosPanel } from './panel';

/**
 * The panel as a source: what it says of ports, by the names that their devices have for them, and of addresses, with
 * small subnets that are assigned as a whole in single addresses.
 */
export function createPanelSource(
  panel: TenantosPanel,
  naming: PortNaming,
  { expandSubnetsFrom }: Pick<PanelSettings, 'expandSubnetsFrom'>,
): PanelSource {
  const { servers, connections, switches } = panel;
  const renamed = (attachment: SwitchAttachment): SwitchAttachment =>
    attachment.port === undefined
      ? attachment
      : { ...attachment, port: naming.toDevice(attachment.device, attachment.port) };
  const withNames = <T extends { readonly attachments: readonly SwitchAttachment[] }>(holder: T): T => ({
    ...holder,
    attachments: holder.attachments.map(renamed),
  });
  const singly = <T extends { readonly ips: readonly AssignedIp[] }>(holder: T): T => ({
    ...holder,
    ips: expandSubnets(holder.ips, expandSubnetsFrom),
  });

  return {
    async getServer(id, signal) {
      const server = await panel.getServer(id, signal);
      return server === undefined ? undefined : singly(withNames<PanelServer>(server));
    },
    async getServersIps(ids, signal) {
      const { found, ...others } = await servers.addressesOf(ids, signal);
      return { ...others, found: new Map([...found].map(([id, server]) => [id, singly(server)])) };
    },
    async connectionsOf(id, signal) {
      const found = await connections.of(id, signal);
      return found === undefined ? undefined : withNames(found);
    },
    vmServerIds: (cluster, signal) => connections.vmServerIds(cluster, signal),
    async findNodeEntry(entry, signal) {
      if ('serverId' in entry) {
        const server = await panel.getServer(entry.serverId, signal);
        return server?.kind === 'dedicated' ? withNames(server) : undefined;
      }
      const listed = await servers.findByName(entry.name, signal);
      if (listed === undefined) return undefined;
      const found = await connections.of(listed.serverId, signal);
      if (found?.hypervisor !== undefined) return undefined;
      return { serverId: listed.serverId, attachments: (found?.attachments ?? []).map(renamed) };
    },
    addressHolders: (ips, signal) => servers.addressHolders(ips, signal),
    async portAssignments(device, port, signal) {
      try {
        const switchId = naming.panelSwitchOf(device);
        if (switchId === undefined) return [];
        return await switches.portAssignments(switchId, naming.toPanel(device, port), signal);
      } catch (error) {
        if (error instanceof PortwardenError && error.code === 'device-missing') return [];
        throw error;
      }
    },
    async assignedPorts(device, signal) {
      try {
        const switchId = naming.panelSwitchOf(device);
        if (switchId === undefined) return [];
        const { ports } = await switches.ports(switchId, signal);
        return ports.flatMap(({ port, serverIds }) =>
          port === undefined || serverIds.length === 0 ? [] : [naming.toDevice(device, port)],
        );
      } catch (error) {
        if (error instanceof PortwardenError && error.code === 'device-missing') return [];
        throw error;
      }
    },
    subnets: (signal) => panel.subnets(signal),
    async portVlan(device, port, signal) {
      const switchId = naming.panelSwitchOf(device);
      return switchId === undefined ? undefined : switches.portVlan(switchId, naming.toPanel(device, port), signal);
    },
    async switchAttachment(device, port, signal) {
      const switchId = naming.panelSwitchOf(device);
      const attachment = { device, portId: 0, port: naming.toDevice(device, port), automated: true };
      // How to reach a device that the panel does not know stands in the configuration.
      if (switchId === undefined) return { ...attachment, manageable: true };
      return { ...attachment, manageable: switches.isManageable(await switches.ports(switchId, signal)) };
    },
  };
}
