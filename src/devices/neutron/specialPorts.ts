import type { NeutronPort } from '../../clients/openstack/schemas';
import { saysAnything, type EffectivePolicy } from '../../domain/policies/effectivePolicy';

/** Why no policy touches a port; undefined when one may. */
export function whyLeftAlone(
  { id, device_owner, port_security_enabled }: NeutronPort,
  policy: EffectivePolicy,
): string | undefined {
  if (device_owner.startsWith('network:'))
    return `${id} is a port of the cloud's own (${device_owner}): it is trusted, and left alone`;
  if (port_security_enabled === undefined && saysAnything(policy))
    return `${id} shows no port security: its network cannot enforce any`;
  return undefined;
}

/** What is to be said of a port on which Neutron takes settings that its back end may not enforce. */
export function enforcementDoubt(port: NeutronPort, ports: readonly NeutronPort[]): readonly string[] {
  const doubt = doubtOf(port, ports);
  return doubt === undefined ? [] : [`${port.id}: ${doubt}`];
}

/**
 * Why a back end may not enforce what Neutron takes for a port; undefined when nothing says so.
 * @param ports those of the project: a subport is known by its trunk's parent, for only a back end that carries it makes
 * `trunk:subport` its owner (tried on Neutron 21).
 */
export function doubtOf(port: NeutronPort, ports: readonly NeutronPort[]): string | undefined {
  const { device_owner: owner, 'binding:vnic_type': vnic, trunk_details: trunk } = port;
  const accepted = 'accepted by Neutron, not proven to be enforced';
  if (owner.startsWith('baremetal:') || vnic === 'baremetal') return `${accepted}: bare metal`;
  if (vnic !== 'normal') return `${accepted}: the port is ${vnic}, past the host's filters`;
  const isSubport = ports.some(
    (one) => one.trunk_details?.sub_ports.some(({ port_id }) => port_id === port.id) === true,
  );
  if (owner === 'trunk:subport' || isSubport)
    return `${accepted}: a subport, whose traffic comes tagged through its trunk`;
  if (trunk !== undefined && trunk !== null)
    return `${accepted} for its subports (${trunk.sub_ports.map(({ port_id }) => port_id).join(', ') || 'none'}), which have settings of their own`;
  return undefined;
}
