import type { EffectivePolicy } from './effectivePolicy';
import { scopeKey, type POLICY_FIELDS, type PortPolicy } from './policy';

/** What holds for a port, a sentence for each field that a policy says. */
export function describePolicy({ portSecurity, allowedAddressPairs, securityGroups }: EffectivePolicy): string[] {
  const list = (values: readonly string[], isExclusive: boolean): string =>
    `${values.length === 0 ? 'none' : values.join(', ')}${isExclusive ? ' and no others' : ''}`;
  return [
    ...(portSecurity === undefined ? [] : [`port security ${portSecurity.value}${byWhom(portSecurity.from)}`]),
    ...(allowedAddressPairs === undefined
      ? []
      : [
          `further addresses ${list(
            allowedAddressPairs.value.map(
              ({ address, mac, vlan }) =>
                `${address}${mac === undefined ? '' : ` from ${mac}`}${vlan === undefined ? '' : ` in VLAN ${vlan}`}`,
            ),
            allowedAddressPairs.exclusive,
          )}${byWhom(allowedAddressPairs.from)}`,
        ]),
    ...(securityGroups === undefined
      ? []
      : [`security groups ${list(securityGroups.value, securityGroups.exclusive)}${byWhom(securityGroups.from)}`]),
  ];
}

/** The scopes of the policies that hold for a port, each once. */
export function scopesOf({
  portSecurity,
  allowedAddressPairs,
  securityGroups,
}: Pick<EffectivePolicy, (typeof POLICY_FIELDS)[number]>): readonly string[] {
  const policies = [portSecurity, allowedAddressPairs, securityGroups].flatMap((field) => field?.from ?? []);
  return [...new Set(policies.map(({ scope }) => scopeKey(scope)))];
}

function byWhom(policies: readonly PortPolicy[]): string {
  const each = policies.map(({ scope, author, reason, expiresAt }) => {
    const until = expiresAt === undefined ? '' : ` until ${expiresAt.toISOString()}`;
    return `the policy of ${scopeKey(scope)} (${author}: "${reason}"${until})`;
  });
  return ` by ${each.join(' and ')}`;
}
