import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import { expandSubnets } from '../../domain/servers/subnetAssignment';
import type { AssignedIp, PanelServer, SwitchAttachment } from '../../domain/servers/server';
import type { PanelSource } from '../panelSource';
import type { PortNaming } from '../portNaming';
import type { PanelSettings } from './configuration';
import { deviceMissing } from './switches';
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
  /** Who the nodes were when they were last asked for by their names. */
  const nodes = new Map<string, ServerId>();
  const withNames = <T extends { readonly attachments: readonly SwitchAttachment[] }>(holder: T): T => ({
    ...holder,
    attachments: holder.attachments.map(renamed),
  });
  const singly = <T extends { readonly ips: readonly AssignedIp[] }>(holder: T): T => ({
    ...holder,
    ips: expandSubnets(holder.ips, expandSubnetsFrom),
  });

  return {
    async getServer(id, signal, expected) {
      const switchIds = (expected?.devices ?? []).flatMap((device) => naming.panelSwitchOf(device) ?? []);
      const server = await panel.getServer(id, signal, { switchIds, isGuest: expected?.isGuest === true });
      return server === undefined ? undefined : singly(withNames<PanelServer>(server));
    },
    async getServersIps(ids, signal, further) {
      const { found, ...others } = await servers.addressesOf(ids, signal, further);
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
      const { name } = entry;
      // The list decides who it is; whoever it was last is asked for at the same time.
      const last = nodes.get(name);
      const ahead = last === undefined ? undefined : connections.of(last, signal);
      ahead?.catch(() => undefined);
      const listed = await servers.findByName(name, signal);
      if (listed === undefined) return undefined;
      nodes.set(name, listed.serverId);
      const found = await (listed.serverId === last ? ahead : connections.of(listed.serverId, signal));
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
    async portVlans(device, signal) {
      const switchId = naming.panelSwitchOf(device);
      if (switchId === undefined) return () => undefined;
      const vlanOf = await switches.portVlans(switchId, signal);
      return (port) => vlanOf(naming.toPanel(device, port));
    },
    async switchAttachment(device, port, signal) {
      const switchId = naming.panelSwitchOf(device);
      const attachment = { device, portId: 0, port: naming.toDevice(device, port), automated: true };
      // How to reach a device that the panel does not know stands in the configuration.
      if (switchId === undefined) return { ...attachment, manageable: true };
      const known = await switches.directoryOf(switchId, signal);
      if (known === undefined) throw deviceMissing(switchId);
      return { ...attachment, manageable: switches.isManageable(known) };
    },
  };
}
