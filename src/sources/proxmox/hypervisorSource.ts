import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { VlanId } from '../../domain/values/vlan';
import type { HypervisorSource } from '../hypervisorSource';
import type { PortNaming } from '../portNaming';
import type { ProxmoxCluster } from './cluster';

/** What the configuration says of a cluster's uplinks. */
export interface UplinkSettings {
  readonly nativeVlan?: VlanId;
  /** By node name, with ports as they are configured. */
  readonly uplinks: ReadonlyMap<string, { readonly device: DeviceId; readonly port: PortName }>;
}

/** A cluster as a source, with its uplinks by the names that their devices have for them. */
export function createHypervisorSource(
  cluster: ProxmoxCluster,
  { uplinks, nativeVlan }: UplinkSettings,
  naming: PortNaming,
): HypervisorSource {
  const named = [...uplinks].map(
    ([node, { device, port }]) => [node, { device, port: naming.toDevice(device, port) }] as const,
  );
  return {
    locate: (vmid, signal) => cluster.locate(vmid, signal),
    inventory: (node, signal) => cluster.inventory(node, signal),
    uplinks: new Map(named),
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  };
}
