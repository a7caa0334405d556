import type { FirewallClient } from '../../clients/proxmox/firewall';
import { PortwardenError } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { ChangeContext, ChangeSession, Device, DeviceState, Reading } from '../device';
import { FilterChange } from './filterChange';
import { FilterState } from './filterState';
import { readFilters } from './reading';
import { switchesNics, type FilterSettings } from './settings';

/** The filters on the NICs of one cluster's guests. */
export class ProxmoxFirewallDevice implements Device {
  constructor(
    readonly id: DeviceId,
    private readonly client: FirewallClient,
    private readonly settings: FilterSettings,
  ) {}

  async readState(signal: AbortSignal, { ports }: Reading = {}): Promise<DeviceState> {
    return new FilterState(await readFilters(this.client, ports, signal, switchesNics(this.settings)), this.settings);
  }

  beginChange(context: ChangeContext): Promise<ChangeSession> {
    if (!this.settings.onlyPreview) return Promise.resolve(new FilterChange(context, this.client, this.settings));
    const message = `${this.id} is only shown (proxmoxFirewall.clusters[].onlyPreview): nothing is written there`;
    return Promise.reject(new PortwardenError('device-not-configured', message));
  }

  /** A set has no secret. */
  redact(configuration: string): string {
    return configuration;
  }
}
