import type { VlanId } from '../../domain/values/vlan';
import type { HypervisorSource } from '../hypervisorSource';
import type { PortNaming } from '../portNaming';
import type { ProxmoxCluster } from './cluster';
import type { ConfiguredUplink } from './configuration';

/** What the configuration says of a cluster's uplinks. */
export interface UplinkSettings {
  readonly nativeVlan?: VlanId;
  /** By node name, with ports as they are configured. */
  readonly uplinks: ReadonlyMap<string, ConfiguredUplink>;
}

/** A cluster as a source, with its uplinks by the names that their devices have for them. */
export function createHypervisorSource(
  cluster: ProxmoxCluster,
  { uplinks, nativeVlan }: UplinkSettings,
  naming: PortNaming,
): HypervisorSource {
  const named = [...uplinks].map(([node, { switchId, port }]) => {
    const device = naming.panelSwitchDevice(switchId);
    return [node, { device, port: naming.toDevice(device, port) }] as const;
  });
  return {
    guests: (signal) => cluster.guests(signal),
    locate: (vmid, signal) => cluster.locate(vmid, signal),
    inventory: (node, signal) => cluster.inventory(node, signal),
    uplinks: new Map(named),
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  };
}
