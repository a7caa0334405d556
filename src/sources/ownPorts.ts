import type { ServerId } from '../domain/event/event';
import type { PanelConnections } from '../domain/servers/portFacts';
import type { SwitchAttachment } from '../domain/servers/server';
import type { MacAddress } from '../domain/values/mac';
import { samePort, type PortRef } from '../domain/values/port';
import type { PanelSource } from './panelSource';

/** Ports that the configuration gives to servers, on devices that the panel knows nothing of. */
export interface OwnPorts {
  /** Each server and each port at most once. */
  readonly links: () => readonly (PortRef & { readonly serverId: ServerId })[];
  /** The MAC that such a port has. */
  readonly macOf: (port: PortRef, signal: AbortSignal) => Promise<MacAddress>;
}

/**
 * A panel whose servers have ports of their own on other devices: such a server is at its port and nowhere else, whatever
 * connections its entry has, and its MAC is the port's.
 */
export function withOwnPorts(panel: PanelSource, own: OwnPorts): PanelSource {
  const linkOf = (id: ServerId): PortRef | undefined => own.links().find(({ serverId }) => serverId === id);
  const connectionsAt = async ({ device, port }: PortRef, signal: AbortSignal): Promise<PanelConnections> => {
    const attachment: SwitchAttachment = { device, port, portId: 0, automated: true, manageable: true };
    return { attachments: [attachment], pxeMac: await own.macOf({ device, port }, signal) };
  };
  return {
    getServersIps: (ids, signal) => panel.getServersIps(ids, signal),
    addressHolders: (ips, signal) => panel.addressHolders(ips, signal),
    findNodeEntry: (entry, signal) => panel.findNodeEntry(entry, signal),
    subnets: (signal) => panel.subnets(signal),
    portVlan: (device, port, signal) => panel.portVlan(device, port, signal),
    switchAttachment: (device, port, signal) => panel.switchAttachment(device, port, signal),
    async getServer(id, signal) {
      const server = await panel.getServer(id, signal);
      const link = linkOf(id);
      if (server === undefined || link === undefined) return server;
      const { serverId, name, ips } = server;
      return { serverId, name, ips, kind: 'dedicated', ...(await connectionsAt(link, signal)) };
    },
    async connectionsOf(id, signal) {
      const link = linkOf(id);
      return link === undefined ? panel.connectionsOf(id, signal) : connectionsAt(link, signal);
    },
    async vmServerIds(cluster, signal) {
      return (await panel.vmServerIds(cluster, signal)).filter((id) => linkOf(id) === undefined);
    },
    async portAssignments(device, port, signal) {
      const here = own.links().filter((link) => samePort(link, { device, port }));
      const listed = await panel.portAssignments(device, port, signal);
      return [...here.map(({ serverId }) => serverId), ...listed.filter((id) => linkOf(id) === undefined)];
    },
  };
}
