import type { InspectedPort } from '../../../clients/openstack/schemas';
import { canonical, hostBitsOf } from '../pairs';
import { doubtOf } from '../specialPorts';

/** What is special about one port, a sentence each. */
export interface PortFindings {
  /** What it lets through is not enforced, or not by Neutron's ports: pairs are accepted, and that is all. */
  readonly notEnforced: readonly string[];
  /** What an operator should know besides. */
  readonly remarks: readonly string[];
}

/**
 * Looks at a port as Neutron shows it. What only an administrator sees is missing for others.
 * @param ports those of its project.
 */
export function findingsOf(port: InspectedPort, maxPairs: number, ports: readonly InspectedPort[]): PortFindings {
  return { notEnforced: notEnforced(port, ports), remarks: [...securityRemarks(port), ...pairRemarks(port, maxPairs)] };
}

function notEnforced(port: InspectedPort, ports: readonly InspectedPort[]): readonly string[] {
  const { device_owner: owner, status, 'binding:vif_type': vif } = port;
  const doubt = doubtOf(port, ports);
  return [
    ...(owner.startsWith('network:') ? [`it is the cloud's own (${owner}): left alone`] : []),
    ...(doubt === undefined ? [] : [doubt]),
    ...(vif === 'binding_failed' ? ['its binding FAILED: no host carries it'] : []),
    ...(vif === 'unbound' ? ['it is bound to no host yet'] : []),
    ...(vif === undefined && status === 'DOWN' ? ['it is DOWN: no host reports that it carries it'] : []),
  ];
}

function securityRemarks({ port_security_enabled: isOn, security_groups: groups }: InspectedPort): readonly string[] {
  if (isOn === undefined) return ['it has no port security: the extension is missing, or its network type knows none'];
  if (!isOn) return ['port security is OFF: every address passes, and it takes no pair'];
  return groups.length === 0 ? ['it has no security group: whatever no group allows is dropped, pairs or not'] : [];
}

function pairRemarks(port: InspectedPort, maxPairs: number): readonly string[] {
  const { allowed_address_pairs: pairs, fixed_ips: fixed, mac_address: mac } = port;
  const own = new Set(fixed.map(({ ip_address }) => meaning({ ip_address, mac_address: mac })));
  const superfluous = pairs.filter((pair) => own.has(meaning(pair)));
  return [
    ...pairs.flatMap((pair) => {
      const readings = hostBitsOf(pair);
      if (readings === undefined) return [];
      const { address, network } = readings;
      return [`pair ${pair.ip_address}: OVN lets ${address} through, iptables and Open vSwitch all of ${network}`];
    }),
    ...pairs
      .filter(({ ip_address }) => /\/0+$/.test(ip_address))
      .map(
        ({ ip_address }) => `pair ${ip_address}: every address passes, and rules with a remote group no longer hold`,
      ),
    ...superfluous.map(
      ({ ip_address }) => `pair ${ip_address} is its own fixed address: it uses up a pair for nothing`,
    ),
    ...(pairs.length > maxPairs
      ? [`it has ${pairs.length} pairs, more than maxPairs (${maxPairs}): the cloud allows more than is configured`]
      : []),
  ];
}

function meaning(pair: Parameters<typeof canonical>[0]): string {
  const { ip_address, mac_address } = canonical(pair);
  return `${mac_address} ${ip_address}`;
}
