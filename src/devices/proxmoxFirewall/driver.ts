import { FirewallClient } from '../../clients/proxmox/firewall';
import { PortwardenError } from '../../domain/errors';
import type { PolicyFields } from '../../domain/policies/policy';
import { deviceId, deviceKeyOf, type DeviceId } from '../../domain/values/device';
import { defineDriver, type DevicesOfKind, type DriverSurroundings } from '../driver';
import {
  clustersNamed,
  proxmoxFirewallSection,
  type FilteredCluster,
  type ProxmoxFirewallSettings,
} from './configuration';
import { FILTER_COVERAGE } from './coverage';
import { policyRefusal } from './filterPolicies';
import { inspectFilters } from './inspection';
import { nicOfPort, nicPort, portName } from './naming';
import { ProxmoxFirewallDevice } from './proxmoxFirewallDevice';

const KIND = 'proxmoxFirewall';
/** What a set takes at most while a shutdown waits; what is left is found by the next pass' reading. */
const LONGEST_COMMIT_MS = 120_000;
/** The longest that a cluster which was away is asked whether it answers, in milliseconds. */
const ANSWER_MS = 5_000;

/** Filters on the NICs of guests of Proxmox clusters; the key is the name of the cluster in the configuration. */
export const proxmoxFirewallDriver = defineDriver({
  kind: KIND,
  passActivity: 'writeIpFilters',
  configuration: { name: 'proxmoxFirewall', section: proxmoxFirewallSection },
  coverage: FILTER_COVERAGE,
  longestCommitMs: ({ clusters }) => (clusters.length === 0 ? 0 : LONGEST_COMMIT_MS),
  deviceKeys: ({ clusters }) => clusters.map(({ cluster }) => cluster),
  hypervisorClusters: clustersNamed,
  naming: () => ({ toDevice: portName, toPanel: portName }),
  devices: (settings, surroundings) => new FilteredClusters(settings, surroundings),
});

class FilteredClusters implements DevicesOfKind {
  /** One for each cluster: they keep its connections. */
  private readonly clients = new Map<string, FirewallClient>();

  constructor(
    private readonly settings: ProxmoxFirewallSettings,
    private readonly surroundings: DriverSurroundings,
  ) {}

  readonly guestPorts: NonNullable<DevicesOfKind['guestPorts']> = {
    portOf: ({ cluster, vmid, nic }) =>
      this.settings.clusters.some((one) => one.cluster === cluster && !one.filters.onlyPreview)
        ? { device: deviceId(KIND, cluster), port: nicPort({ vmid, nic }) }
        : undefined,
    guestsOf: (device) => {
      const cluster = deviceKeyOf(device);
      if (!this.settings.clusters.some((one) => one.cluster === cluster)) return undefined;
      return { cluster, portOf: (nic) => ({ device, port: nicPort(nic) }) };
    },
    nicOf: ({ device, port }) => {
      const name = nicOfPort(port);
      return name === undefined ? undefined : { cluster: deviceKeyOf(device), ...name };
    },
  };

  open(id: DeviceId): ProxmoxFirewallDevice {
    const cluster = this.cluster(id);
    return new ProxmoxFirewallDevice(id, this.clientOf(cluster), cluster.filters);
  }

  /** The panel has no part of the login. */
  configuredLogin(): ReturnType<DevicesOfKind['configuredLogin']> {
    return { host: true, user: true, secret: true };
  }

  async answers(id: DeviceId, signal: AbortSignal): Promise<boolean> {
    await this.clientOf(this.cluster(id)).requireQuorum(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    return true;
  }

  inspect(id: DeviceId, signal: AbortSignal): ReturnType<DevicesOfKind['inspect']> {
    const cluster = this.cluster(id);
    return inspectFilters(this.clientOf(cluster), cluster.filters, signal);
  }

  policyRefusal(id: DeviceId, fields: PolicyFields): string | undefined {
    return policyRefusal(fields, this.cluster(id).filters);
  }

  private cluster(id: DeviceId): FilteredCluster {
    const found = this.settings.clusters.find(({ cluster }) => cluster === deviceKeyOf(id));
    if (found !== undefined) return found;
    const known = this.settings.clusters.map(({ cluster }) => cluster).join(', ') || 'none';
    throw new PortwardenError(
      'device-not-configured',
      `${id} is no cluster under proxmoxFirewall.clusters; there are: ${known}`,
    );
  }

  private clientOf({ cluster, token }: FilteredCluster): FirewallClient {
    const known = this.clients.get(cluster);
    if (known !== undefined) return known;
    const options = this.surroundings.hypervisor(cluster);
    if (options === undefined)
      throw new PortwardenError('device-not-configured', `There is no cluster ${cluster} under proxmox.clusters`);
    const client = new FirewallClient({
      ...options,
      ...(token === undefined ? {} : { token: token.reveal() }),
      observe: this.surroundings.observerOf?.(deviceId(KIND, cluster)),
    });
    this.clients.set(cluster, client);
    return client;
  }
}
