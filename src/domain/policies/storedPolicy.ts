import type { Decision } from '../change/keep';
import { policyState, type PolicyScope, type PortPolicy } from './policy';

/**
 * A policy as it is stored, and as it travels: instants are ISO 8601 texts in UTC. Its version is the number of the
 * change that brought it into force; numbers grow with every change of any policy, and none is given twice.
 */
export interface StoredPolicy extends Omit<PortPolicy, 'createdAt' | 'expiresAt'> {
  readonly version: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  /** The policy without an end over which this one lies: it is in force again at this one's end. */
  readonly over?: Omit<StoredPolicy, 'over' | 'expiresAt'>;
}

/** A policy before it is stored. */
export type NewPolicy = Omit<StoredPolicy, 'version' | 'createdAt' | 'over'>;

/** What is done to the policy of a scope. */
export type PolicyRequest =
  | { readonly change: 'set'; readonly policy: NewPolicy }
  | ({ readonly change: 'unset'; readonly scope: PolicyScope } & Decision)
  /** The time of this version is over. */
  | { readonly change: 'end'; readonly scope: PolicyScope; readonly version: string };

/** What was done to the policy of a scope, by whom and why. Kept for good. */
export interface PolicyChange extends Decision {
  /** Of the policy that is in force since then; the version of the scope when none is. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly scope: PolicyScope;
  readonly change: PolicyRequest['change'];
  /** What was in force before. */
  readonly before?: StoredPolicy;
  readonly after?: StoredPolicy;
  readonly workflowId: string;
}

/** What stands for a scope without a policy, whatever it had before. */
export const NO_POLICY = '0';

/**
 * The version of a scope: that of its policy; without one that of the change that ended its last one; {@link NO_POLICY} where
 * never was one, and while the end of one is not recorded.
 * @param newest what was done last.
 */
export function versionOfScope(policy: StoredPolicy | undefined, newest: PolicyChange | undefined): string {
  if (policy !== undefined) return policy.version;
  return newest === undefined || newest.after !== undefined ? NO_POLICY : newest.version;
}

/** A policy of the store as rules judge it. */
export interface VersionedPolicy extends PortPolicy {
  readonly version: string;
}

/** The policy as rules judge it. */
export function policyOf({ createdAt, expiresAt, ...policy }: StoredPolicy): VersionedPolicy {
  return {
    ...policy,
    createdAt: new Date(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  };
}

/** What is in force of a scope at an instant: its policy, what lies under one whose time is over, or nothing. */
export function inForceAt(record: StoredPolicy | undefined, now: Date): StoredPolicy | undefined {
  return record === undefined || policyState(policyOf(record), now) !== 'expired' ? record : record.over;
}

/**
 * The policy of a scope after a request: undefined for none. One with an end, set over one without, keeps that one for
 * its end; whatever else was there is replaced. Whoever unsets one with an end brings back what lies under it.
 * @param before what is in force.
 */
export function afterRequest(
  before: StoredPolicy | undefined,
  request: PolicyRequest,
  { version, at }: { readonly version: string; readonly at: Date },
): StoredPolicy | undefined {
  if (request.change !== 'set') return before?.over === undefined ? undefined : { ...before.over, version };
  const { policy } = request;
  const over = policy.expiresAt === undefined ? undefined : lasting(before);
  return { ...policy, version, createdAt: at.toISOString(), ...(over === undefined ? {} : { over }) };
}

/** What has no end: the policy itself, or what lies under it. */
function lasting(record: StoredPolicy | undefined): StoredPolicy['over'] {
  if (record === undefined || record.over !== undefined) return record?.over;
  const { expiresAt, ...policy } = record;
  return expiresAt === undefined ? policy : undefined;
}
