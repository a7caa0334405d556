import type { FloatingIp, NeutronPort } from '../../clients/openstack/schemas';
import type { PortPlan } from '../../domain/change/plan';
import { groupOf, isEnforcement, isOff } from './enforcement';

/** What a plan opens that switches the security of a port off: who reaches it then, what it loses, and what stays as it is. */
export function whatOpens(
  port: NeutronPort,
  { remove, add }: PortPlan,
  ports: readonly NeutronPort[],
  floatingIps: readonly FloatingIp[] | undefined,
): readonly string[] {
  if (!add.some(isOff)) return [];
  const groups = remove.filter((statement) => groupOf(statement) !== undefined);
  const pairs = remove.filter((statement) => !isEnforcement(statement));
  const bound = floatingIps?.filter(({ port_id }) => port_id === port.id) ?? [];
  const others = ports.filter(
    ({ id, device_id }) => id !== port.id && device_id !== '' && device_id === port.device_id,
  );
  const texts = (statements: readonly { readonly text: string }[]): string =>
    statements.map(({ text }) => text).join(', ');
  return [
    `${port.id} goes without port security: it may send as any address and MAC, and everything in its network reaches it`,
    ...(floatingIps === undefined
      ? ['floating IPs could not be read: the login may not see whether the port is reachable from outside']
      : bound.map(
          ({ floating_ip_address: ip }) =>
            `floating IP ${ip} is bound to ${port.id}: every TCP and UDP port of this VM becomes reachable through it`,
        )),
    ...(groups.length === 0
      ? []
      : [`${port.id} loses ${texts(groups)}: remembered, and back when security is on again`]),
    ...(pairs.length === 0
      ? []
      : [`${port.id} loses the pairs ${texts(pairs)}: every address passes without them; they come back too`]),
    ...(others.length === 0
      ? []
      : [
          `other ports of the VM ${port.device_id} stay as they are: ${others
            .map(
              ({ id, name, port_security_enabled: isOn }) =>
                `${name === '' ? id : `${name} (${id})`}${isOn === false ? ', off too' : ''}`,
            )
            .join('; ')}`,
        ]),
  ];
}
