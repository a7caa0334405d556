import { macInVlanKey, type Binding } from './binding';
import type { Claim } from './claims';
import { settingsOf, type RememberedSettings } from './rememberedSettings';
import type { VlanMap } from './vlanResolution';
import type { NodeUplink } from '../servers/nodeUplink';
import { compareIps, type IpAddress } from '../values/ip';
import type { VlanAllowlist, VlanId } from '../values/vlan';

/** What the configuration says of one cluster's way into the network. */
export interface ClusterSettings {
  readonly nativeVlan?: VlanId;
  /** Configured uplinks by node name. */
  readonly uplinks: Readonly<Record<string, readonly NodeUplink[]>>;
}

/** The settings that decide which bindings follow from what the sources say. Plain data, no secrets. */
export interface BindingSettings {
  readonly map: VlanMap;
  readonly allowlist: VlanAllowlist;
  /** By the clusters' names. */
  readonly clusters: Readonly<Record<string, ClusterSettings>>;
}

/** An address of which another binding follows, or none, only because settings were changed. */
export interface SettingsChange {
  readonly ip: IpAddress;
  /** The binding that the former settings make; absent when they leave the address out. */
  readonly before?: Binding;
}

/** What some settings make of what was read behind a port. */
export interface SettingsResult {
  readonly claims: readonly Claim[];
  /** The bindings of the nodes for themselves. */
  readonly nodes: readonly Binding[];
}

/**
 * Finds the addresses for which a changed configuration alone makes a difference: the same facts, read now, lead to
 * another binding under the settings by which the address was last brought to its binding. What is bound of a node is not
 * taken away because its configuration says less of it, so that is no difference.
 * @param former what the facts lead to under the settings that {@link formerSettings} lists, by their digests.
 * @param now what the same facts lead to under the present ones.
 */
export function settingsChanges(
  remembered: RememberedSettings,
  former: ReadonlyMap<string, SettingsResult>,
  now: SettingsResult,
): readonly (SettingsChange & { readonly former: string })[] {
  const is = bindingsOf(now);
  const changes = [...former].flatMap(([digest, result]) => {
    const was = bindingsOf(result);
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((ip) => {
      const earlier = was.get(ip);
      const isSame = keyOf(earlier) === keyOf(is.get(ip));
      const isKeptOfNode = !is.has(ip) && result.nodes.some((binding) => binding.ip === ip);
      if (settingsOf(remembered, ip) !== digest || isSame || isKeptOfNode) return [];
      return [{ ip, former: digest, ...(earlier === undefined ? {} : { before: earlier }) }];
    });
  });
  return changes.sort((a, b) => compareIps(a.ip, b.ip));
}

/** The names of the settings that differ, as the configuration file has them. */
export function changedSettings(before: BindingSettings, now: BindingSettings): readonly string[] {
  const parts: readonly (readonly [string, (settings: BindingSettings) => unknown])[] = [
    ['vlans.map', ({ map }) => map.map(({ range, vlan }) => `${range} ${vlan}`).sort()],
    ['vlans.allowlist', ({ allowlist }) => [...allowlist].sort((a, b) => a - b)],
    ['nativeVlan of proxmox.clusters', ({ clusters }) => byName(clusters, ({ nativeVlan }) => nativeVlan ?? null)],
    ['uplinks of proxmox.clusters', ({ clusters }) => byName(clusters, ({ uplinks }) => byName(uplinks, (one) => one))],
  ];
  return parts.filter(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(now))).map(([name]) => name);
}

/** A text that is the same for settings that make the same bindings. */
export function canonicalSettings({ map, allowlist, clusters }: BindingSettings): string {
  return JSON.stringify([
    map.map(({ range, vlan }) => `${range} ${vlan}`).sort(),
    [...allowlist].sort((a, b) => a - b),
    byName(clusters, ({ nativeVlan, uplinks }) => [nativeVlan ?? null, byName(uplinks, (one) => one)]),
  ]);
}

function byName<T>(record: Readonly<Record<string, T>>, of: (value: T) => unknown): readonly unknown[] {
  return Object.entries(record)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, of(value)]);
}

/** The binding that each address gets, where one does. Addresses that several servers claim are left to the claims' rules. */
function bindingsOf({ claims, nodes }: SettingsResult): ReadonlyMap<IpAddress, Binding> {
  const bindings = new Map<IpAddress, Binding>(nodes.map((binding) => [binding.ip, binding]));
  for (const { ip, outcome } of claims) {
    if ('rule' in outcome || bindings.has(ip)) continue;
    const { mac, vlan } = 'binding' in outcome ? outcome.binding : outcome.additional;
    bindings.set(ip, { ip, mac, vlan });
  }
  return bindings;
}

function keyOf(binding: Binding | undefined): string {
  return binding === undefined ? '' : macInVlanKey(binding);
}
