import type { GuardLimits } from '../../domain/change/guards';
import type { DeviceId } from '../../domain/values/device';
import type { NodeUplink } from '../../domain/servers/nodeUplink';
import type { ProposedConfiguration, ProposedUplink } from '../../protocol/configurationPreview';
import { NO_SETTINGS } from '../../domain/desired/rememberedSettings';
import type { KnownSettings, PortSettingsRecord } from '../../store/bindingSettings';
import type { HypervisorSource } from '../../sources/hypervisorSource';
import { presentSettings } from '../desired/bindingSettings';
import type { LookDependencies } from './looks';

/** The sources as they would be under another configuration, and what is to be said of it. */
export interface ProposedSources {
  readonly sources: LookDependencies;
  readonly notes: readonly string[];
}

/**
 * The worker's own sources with other settings. Ports of which nothing is known yet count as brought to their bindings
 * under the worker's present settings, so that only the difference of the two configurations shows.
 */
export function proposedSources(deps: LookDependencies, proposed: ProposedConfiguration): ProposedSources {
  const present = presentSettings(deps);
  const { bindingSettings } = deps.store;
  const hypervisors = new Map<string, HypervisorSource>();
  for (const [name, source] of deps.hypervisors) {
    const cluster = proposed.clusters[name];
    if (cluster === undefined) continue;
    const uplinks = Object.entries(cluster.uplinks).map(
      ([node, list]) => [node, list.map((uplink) => named(deps, uplink))] as const,
    );
    hypervisors.set(name, {
      guests: (signal) => source.guests(signal),
      view: (signal) => source.view(signal),
      nics: (guest, signal) => source.nics(guest, signal),
      nicState: (guest, signal) => source.nicState(guest, signal),
      nicBridges: (guest, signal) => source.nicBridges(guest, signal),
      locate: (vmid, signal) => source.locate(vmid, signal),
      inventory: (node, signal) => source.inventory(node, signal),
      nodeAddresses: (signal) => source.nodeAddresses(signal),
      panelEntries: source.panelEntries,
      uplinks: new Map(uplinks),
      ...(cluster.nativeVlan === undefined ? {} : { nativeVlan: cluster.nativeVlan }),
    });
  }
  const { devices: own, ...limits } = proposed.guards;
  const devices =
    own === undefined ? deps.guards.devices : new Map(Object.entries(own) as [DeviceId, Partial<GuardLimits>][]);
  return {
    sources: {
      ...deps,
      vlans: { map: proposed.map, allowlist: proposed.allowlist },
      hypervisors,
      guards: { ...limits, ...(devices === undefined ? {} : { devices }) },
      store: {
        ...proposedStore(deps),
        bindingSettings: {
          of: async (device, ports) => {
            const known = await bindingSettings.of(device, ports);
            return new Map(ports.map((port) => [port, orPresent(known.get(port), present)]));
          },
        },
      },
    },
    notes: [
      ...[...deps.hypervisors.keys()]
        .filter((name) => proposed.clusters[name] === undefined)
        .map(
          (name) => `cluster ${name} is no longer configured: ports of its nodes wait, and nothing of them is removed`,
        ),
      ...Object.keys(proposed.clusters)
        .filter((name) => !deps.hypervisors.has(name))
        .map((name) => `cluster ${name} is new: its guests can be read once a worker has its token`),
    ],
  };
}

/** What is remembered of a port; whatever is not known of it counts as brought to its bindings under the present settings. */
function orPresent(known: PortSettingsRecord | undefined, present: KnownSettings): PortSettingsRecord {
  const { port = present.digest, addresses } = known?.remembered ?? NO_SETTINGS;
  return {
    remembered: { port, addresses },
    settings: new Map([...(known?.settings ?? []), [present.digest, present.settings]]),
  };
}

/** The parts of the store that a look uses, one by one: a store need not be a plain object. */
export function proposedStore({ store }: LookDependencies): LookDependencies['store'] {
  const { placements, keeps, holds, policies, portMemories, virtualMacs, reconciles } = store;
  const { bindingSettings, brakes, journal, pauses, windowExceptions } = store;
  return {
    placements,
    keeps,
    holds,
    policies,
    portMemories,
    virtualMacs,
    reconciles,
    bindingSettings,
    brakes,
    journal,
    pauses,
    windowExceptions,
  };
}

function named({ devices }: LookDependencies, { ports, ...uplink }: ProposedUplink): NodeUplink {
  return {
    ...uplink,
    ports: ports.map(({ switchId, port }) => {
      const device = devices.panelSwitchDevice(switchId);
      return { device, port: devices.naming(device).toDevice(port) };
    }),
  };
}
