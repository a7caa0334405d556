import { PortwardenError } from '../../domain/errors';
import type { PanelServer, SwitchAttachment } from '../../domain/servers/server';
import { deviceKeyOf, type DeviceId } from '../../domain/values/port';
import type { PanelSource } from '../panelSource';
import type { PortNaming } from '../portNaming';
import type { TenantosPanel } from './panel';

/** The panel as a source: what it says of ports, by the names that their devices have for them. */
export function createPanelSource(panel: TenantosPanel, naming: PortNaming): PanelSource {
  const { servers, connections, switches } = panel;
  const renamed = (attachment: SwitchAttachment): SwitchAttachment =>
    attachment.port === undefined
      ? attachment
      : { ...attachment, port: naming.toDevice(attachment.device, attachment.port) };
  const withNames = <T extends { readonly attachments: readonly SwitchAttachment[] }>(holder: T): T => ({
    ...holder,
    attachments: holder.attachments.map(renamed),
  });

  return {
    async getServer(id, signal) {
      const server = await panel.getServer(id, signal);
      return server === undefined ? undefined : withNames<PanelServer>(server);
    },
    getServersIps: (ids, signal) => servers.addressesOf(ids, signal),
    async connectionsOf(id, signal) {
      const found = await connections.of(id, signal);
      return found === undefined ? undefined : withNames(found);
    },
    vmServerIds: (cluster, signal) => connections.vmServerIds(cluster, signal),
    async findServerByName(name, signal) {
      const listed = await servers.findByName(name, signal);
      if (listed === undefined) return undefined;
      const found = await connections.of(listed.serverId, signal);
      if (found?.hypervisor !== undefined) return undefined;
      return { serverId: listed.serverId, attachments: (found?.attachments ?? []).map(renamed) };
    },
    addressHolders: (ips, signal) => servers.addressHolders(ips, signal),
    async portAssignments(device, port, signal) {
      try {
        return await switches.portAssignments(switchIdOf(device), naming.toPanel(device, port), signal);
      } catch (error) {
        if (error instanceof PortwardenError && error.code === 'device-missing') return [];
        throw error;
      }
    },
    subnets: (signal) => panel.subnets(signal),
    portVlan: (device, port, signal) => switches.portVlan(switchIdOf(device), naming.toPanel(device, port), signal),
    async switchAttachment(device, port, signal) {
      const found = await switches.ports(switchIdOf(device), signal);
      return {
        device,
        portId: 0,
        port: naming.toDevice(device, port),
        automated: true,
        manageable: switches.isManageable(found),
      };
    },
  };
}

function switchIdOf(device: DeviceId): number {
  return Number(deviceKeyOf(device));
}
