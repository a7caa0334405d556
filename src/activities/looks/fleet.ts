import type { DeviceId } from '../../domain/values/device';
import type { FactSources } from '../dependencies';

/** What says which devices there are. */
export type FleetSources = Pick<FactSources, 'hypervisors'> & {
  readonly store: { readonly placements: Pick<FactSources['store']['placements'], 'devices'> };
};

/** All devices where servers are or were, and those of uplinks, by any of some sources. */
export async function fleetOf(...all: readonly FleetSources[]): Promise<readonly DeviceId[]> {
  const devices = new Set<DeviceId>();
  for (const { store, hypervisors } of all) {
    for (const device of await store.placements.devices()) devices.add(device);
    for (const { uplinks } of hypervisors.values())
      for (const { ports } of [...uplinks.values()].flat()) for (const { device } of ports) devices.add(device);
  }
  return [...devices].sort();
}
