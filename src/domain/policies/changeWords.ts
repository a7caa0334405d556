import type { PolicyChange, StoredPolicy } from './storedPolicy';
import { scopeKey } from './policy';

/** The fields of a policy as texts, whoever read them. */
export interface SaidFields {
  readonly portSecurity?: string | undefined;
  readonly allowedAddressPairs?: readonly { readonly address: string; readonly mac?: string | undefined }[] | undefined;
  readonly securityGroups?: readonly string[] | undefined;
  readonly exclusive?: boolean | undefined;
}

/** What a policy says, in words: `port security off; no further addresses; security groups web`. */
export function describeFields({
  portSecurity,
  allowedAddressPairs: pairs,
  securityGroups: groups,
  exclusive,
}: SaidFields): string {
  const addresses = pairs?.map(({ address, mac }) => (mac === undefined ? address : `${address} with ${mac}`));
  return [
    ...(portSecurity === undefined ? [] : [`port security ${portSecurity}`]),
    ...listed('further addresses', addresses),
    ...listed('security groups', groups),
    ...(exclusive === true ? ['nothing besides'] : []),
  ].join('; ');
}

/** What was done to a policy, in a sentence for journal and log. */
export function describeChange({ change, scope, before, after, author }: PolicyChange): string {
  const was = before === undefined ? 'there was none' : `it was: ${describeFields(before)}`;
  const again = after === undefined ? 'none is left' : `in force again: ${described(after)}`;
  switch (change) {
    case 'set':
      return `${author} set the policy of ${scopeKey(scope)}: ${after === undefined ? 'nothing' : described(after)} (${was})`;
    case 'unset':
      return `${author} unset the policy of ${scopeKey(scope)}: ${again} (${was})`;
    case 'end':
      return `The policy of ${scopeKey(scope)} ended at ${before?.expiresAt ?? 'its time'}: ${again} (${was})`;
  }
}

function described(policy: StoredPolicy): string {
  const until = policy.expiresAt === undefined ? '' : ` until ${policy.expiresAt}`;
  const under = policy.over === undefined ? '' : `, then ${describeFields(policy.over)} again`;
  return `${describeFields(policy)}${until}${under}`;
}

function listed(what: string, list: readonly string[] | undefined): string[] {
  if (list === undefined) return [];
  return [list.length === 0 ? `no ${what}` : `${what} ${list.join(', ')}`];
}
