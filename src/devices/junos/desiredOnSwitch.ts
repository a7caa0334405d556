import type { PortTarget } from '../device';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { ipVersion, type IpAddress } from '../../domain/values/ip';
import type { Exclusion } from '../../domain/change/outcome';
import { vlanNameFromTemplate } from '../../domain/values/vlan';
import type { JunosSettings } from './settings';
import { statementOf, type StaticBinding } from './staticBinding';
import type { SwitchState } from './switchState';
import { mayBeVlan, vlanNameOnSwitch, vlanThatLists } from './vlanNames';

/** The desired bindings of one interface in the switch's own words. */
export interface DesiredOnSwitch {
  readonly desired: readonly Statement[];
  /** Desired bindings that the switch cannot hold or that cannot be told from others. What is present for their addresses stays. */
  readonly excluded: readonly Exclusion[];
}

type Resolved = { readonly binding: StaticBinding } | Pick<Exclusion, 'rule' | 'message'>;

/**
 * Names the VLANs of the desired bindings of the targets that share one interface.
 * @param actual what the interface has now: a binding that may be the desired one is not replaced by another.
 */
export function desiredOnSwitch(
  targets: readonly PortTarget[],
  actual: readonly StaticBinding[],
  state: Pick<SwitchState, 'dialect' | 'vlans'>,
  settings: Pick<JunosSettings, 'vlanNameTemplate'>,
): DesiredOnSwitch {
  const claims = new Map<IpAddress, Binding[]>();
  for (const binding of targets.flatMap((target) => target.desired))
    claims.set(binding.ip, [...(claims.get(binding.ip) ?? []), binding]);
  const desired: Statement[] = [];
  const excluded: Exclusion[] = [];
  for (const [ip, [first, ...others]] of claims) {
    if (first === undefined) continue;
    const rival = others.find(({ mac, vlan }) => mac !== first.mac || vlan !== first.vlan);
    const resolved = rival === undefined ? resolve(first, actual, state, settings) : rivalry(first, rival);
    if ('binding' in resolved) desired.push(statementOf(resolved.binding, first.vlan));
    else excluded.push({ ip, ...resolved });
  }
  return { desired, excluded };
}

function rivalry(one: Binding, other: Binding): Resolved {
  const claims = [one, other].map(({ mac, vlan }) => `${mac} in VLAN ${vlan}`).join(' and ');
  return {
    rule: 'duplicate-address',
    message: `${one.ip} is desired twice on this interface (${claims}); neither is bound, and what is there stays`,
  };
}

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
  const present = actual.filter((have) => have.ip === ip && have.mac === mac);
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
