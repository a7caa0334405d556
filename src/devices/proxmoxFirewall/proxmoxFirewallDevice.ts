import type { FirewallClient } from '../../clients/proxmox/firewall';
import type { DeviceId } from '../../domain/values/device';
import type { ChangeContext, ChangeSession, Device, DeviceState, Reading } from '../device';
import { FilterChange } from './filterChange';
import { FilterState } from './filterState';
import { readFilters } from './reading';

/** The filters on the NICs of one cluster's guests. */
export class ProxmoxFirewallDevice implements Device {
  constructor(
    readonly id: DeviceId,
    private readonly client: FirewallClient,
  ) {}

  async readState(signal: AbortSignal, { ports }: Reading = {}): Promise<DeviceState> {
    return new FilterState(await readFilters(this.client, ports, signal));
  }

  beginChange(context: ChangeContext): Promise<ChangeSession> {
    return Promise.resolve(new FilterChange(context, this.client));
  }

  /** A set has no secret. */
  redact(configuration: string): string {
    return configuration;
  }
}
