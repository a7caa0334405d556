import { PortwardenError } from '../errors';
import type { ServerId } from '../event/event';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import { pairRefusal, type AddressPair, type RangeLimits } from './addressPair';

/** Whose ports a policy is for; the order is from the most specific to the least. */
export type PolicyScope =
  | { readonly kind: 'port'; readonly device: DeviceId; readonly port: PortName }
  | { readonly kind: 'server'; readonly serverId: ServerId }
  | { readonly kind: 'network'; readonly device: DeviceId; readonly network: string }
  | { readonly kind: 'device'; readonly device: DeviceId };

/**
 * What a policy says of its ports. Each field has three values: absent (not mine: whatever is there or a less specific
 * policy says), an empty list (none), a list.
 */
export interface PolicyFields {
  /** Whether the port may send only from its own and its further addresses. Off takes groups and pairs with it. */
  readonly portSecurity?: 'on' | 'off';
  readonly allowedAddressPairs?: readonly AddressPair[];
  /** Ids of security groups; names are not unique. */
  readonly securityGroups?: readonly string[];
}

/** The fields of a policy by their names. */
export const POLICY_FIELDS = ['portSecurity', 'allowedAddressPairs', 'securityGroups'] as const;

/** A port's override, by a person. */
export interface PortPolicy extends PolicyFields {
  readonly scope: PolicyScope;
  /**
   * Of the lists that the policy names: what no policy and no server stands for is taken away, and comes back when the
   * policy ends. Never by itself: only when a policy says so.
   */
  readonly exclusive?: boolean;
  /** Ranges wider than the configured limits are meant. */
  readonly wideRanges?: boolean;
  /** Addresses that a gateway or another port has are meant: this port shall be able to take them over. */
  readonly takenAddresses?: boolean;
  readonly reason: string;
  readonly author: string;
  readonly createdAt: Date;
  /** From then on the policy counts no more, and its ports are as they would be without it. */
  readonly expiresAt?: Date;
}

/** How long before its end a policy's end is announced, in milliseconds. */
export const EXPIRY_NOTICE_MS = 60 * 60 * 1000;

/** Where a policy is in its life: `ending` within {@link EXPIRY_NOTICE_MS} of its end. */
export function policyState({ expiresAt }: Pick<PortPolicy, 'expiresAt'>, now: Date): 'active' | 'ending' | 'expired' {
  if (expiresAt === undefined) return 'active';
  const left = expiresAt.getTime() - now.getTime();
  if (left <= 0) return 'expired';
  return left <= EXPIRY_NOTICE_MS ? 'ending' : 'active';
}

/** A text that is the same for the same scope: one scope has one policy. */
export function scopeKey(scope: PolicyScope): string {
  switch (scope.kind) {
    case 'port':
      return `port ${scope.device} ${scope.port}`;
    case 'server':
      return `server ${scope.serverId}`;
    case 'network':
      return `network ${scope.device} ${scope.network}`;
    case 'device':
      return `device ${scope.device}`;
  }
}

/**
 * Judges a policy before it is stored or anything is asked of a device: what Neutron would refuse in any order of
 * requests (409 PortSecurityPortHasSecurityGroup, 409 AddressPairAndPortSecurityRequired, 400
 * PortSecurityAndIPRequiredForSecurityGroups) is refused here, in words.
 * @throws PortwardenError `policy-contradiction`, `policy-empty`, `policy-expired`, `address-pair-multicast`, `address-pair-too-wide`.
 */
export function checkPolicy(policy: PortPolicy, now: Date, limits: RangeLimits): void {
  const { portSecurity, allowedAddressPairs = [], securityGroups = [] } = policy;
  if (POLICY_FIELDS.every((field) => policy[field] === undefined))
    throw new PortwardenError(
      'policy-empty',
      `the policy of ${scopeKey(policy.scope)} says nothing; to end one, unset it`,
    );
  if (policyState(policy, now) === 'expired')
    throw new PortwardenError('policy-expired', `the policy of ${scopeKey(policy.scope)} would end before it begins`);
  if (portSecurity === 'off' && allowedAddressPairs.length > 0)
    throw contradiction('further addresses', 'every address passes without them');
  if (portSecurity === 'off' && securityGroups.length > 0)
    throw contradiction('security groups', 'groups work only while it is on');
  for (const pair of allowedAddressPairs) {
    const refusal = pairRefusal(pair, { limits, wide: policy.wideRanges === true });
    if (refusal !== undefined)
      throw new PortwardenError(refusal.code, refusal.message, { details: { address: pair.address } });
  }
}

function contradiction(what: string, why: string): PortwardenError {
  return new PortwardenError('policy-contradiction', `port security off and ${what} exclude each other: ${why}`);
}
