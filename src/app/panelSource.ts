import type { PanelSource, ServerConnections } from '../activities/dependencies';
import { PortwardenError } from '../domain/errors';
import { deviceKeyOf, withoutUnit, withUnit, type DeviceId, type PortName } from '../domain/values/port';
import type { PanelServer, SwitchAttachment } from '../domain/servers/server';
import type { TenantosClient } from '../sources/tenantos/client';
import type { ConfiguredAccess } from '../sources/tenantos/credentials';

/** What the panel source needs from the configuration about a switch. */
export interface SwitchNaming {
  /** The logical unit that a switch's ports are given when the panel names them without one. */
  readonly unit: (switchId: number) => number;
  readonly configuredAccess: (switchId: number) => ConfiguredAccess;
}

/**
 * The panel as the activities ask it: the panel names physical ports (`ge-0/0/1`), devices bind on logical ones
 * (`ge-0/0/1.0`); here the unit is added, and taken away again for questions to the panel.
 */
export function createPanelSource(client: TenantosClient, naming: SwitchNaming): PanelSource {
  const switchIdOf = (device: DeviceId): number => Number(deviceKeyOf(device));
  const named = (attachment: SwitchAttachment): SwitchAttachment =>
    attachment.port === undefined
      ? attachment
      : { ...attachment, port: withUnit(attachment.port, naming.unit(switchIdOf(attachment.device))) };
  const withNames = <T extends { readonly attachments: readonly SwitchAttachment[] }>(holder: T): T => ({
    ...holder,
    attachments: holder.attachments.map(named),
  });

  return {
    async getServer(id, signal) {
      const server = await client.getServer(id, signal);
      return server === undefined ? undefined : withNames<PanelServer>(server);
    },
    async getServersIps(ids, signal) {
      const { found, names, gone, failed } = await client.getServersIps(ids, signal);
      return {
        found: new Map([...found].map(([id, ips]) => [id, { name: names.get(id) ?? `server ${id}`, ips }])),
        gone,
        failed,
      };
    },
    async connectionsOf(id, signal) {
      const connections = await client.connectionsOf(id, signal);
      return connections === undefined ? undefined : withNames<ServerConnections>(connections);
    },
    vmServerIds: (cluster, signal) => client.vmServerIds(cluster, signal),
    async findServerByName(name, signal) {
      const listed = await client.findServerByName(name, signal);
      if (listed === undefined) return undefined;
      const connections = await client.connectionsOf(listed.serverId, signal);
      if (connections?.hypervisor !== undefined) return undefined;
      return { serverId: listed.serverId, attachments: (connections?.attachments ?? []).map(named) };
    },
    addressHolders: (ips, signal) => client.addressHolders(ips, signal),
    async portAssignments(device, port, signal) {
      try {
        return await client.portAssignments(switchIdOf(device), withoutUnit(port), signal);
      } catch (error) {
        if (error instanceof PortwardenError && error.code === 'device-missing') return [];
        throw error;
      }
    },
    subnets: (signal) => client.subnets(signal),
    portVlan: (device, port, signal) => client.portVlan(switchIdOf(device), withoutUnit(port), signal),
    switchAttachment: (device, port, signal) => configuredAttachment(client, naming, device, port, signal),
  };
}

async function configuredAttachment(
  client: TenantosClient,
  naming: SwitchNaming,
  device: DeviceId,
  port: PortName,
  signal: AbortSignal,
): Promise<SwitchAttachment> {
  const switchId = Number(deviceKeyOf(device));
  const configured = naming.configuredAccess(switchId);
  const panel = await client.switchPorts(switchId, signal);
  return {
    device,
    portId: 0,
    port: withUnit(port, naming.unit(switchId)),
    automated: true,
    manageable: (panel.hasUser || configured.user) && (panel.hasPassword || configured.secret),
  };
}
