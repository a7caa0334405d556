import { createHash } from 'node:crypto';
import { canonicalSettings, type BindingSettings, type ClusterSettings } from '../../domain/desired/bindingSettings';
import type { KnownSettings } from '../../store/bindingSettings';
import type { FactSources } from '../dependencies';

/** The settings of this process that decide about bindings, with what tells them apart. */
export function presentSettings({ vlans, hypervisors }: Pick<FactSources, 'vlans' | 'hypervisors'>): KnownSettings {
  const clusters = [...hypervisors].map(([name, { nativeVlan, uplinks }]) => {
    const settings: ClusterSettings = {
      uplinks: Object.fromEntries(uplinks),
      ...(nativeVlan === undefined ? {} : { nativeVlan }),
    };
    return [name, settings] as const;
  });
  return known({ map: vlans.map, allowlist: vlans.allowlist, clusters: Object.fromEntries(clusters) });
}

/** Settings with what tells them apart. */
function known(settings: BindingSettings): KnownSettings {
  return { settings, digest: createHash('sha256').update(canonicalSettings(settings)).digest('hex') };
}

/** The clusters' ways into the network as rules take them. */
export function clustersOf({ clusters }: BindingSettings) {
  return new Map(
    Object.entries(clusters).map(([name, { nativeVlan, uplinks }]) => [
      name,
      { uplinks: new Map(Object.entries(uplinks)), ...(nativeVlan === undefined ? {} : { nativeVlan }) },
    ]),
  );
}
