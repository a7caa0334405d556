import type { NodeUplink } from '../../domain/servers/nodeUplink';
import type { VlanId } from '../../domain/values/vlan';
import type { HypervisorSource } from '../hypervisorSource';
import type { PortNaming } from '../portNaming';
import type { ProxmoxCluster } from './cluster';
import { isMigrating } from './guest';
import type { ConfiguredUplink } from './uplinkConfiguration';

/** What the configuration says of a cluster's uplinks. */
export interface UplinkSettings extends Pick<HypervisorSource, 'panelEntries'> {
  readonly nativeVlan?: VlanId;
  /** By node name, with ports as they are configured. */
  readonly uplinks: ReadonlyMap<string, readonly Omit<ConfiguredUplink, 'where'>[]>;
}

/** A cluster as a source, with its uplinks by the names that their devices have for them. */
export function createHypervisorSource(
  cluster: ProxmoxCluster,
  { uplinks, panelEntries, nativeVlan }: UplinkSettings,
  naming: PortNaming,
): HypervisorSource {
  const renamed = ({ interfaces, ports, nativeVlan: own, mac }: Omit<ConfiguredUplink, 'where'>): NodeUplink => ({
    ports: ports.map(({ switchId, port }) => {
      const device = naming.panelSwitchDevice(switchId);
      return { device, port: naming.toDevice(device, port) };
    }),
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(own === undefined ? {} : { nativeVlan: own }),
    ...(mac === undefined ? {} : { mac }),
  });
  return {
    guests: (signal) => cluster.guests(signal),
    async view(signal) {
      const { guests, migrations } = await cluster.view(signal);
      return {
        migrations,
        guests: guests.map(({ vmid, type, node, lock, uptime }) => ({
          vmid,
          type,
          node,
          migrating: isMigrating({ lock }),
          ...(uptime === undefined ? {} : { uptime }),
        })),
      };
    },
    nics: (guest, signal) => cluster.nics(guest, signal),
    nicState: (guest, signal) => cluster.nicState(guest, signal),
    nicBridges: (guest, signal) => cluster.nicBridges(guest, signal),
    locate: (vmid, signal) => cluster.locate(vmid, signal),
    nodeAddresses: (signal) => cluster.nodeAddresses(signal),
    inventory: (node, signal) => cluster.inventory(node, signal),
    uplinks: new Map([...uplinks].map(([node, list]) => [node, list.map(renamed)])),
    panelEntries,
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  };
}
