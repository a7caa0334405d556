import type { ServerId } from '../domain/event/event';
import type { PanelConnections } from '../domain/servers/portFacts';
import { linkedPort, type ConfiguredLink, type TaggedPort } from '../domain/servers/portLink';
import type { SwitchAttachment } from '../domain/servers/server';
import type { MacAddress } from '../domain/values/mac';
import { samePort, type PortRef } from '../domain/values/port';
import type { PanelSource } from './panelSource';

/** Ports that servers have on devices that the panel knows nothing of: by configuration, or by a tag of the port. */
export interface OwnPorts {
  /** Each server and each port at most once. */
  readonly links: () => readonly ConfiguredLink[];
  /** The ports that carry a tag of the server. */
  readonly tagged: (server: ServerId, signal: AbortSignal) => Promise<readonly TaggedPort[]>;
  /** The servers whose tags a port carries. */
  readonly tagsOf: (port: PortRef, signal: AbortSignal) => Promise<readonly ServerId[]>;
  /** The MAC that such a port has. */
  readonly macOf: (port: PortRef, signal: AbortSignal) => Promise<MacAddress>;
}

/**
 * A panel whose servers have ports of their own on other devices: such a server is at its port and nowhere else, and its MAC
 * is the port's. The configuration counts whatever connections the entry has. A tag counts only for a server that the panel
 * has at no switch and no hypervisor: whoever may tag a port in a cloud takes no address from where the panel says it is.
 */
export function withOwnPorts(panel: PanelSource, own: OwnPorts): PanelSource {
  const configuredFor = (id: ServerId): PortRef | undefined => own.links().find(({ serverId }) => serverId === id);
  const linkOf = async (
    id: ServerId,
    connections: PanelConnections | undefined,
    signal: AbortSignal,
  ): Promise<PortRef | undefined> => {
    const link = configuredFor(id);
    if (link === undefined && connections !== undefined && isPlaced(connections)) return undefined;
    const [tagged, tagsOfConfigured] = await Promise.all([
      own.tagged(id, signal),
      link === undefined ? [] : own.tagsOf(link, signal),
    ]);
    return linkedPort(id, { configured: own.links(), tagged, tagsOfConfigured });
  };
  const connectionsAt = async ({ device, port }: PortRef, signal: AbortSignal): Promise<PanelConnections> => {
    const attachment: SwitchAttachment = { device, port, portId: 0, automated: true, manageable: true };
    return { attachments: [attachment], pxeMac: await own.macOf({ device, port }, signal) };
  };
  return {
    getServersIps: (ids, signal, further) => panel.getServersIps(ids, signal, further),
    addressHolders: (ips, signal) => panel.addressHolders(ips, signal),
    findNodeEntry: (entry, signal) => panel.findNodeEntry(entry, signal),
    subnets: (signal) => panel.subnets(signal),
    portVlans: (device, signal) => panel.portVlans(device, signal),
    switchAttachment: (device, port, signal) => panel.switchAttachment(device, port, signal),
    assignedPorts: async (device, signal) => [
      ...new Set([
        ...own.links().flatMap((link) => (link.device === device ? [link.port] : [])),
        ...(await panel.assignedPorts(device, signal)),
      ]),
    ],
    async getServer(id, signal, expected) {
      const server = await panel.getServer(id, signal, expected);
      if (server === undefined) return undefined;
      const link = await linkOf(id, server, signal);
      if (link === undefined) return server;
      const { serverId, name, ips } = server;
      return { serverId, name, ips, kind: 'dedicated', ...(await connectionsAt(link, signal)) };
    },
    async connectionsOf(id, signal) {
      const connections = configuredFor(id) === undefined ? await panel.connectionsOf(id, signal) : undefined;
      const link = await linkOf(id, connections, signal);
      return link === undefined ? connections : connectionsAt(link, signal);
    },
    async vmServerIds(cluster, signal) {
      return (await panel.vmServerIds(cluster, signal)).filter((id) => configuredFor(id) === undefined);
    },
    async portAssignments(device, port, signal) {
      const here = own.links().filter((link) => samePort(link, { device, port }));
      const [tagged, listed] = await Promise.all([
        own.tagsOf({ device, port }, signal),
        panel.portAssignments(device, port, signal),
      ]);
      const linked = [...here.map(({ serverId }) => serverId), ...tagged];
      return [...new Set([...linked, ...listed.filter((id) => configuredFor(id) === undefined)])];
    },
  };
}

/** Whether the panel has the server at a switch or a hypervisor. */
function isPlaced({ attachments, hypervisor }: PanelConnections): boolean {
  return attachments.length > 0 || hypervisor !== undefined;
}
