import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { ipVersion } from '../../domain/values/ip';
import type { Exclusion } from '../../domain/change/outcome';
import { vlanNameFromTemplate } from '../../domain/values/vlan';
import type { Translation } from '../device';
import type { JunosSettings } from './settings';
import { statementOf, type StaticBinding } from './staticBinding';
import type { SwitchState } from './switchState';
import { mayBeVlan, vlanNameOnSwitch, vlanThatLists } from './vlanNames';

type Resolved = { readonly binding: StaticBinding } | Pick<Exclusion, 'rule' | 'message'>;

/**
 * Names the VLANs of the desired bindings of one interface.
 * @param actual what the interface has now: a binding that may be the desired one is not replaced by another.
 */
export function translate(
  desired: readonly Binding[],
  actual: readonly StaticBinding[],
  state: Pick<SwitchState, 'dialect' | 'vlans'>,
  settings: Pick<JunosSettings, 'vlanNameTemplate'>,
): Translation {
  const statements: Statement[] = [];
  const excluded: Exclusion[] = [];
  const byAddress = new Map<string, StaticBinding[]>();
  for (const have of actual) byAddress.set(have.ip, [...(byAddress.get(have.ip) ?? []), have]);
  for (const binding of desired) {
    const resolved = resolve(binding, byAddress.get(binding.ip) ?? [], state, settings);
    if ('binding' in resolved) statements.push(statementOf(resolved.binding, binding.vlan));
    else excluded.push({ ip: binding.ip, ...resolved });
  }
  return { statements, excluded };
}

/** @param actual the bindings of the address. */
function resolve(
  { ip, mac, vlan }: Binding,
  actual: readonly StaticBinding[],
  { dialect, vlans }: Pick<SwitchState, 'dialect' | 'vlans'>,
  { vlanNameTemplate }: Pick<JunosSettings, 'vlanNameTemplate'>,
): Resolved {
  if (ipVersion(ip) === 6 && !dialect.supportsIpv6)
    return { rule: 'ipv6-unsupported', message: `${dialect.name} has no static IPv6 bindings` };
  const listing = vlanThatLists(vlans, vlan);
  const mayBeNamed = !dialect.vlanMustExist && listing === undefined;
  const vlanName =
    vlanNameOnSwitch(vlans, vlan, vlanNameTemplate) ??
    (mayBeNamed ? vlanNameFromTemplate(vlanNameTemplate, vlan) : undefined);
  const present = actual.filter((have) => have.mac === mac);
  if (vlanName !== undefined && present.some((have) => have.vlanName === vlanName))
    return { binding: { ip, mac, vlanName } };
  const doubtful = present.find((have) => mayBeVlan(vlans, have.vlanName, vlan, vlanNameTemplate));
  if (doubtful !== undefined) {
    return {
      rule: 'vlan-unresolved',
      message: `${ip} is bound in ${doubtful.vlanName}, and the switch does not say whether that is VLAN ${vlan}; it stays as it is`,
    };
  }
  if (vlanName !== undefined) return { binding: { ip, mac, vlanName } };
  const near = listing === undefined ? '' : `; ${listing} lists it among others, and a list is no name`;
  return { rule: 'vlan-missing-on-device', message: `the switch has no VLAN with id ${vlan} alone${near}` };
}
