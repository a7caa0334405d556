import type { ServerId } from '../event/event';
import type { DeviceId } from '../values/device';
import type { MacAddress } from '../values/mac';
import type { PortName } from '../values/port';
import type { VlanId } from '../values/vlan';
import { unitePairs, type AddressPair } from './addressPair';
import { policyState, scopeKey, type PolicyScope, type PortPolicy } from './policy';

/** A port as policies see it. */
export interface PolicyTarget {
  readonly device: DeviceId;
  readonly port: PortName;
  /** Absent where several MACs are behind the port: a pair without a MAC is then not the same as any with one. */
  readonly mac?: MacAddress;
  /** Servers behind the port. On an uplink they are many. */
  readonly serverIds: readonly ServerId[];
  /** The network that the port is in, where its device has such. */
  readonly network?: string;
  /** The VLANs that the port is in, where its device has such: each by its name there and by its id. They are its networks. */
  readonly vlans?: ReadonlyMap<string, VlanId>;
}

/** A field of the effective policy, with the policies that say it. */
export interface Decided<Value> {
  readonly value: Value;
  readonly from: readonly PortPolicy[];
}

/** A list, with whether what it does not name goes where nobody else stands for it. */
export interface DecidedList<Value> extends Decided<readonly Value[]> {
  readonly exclusive: boolean;
}

/** What holds for one port: field by field what the most specific policies say. Absent: no policy says anything. */
export interface EffectivePolicy {
  readonly portSecurity?: Decided<'on' | 'off'>;
  readonly allowedAddressPairs?: DecidedList<AddressPair>;
  readonly securityGroups?: DecidedList<string>;
  /** What waits while port security is off, in words: it comes back with it. */
  readonly suspended: readonly string[];
  /** Policies that are not followed here, and why, in words. */
  readonly refused: readonly string[];
}

/**
 * Finds what holds for a port at an instant. Per field the most specific scope that says anything counts (port, server,
 * network, device). Several servers behind one port: their further addresses and groups are united, while port security
 * off by a server's policy is not followed where other servers share the port, because it would open it for them. What a
 * network's policy says of a port in several VLANs is followed as far as it can be meant for that VLAN: further addresses pass in it.
 */
export function effectivePolicy(policies: readonly PortPolicy[], target: PolicyTarget, now: Date): EffectivePolicy {
  const mine = policies.filter((policy) => policyState(policy, now) !== 'expired' && isFor(policy.scope, target));
  const refused: string[] = [];
  const count = new Set(target.vlans?.values()).size;
  const refuseOfOneVlan = ({ scope }: PortPolicy, what: string): boolean => {
    if (scope.kind !== 'network' || count < 2) return false;
    refused.push(
      `${what} by the policy of ${scopeKey(scope)} is not followed at ${target.port}: the port is in ${count} VLANs, and it would be for all of them; a policy of the port can say it`,
    );
    return true;
  };
  const portSecurity = decide(mine, (policy) => {
    if (policy.portSecurity === 'off' && policy.scope.kind === 'server' && target.serverIds.length > 1) {
      refused.push(
        `port security off by the policy of ${scopeKey(policy.scope)} is not followed at ${target.port}: ${target.serverIds.length} servers share the port`,
      );
      return undefined;
    }
    if (policy.portSecurity === 'off' && refuseOfOneVlan(policy, 'port security off')) return undefined;
    return policy.portSecurity;
  });
  const pairs = decide(mine, (policy) => pairsInVlan(policy, target));
  const groups = decide(mine, (policy) =>
    policy.securityGroups !== undefined && refuseOfOneVlan(policy, 'security groups')
      ? undefined
      : policy.securityGroups,
  );
  const off = portSecurity?.values[0] === 'off';
  return {
    ...(portSecurity === undefined ? {} : { portSecurity: { value: off ? 'off' : 'on', from: portSecurity.from } }),
    ...(pairs === undefined || off
      ? {}
      : { allowedAddressPairs: { value: unitePairs(pairs.values, target.mac), ...saidBy(pairs.from) } }),
    ...(groups === undefined || off
      ? {}
      : { securityGroups: { value: [...new Set(groups.values.flat())].sort(), ...saidBy(groups.from) } }),
    suspended: off
      ? [
          ...suspendedWords('further addresses', pairs?.values.flat().length ?? 0, pairs?.from ?? []),
          ...suspendedWords('security groups', groups?.values.flat().length ?? 0, groups?.from ?? []),
        ]
      : [],
    refused,
  };
}

/** Whether a policy says anything of the port, or would if it could be followed. */
export function saysAnything({ portSecurity, allowedAddressPairs, securityGroups, refused }: EffectivePolicy): boolean {
  return [portSecurity, allowedAddressPairs, securityGroups].some((field) => field !== undefined) || refused.length > 0;
}

/** When the effective policy of the port changes next by itself; undefined when it does not. */
export function nextExpiry(policies: readonly PortPolicy[], target: PolicyTarget, now: Date): Date | undefined {
  const ends = policies
    .filter((policy) => policyState(policy, now) !== 'expired' && isFor(policy.scope, target))
    .flatMap(({ expiresAt }) => expiresAt?.getTime() ?? []);
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}

const SPECIFICITY: readonly PolicyScope['kind'][] = ['port', 'server', 'network', 'device'];

/** The values of the most specific scope that has any. */
function decide<Value>(
  policies: readonly PortPolicy[],
  valueOf: (policy: PortPolicy) => Value | undefined,
): { readonly values: readonly Value[]; readonly from: readonly PortPolicy[] } | undefined {
  for (const kind of SPECIFICITY) {
    const said = policies
      .filter(({ scope }) => scope.kind === kind)
      .flatMap((policy) => {
        const value = valueOf(policy);
        return value === undefined ? [] : [{ policy, value }];
      });
    if (said.length > 0) return { values: said.map(({ value }) => value), from: said.map(({ policy }) => policy) };
  }
  return undefined;
}

/** A network's further addresses pass in its VLAN, unless they name one themselves. */
function pairsInVlan(
  { allowedAddressPairs: pairs, scope }: PortPolicy,
  { vlans }: PolicyTarget,
): PortPolicy['allowedAddressPairs'] {
  const vlan = scope.kind === 'network' ? vlans?.get(scope.network) : undefined;
  return vlan === undefined ? pairs : pairs?.map((pair) => ({ vlan, ...pair }));
}

function saidBy(from: readonly PortPolicy[]): Pick<DecidedList<unknown>, 'from' | 'exclusive'> {
  return { from, exclusive: from.some(({ exclusive }) => exclusive === true) };
}

function isFor(scope: PolicyScope, target: PolicyTarget): boolean {
  switch (scope.kind) {
    case 'port':
      return scope.device === target.device && scope.port === target.port;
    case 'server':
      return target.serverIds.includes(scope.serverId);
    case 'network':
      return (
        scope.device === target.device &&
        (scope.network === target.network || target.vlans?.has(scope.network) === true)
      );
    case 'device':
      return scope.device === target.device;
  }
}

function suspendedWords(what: string, count: number, from: readonly PortPolicy[]): string[] {
  return count === 0 ? [] : [`${count} ${what} of ${from.map(({ scope }) => scopeKey(scope)).join(', ')}`];
}
