import type { Exclusion } from '../../domain/change/outcome';
import type { GuardLimits } from '../../domain/change/guards';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import type { IpAddress } from '../../domain/values/ip';
import { inVlan } from '../../domain/values/vlan';
import type { PortTarget } from './request';

/** An address that targets of one port want differently is bound for none of them, and what is there stays. */
export function settleTargets(targets: readonly PortTarget[]): {
  readonly undisputed: readonly Binding[];
  readonly disputed: readonly Exclusion[];
} {
  const wishes = new Map<IpAddress, Binding[]>();
  for (const binding of targets.flatMap((target) => target.desired))
    wishes.set(binding.ip, [...(wishes.get(binding.ip) ?? []), binding]);
  const undisputed: Binding[] = [];
  const disputed: Exclusion[] = [];
  for (const [ip, [first, ...others]] of wishes) {
    if (first === undefined) continue;
    const rival = others.find(({ mac, vlan }) => mac !== first.mac || vlan !== first.vlan);
    if (rival === undefined) undisputed.push(first);
    else disputed.push({ ip, rule: 'duplicate-address', message: describeRivals(first, rival) });
  }
  return { undisputed, disputed };
}

function describeRivals(one: Binding, other: Binding): string {
  const wishes = [one, other].map(({ mac, vlan }) => `${mac}${inVlan(vlan)}`).join(' and ');
  return `${one.ip} is desired twice on this interface (${wishes}); neither is bound, and what is there stays`;
}

/** A port has at most so many bindings: what is there comes first, and further ones are left out and reported. */
export function withinMaximum(
  desired: readonly Binding[],
  actual: readonly Statement[],
  { maxBindingsPerPort: most = Infinity }: GuardLimits,
): { readonly fitting: readonly Binding[]; readonly tooMany: readonly Exclusion[] } {
  if (desired.length <= most) return { fitting: desired, tooMany: [] };
  const present = new Set(actual.flatMap(({ ip }) => ip ?? []));
  const ordered = [...desired.filter(({ ip }) => present.has(ip)), ...desired.filter(({ ip }) => !present.has(ip))];
  const message = `the port would have ${desired.length} bindings; the limit is ${most} (guards.maxBindingsPerPort)`;
  return {
    fitting: ordered.slice(0, most),
    tooMany: ordered
      .slice(most)
      .map(({ ip }) => ({ ip, rule: 'port-maximum', message: `${ip} is left out: ${message}` })),
  };
}
