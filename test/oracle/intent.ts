import type { SecurityRule } from '../../src/domain/policies/securityGroup';
import { covers, ipVersion } from '../../src/domain/values/ip';
import { GROUPS, HOME, HOST_BITS, OWN, type Packet, type WantedPort } from './port';

/** Whether something counts in the oracle: the differences ask what the verdict would be without it. */
interface Counted {
  readonly policy?: boolean;
  readonly groups?: boolean;
  /** Somebody else's pair, which only the Neutron port has. */
  readonly foreign?: boolean;
}

/**
 * Whether a packet shall pass, straight from what the panel assigns and the policy says. Not a line of the product: a source
 * address passes with its MAC in its VLAN, a policy's pair in the VLANs of the server's addresses (its own VLAN when it
 * has none), and of what is let out by its source, groups let out what a rule says.
 */
export function shallPass(port: WantedPort, packet: Packet, counted: Counted = {}): boolean {
  const says = counted.policy === false ? undefined : port.says;
  if (says?.security === 'off') return true;
  const isForeign =
    counted.foreign === true &&
    port.hasForeignPair &&
    !(says?.exclusive === true && says.pairs !== undefined) &&
    packet.ip === HOST_BITS.address &&
    packet.mac === OWN &&
    packet.vlan === HOME;
  const bySource =
    isForeign ||
    port.sources.some(({ ip, mac, vlan }) => ip === packet.ip && mac === packet.mac && vlan === packet.vlan) ||
    (says?.pairs ?? []).some(
      ({ address, mac = OWN }) =>
        mac === packet.mac && covers([address], packet.ip) && vlansOf(port).includes(packet.vlan),
    );
  const groups = counted.groups === false ? undefined : says?.groups;
  return bySource && (groups === undefined || isLetOut(groups, packet));
}

/** The VLANs in which a further address of the server passes. */
export function vlansOf({ sources }: WantedPort): readonly number[] {
  return sources.length === 0 ? [HOME] : sources.map(({ vlan }) => vlan);
}

/** Whether groups let a packet out that opens something. ARP, DHCP clients and neighbours are no matter of groups. */
export function isLetOut(groups: readonly string[], packet: Packet): boolean {
  if (['arp', 'dhcp-client', 'neighbour'].includes(packet.what)) return true;
  return groups.some((name) => {
    const rules = (GROUPS.get(name) ?? []).filter(({ direction }) => direction === 'egress');
    return rules.length === 0 || rules.some((rule) => isMatch(rule, packet));
  });
}

function isMatch({ protocol, ports, family }: SecurityRule, { what, destination, ip }: Packet): boolean {
  const isProtocol = protocol === 'any' || protocol === (what === 'dhcp-server' ? 'udp' : what);
  const isPort = ports === undefined || (destination >= ports.from && destination <= ports.to);
  return isProtocol && isPort && (family === undefined || family === ipVersion(ip));
}
