import type { NeutronClient } from '../../../clients/openstack/neutron';
import type { InspectedPort } from '../../../clients/openstack/schemas';

/** What enforces, as far as this login sees it: how bound ports are carried, and which agents there are. */
export async function describeBackEnd(
  client: NeutronClient,
  ports: readonly InspectedPort[],
  isAdmin: boolean,
  signal: AbortSignal,
): Promise<string> {
  const drivers = new Set(ports.flatMap(driversOf));
  const agents = new Set(await client.agentTypes(signal));
  const seen = [
    ...(drivers.size === 0 ? [] : [`ports are carried by ${list(drivers)}`]),
    ...(agents.size === 0 ? [] : [`agents: ${list(agents)}`]),
  ];
  if (seen.length > 0) return seen.join('; ');
  return isAdmin ? 'no agent is listed, and no port of the project is bound' : 'not visible to this login';
}

/** How a bound port is carried: `ovn`, `openvswitch (its own firewall)`, … Administrators see it, others see nothing. */
function driversOf({ 'binding:vif_details': details }: InspectedPort): readonly string[] {
  const names = Object.values(details?.bound_drivers ?? {});
  const hybrid = details?.ovs_hybrid_plug;
  const firewall = hybrid === undefined ? '' : hybrid ? ' (iptables)' : ' (its own firewall)';
  return names.map((name) => (name === 'openvswitch' ? `${name}${firewall}` : name));
}

function list(names: ReadonlySet<string>): string {
  return [...names].sort().join(', ');
}
