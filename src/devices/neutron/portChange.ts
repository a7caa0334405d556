import { isDeepStrictEqual } from 'node:util';
import type { NeutronPort } from '../../clients/openstack/schemas';
import type { PortPlan } from '../../domain/change/plan';
import { groupOf, isEnforcement, isOff } from './enforcement';
import { keyOf, pairOf, pairsOf, type AddressPair } from './pairs';

/** The three attributes of a port as they are sent; the first is absent where the port shows no port security. */
export interface SecurityOfPort {
  readonly port_security_enabled?: boolean;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly AddressPair[];
}

/** The pairs of a port once a plan is carried out; those that stay keep their spelling. */
export function pairsAfter(
  { allowed_address_pairs: pairs }: NeutronPort,
  { remove, add }: PortPlan,
): readonly AddressPair[] {
  const gone = new Set(remove.map(({ key }) => key));
  return [
    ...pairs.filter((pair) => !gone.has(keyOf(pair))),
    ...add.filter((statement) => !isEnforcement(statement)).map(pairOf),
  ];
}

/** All three attributes: Neutron judges them together, and of two writers of the same moment one wins whole. */
export function changeOf(port: NeutronPort, plan: PortPlan): SecurityOfPort {
  const { remove, add } = plan;
  const isOn = add.some(isOff) ? false : remove.some(isOff) ? true : port.port_security_enabled;
  const gone = new Set(remove.flatMap((statement) => groupOf(statement) ?? []));
  const come = add.flatMap((statement) => groupOf(statement) ?? []);
  return {
    ...(isOn === undefined ? {} : { port_security_enabled: isOn }),
    security_groups: [...new Set([...port.security_groups.filter((id) => !gone.has(id)), ...come])],
    allowed_address_pairs: pairsOf(pairsAfter(port, plan)),
  };
}

/** What decides what a port lets through, in one order and spelling. */
export function securityOf({
  port_security_enabled,
  security_groups,
  allowed_address_pairs,
}: SecurityOfPort | NeutronPort) {
  return {
    isOn: port_security_enabled,
    groups: [...security_groups].sort(),
    pairs: [...new Set(allowed_address_pairs.map(keyOf))].sort(),
  };
}

/** What somebody else changed between two readings of a port, in words. */
export function conflictText(read: NeutronPort, now: NeutronPort): string {
  const before = securityOf(read);
  const after = securityOf(now);
  const differences = (had: readonly string[], has: readonly string[]): string[] => [
    ...has.filter((one) => !had.includes(one)).map((one) => `+${one}`),
    ...had.filter((one) => !has.includes(one)).map((one) => `-${one}`),
  ];
  const groups = differences(before.groups, after.groups);
  const changes = [
    ...differences(before.pairs, after.pairs),
    ...groups.map((change) => `${change.slice(0, 1)}group ${change.slice(1)}`),
    ...(before.isOn === after.isOn ? [] : [`port security ${after.isOn === false ? 'off' : 'on'}`]),
  ];
  return `somebody else changed the port meanwhile: ${changes.join(', ').replaceAll('|', ' ')}`;
}

/**
 * What is to be said when somebody wrote at the very moment at which we did. `If-Match` lets both through, and the later one
 * takes away what the earlier one was told it had written; but each takes the revision up (recorded on PostgreSQL). Whatever
 * else of the port is new explains a higher revision: a rename, a restart.
 * @param read the port as it was read for our write.
 */
export function disturbanceText(read: NeutronPort, now: NeutronPort): string | undefined {
  const { revision_number: from } = read;
  const { revision_number: to } = now;
  if (from === undefined || to === undefined || to <= from + 1) return undefined;
  if (!isDeepStrictEqual(restOf(now), restOf(read))) return undefined;
  return `somebody else wrote ${now.id} at the same moment: its revision went from ${from} to ${to}, and one write was ours. What was planned is in force; what they were told they had written may be lost`;
}

/** What of a port is no matter of what it lets through. */
function restOf({ name, mac_address, fixed_ips, device_owner, device_id, tags }: NeutronPort): object {
  return { name, mac_address, fixed_ips, device_owner, device_id, tags: [...tags].sort() };
}
