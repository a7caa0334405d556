import type { Keep } from '../change/keep';
import type { ServerId } from '../event/event';
import type { Placement } from '../servers/server';
import { compareIps, isRange, type IpAddress, type IpOrRange } from '../values/ip';
import { samePort, type PortRef } from '../values/port';
import { effectivePolicy, type PolicyTarget } from './effectivePolicy';
import { policyState, type PortPolicy } from './policy';

/** The networks that a port is in, as policies name them. */
export type PortNetworks = Pick<PolicyTarget, 'network' | 'vlans'>;

/** What the members of groups are found from. */
export interface MemberSources {
  /** Of all devices and servers: which of them counts at a port is decided field by field. */
  readonly policies: readonly PortPolicy[];
  /** Of every server that may be a member. */
  readonly placements: readonly Placement[];
  /** What people keep at ports that may be members. */
  readonly keeps: readonly Pick<Keep, 'device' | 'port' | 'statement'>[];
  readonly networksOf: (port: PortRef) => PortNetworks;
  readonly at: Date;
}

/**
 * The addresses that stand for security groups as the other side of rules, in a stable order: of each server at a port whose
 * effective policy says the group, what the panel assigned to it, and the further addresses that the policy lets through there;
 * and what people keep at such ports. What nobody explains is nobody's.
 * Server by server, so that a group of one server behind a shared port is not everybody's there.
 */
export function groupMembers(
  names: ReadonlySet<string>,
  { policies, placements, keeps, networksOf, at }: MemberSources,
): ReadonlyMap<string, readonly IpOrRange[]> {
  const members = new Map([...names].map((name): [string, Set<IpOrRange>] => [name, new Set()]));
  const admit = (target: PolicyTarget, own: readonly IpOrRange[]): void => {
    const { securityGroups, allowedAddressPairs } = effectivePolicy(policies, target, at);
    const further = allowedAddressPairs?.value.map(({ address }) => address) ?? [];
    for (const name of securityGroups?.value ?? [])
      for (const address of [...own, ...further]) members.get(name)?.add(address);
  };
  for (const { serverId, ports, ips } of placements)
    for (const { device, port, effectivePort = port, left, ranges = [] } of ports)
      if (left !== true) admit(targetOf({ device, port: effectivePort }, [serverId], networksOf), [...ips, ...ranges]);
  for (const { device, port, statement } of keeps)
    if (statement.ip !== undefined) admit(targetOf({ device, port }, [], networksOf), [statement.ip]);
  // A port behind which nobody is known still lets a policy's further addresses through; elsewhere the servers' policies count too.
  const isTaken = (ref: PortRef): boolean =>
    placements.some(({ ports }) =>
      ports.some(({ device, port, effectivePort = port }) => samePort({ device, port: effectivePort }, ref)),
    );
  for (const { scope } of policies)
    if (scope.kind === 'port' && !isTaken(scope)) admit(targetOf(scope, [], networksOf), []);
  return new Map([...members].map(([name, addresses]) => [name, [...addresses].sort(compareAddresses)]));
}

function targetOf(
  { device, port }: PortRef,
  serverIds: readonly ServerId[],
  networksOf: MemberSources['networksOf'],
): PolicyTarget {
  return { device, port, serverIds, ...networksOf({ device, port }) };
}

/** The policies in force that say one of the groups. */
export function policiesSaying(
  names: ReadonlySet<string>,
  policies: readonly PortPolicy[],
  at: Date,
): readonly PortPolicy[] {
  return policies.filter(
    (policy) =>
      policyState(policy, at) !== 'expired' && policy.securityGroups?.some((name) => names.has(name)) === true,
  );
}

/** By first address, then by text, so that equal lists are equal texts. */
function compareAddresses(a: IpOrRange, b: IpOrRange): number {
  const byStart = compareIps(startOf(a), startOf(b));
  return byStart !== 0 ? byStart : a < b ? -1 : a > b ? 1 : 0;
}

/** A range has no host bits, so its text begins with its first address. */
function startOf(address: IpOrRange): IpAddress {
  return isRange(address) ? (address.slice(0, address.indexOf('/')) as IpAddress) : address;
}
