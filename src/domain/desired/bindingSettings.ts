import { macInVlanKey } from './binding';
import type { Claim } from './claims';
import type { VlanMap } from './vlanResolution';
import type { Binding } from './binding';
import { compareIps, type IpAddress } from '../values/ip';
import type { VlanAllowlist, VlanId } from '../values/vlan';

/** The settings that decide which bindings follow from what the sources say. No secrets. */
export interface BindingSettings {
  readonly map: VlanMap;
  readonly allowlist: VlanAllowlist;
  /** The VLAN of untagged frames on uplinks, by cluster; of those clusters that have one. */
  readonly nativeVlans: Readonly<Record<string, VlanId>>;
}

/** An address of which another binding follows, or none, only because settings were changed. */
export interface SettingsChange {
  readonly ip: IpAddress;
  /** The binding that the former settings make; absent when they leave the address out. */
  readonly before?: Binding;
  /** Which setting does it, in a sentence. */
  readonly message: string;
}

/**
 * Finds the addresses for which a changed configuration alone makes a difference: the same facts, read now, lead to
 * another binding under the settings by which the port was last brought to its bindings.
 * @param before claims of the facts under the former settings.
 * @param now claims of the same facts under the present ones.
 */
export function settingsChanges(
  before: readonly Claim[],
  now: readonly Claim[],
  settings: { readonly before: BindingSettings; readonly now: BindingSettings },
): readonly SettingsChange[] {
  const changes = new Map<IpAddress, SettingsChange>();
  for (const claim of now) {
    const former = before.find(({ ip, serverId }) => ip === claim.ip && serverId === claim.serverId);
    const binding = bindingOf(claim);
    const earlier = former === undefined ? undefined : bindingOf(former);
    if (keyOf(binding) === keyOf(earlier) || changes.has(claim.ip)) continue;
    const message = describeChange(claim.ip, earlier, binding, settings);
    changes.set(claim.ip, { ip: claim.ip, message, ...(earlier === undefined ? {} : { before: earlier }) });
  }
  return [...changes.values()].sort((a, b) => compareIps(a.ip, b.ip));
}

function bindingOf({ outcome }: Claim): Binding | undefined {
  return 'binding' in outcome ? outcome.binding : undefined;
}

function keyOf(binding: Binding | undefined): string {
  return binding === undefined ? '' : macInVlanKey(binding);
}

function describeChange(
  ip: IpAddress,
  before: Binding | undefined,
  now: Binding | undefined,
  settings: { readonly before: BindingSettings; readonly now: BindingSettings },
): string {
  const names = changedNames(settings.before, settings.now).join(' and ');
  const was = before === undefined ? 'left out' : `in VLAN ${before.vlan}`;
  const is = now === undefined ? 'be left out' : `go to VLAN ${now.vlan}`;
  return `${ip} would ${is} instead of being ${was}, only because ${names} was changed`;
}

/** The names of the settings that differ. */
function changedNames(before: BindingSettings, now: BindingSettings): readonly string[] {
  const parts: readonly (readonly [string, (settings: BindingSettings) => unknown])[] = [
    ['vlans.map', ({ map }) => map],
    ['vlans.allowlist', ({ allowlist }) => [...allowlist].sort((a, b) => a - b)],
    ['a nativeVlan of proxmox.clusters', ({ nativeVlans }) => Object.entries(nativeVlans).sort()],
  ];
  const names = parts.filter(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(now))).map(([name]) => name);
  return names.length === 0 ? ['the configuration'] : names;
}
