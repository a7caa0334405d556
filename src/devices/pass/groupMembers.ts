import { addressesOf } from '../../domain/change/statement';
import { effectivePolicy } from '../../domain/policies/effectivePolicy';
import { compareIps, type IpAddress } from '../../domain/values/ip';
import type { DeviceState } from '../device';
import type { PoliciesOfDevice } from './request';

/**
 * The addresses bound on the device's ports that have a security group by a policy of the port, its network or the device, in
 * a stable order. Policies of servers do not count: which server is behind a port is known only of the ports of a pass, and
 * the members of a group must not depend on which ports those are.
 */
export function membersOf(
  group: string,
  state: Pick<DeviceState, 'boundPorts' | 'statements' | 'policies'>,
  { device, policies, at }: Pick<PoliciesOfDevice, 'device' | 'policies' | 'at'>,
): readonly IpAddress[] {
  const lasting = policies.filter(({ scope }) => scope.kind !== 'server');
  const members = state.boundPorts().filter((port) => {
    const policy = effectivePolicy(lasting, { device, port, serverIds: [], ...state.policies?.facts(port) }, at);
    return policy.securityGroups?.value.includes(group) === true;
  });
  return addressesOf(members.flatMap((port) => state.statements(port))).toSorted(compareIps);
}
