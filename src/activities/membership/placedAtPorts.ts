import type { Placement } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { FactSources } from '../dependencies';

/** The servers that are remembered at the ports of a batch: the store is asked once for all of them, when the first is wanted. */
export class PlacedAtPorts {
  private read: Promise<ReadonlyMap<PortName, readonly Placement[]>> | undefined;

  constructor(
    private readonly sources: {
      readonly store: { readonly placements: Pick<FactSources['store']['placements'], 'listByPorts'> };
    },
    private readonly device: DeviceId,
    private readonly ports: readonly PortName[],
  ) {}

  /** Those of one of the ports. @throws PortwardenError `store-unavailable`, for every port alike. */
  async at(port: PortName): Promise<readonly Placement[]> {
    this.read ??= this.sources.store.placements.listByPorts(this.device, this.ports);
    return (await this.read).get(port) ?? [];
  }
}
