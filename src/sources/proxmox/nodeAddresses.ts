import { tryParseIp, type IpAddress } from '../../domain/values/ip';
import { tryParseMac, type MacAddress } from '../../domain/values/mac';
import type { NodeAddress } from '../../domain/servers/nodeAddress';
import type { NetworkRow } from '../../clients/proxmox/schema';
import { interfacesBelow } from './bridges';
import { resolveHostVlan, type NodeNetwork } from './vlan';

/** How many addresses of a node are looked at; a node has a handful. */
const MOST = 64;

/**
 * A node's own addresses: those of its network configuration, and the one that its cluster knows it by, which is all
 * that is known of a node with DHCP.
 * @param known of the node, by GET /cluster/status.
 */
export function nodeAddresses(network: NodeNetwork, known: IpAddress | undefined): readonly NodeAddress[] {
  const configured = [...network.interfaces.values()].flatMap((row): NodeAddress[] =>
    addressesOf(row).map((ip) => {
      const mac = macOf(row.iface, network);
      return {
        ip,
        iface: row.iface,
        leavesBy: [...bridgeOf(row), ...interfacesBelow(row.iface, network)],
        vlan: resolveHostVlan(row.iface, network),
        ...(mac === undefined ? {} : { mac }),
      };
    }),
  );
  const isListed = known === undefined || configured.some(({ ip }) => ip === known);
  const why = 'the network configuration of the node does not have the address';
  const rest: NodeAddress[] = isListed ? [] : [{ ip: known, leavesBy: [], vlan: { kind: 'unknown', why } }];
  return [...configured, ...rest].slice(0, MOST);
}

/** The addresses that a row of GET /nodes/{node}/network gives its interface. */
export function addressesOf({ cidr, cidr6 }: Pick<NetworkRow, 'cidr' | 'cidr6'>): readonly IpAddress[] {
  return [cidr, cidr6].flatMap((text) => {
    const ip = tryParseIp((text ?? '').replace(/\/\d+$/, ''));
    return ip === undefined ? [] : [ip];
  });
}

function bridgeOf({ ovs_bridge: bridge }: NetworkRow): readonly string[] {
  return bridge === undefined ? [] : [bridge];
}

/** A VLAN interface has the MAC of what it is on, as long as nothing says another one. A bridge's own choice is not followed. */
function macOf(name: string, network: NodeNetwork): MacAddress | undefined {
  const row = network.interfaces.get(name);
  const said = (row?.options ?? []).map((line) => /^\s*hwaddress\s+(?:ether\s+)?(\S+)\s*$/.exec(line)?.[1]);
  const [mac] = said.flatMap((text) => (text === undefined ? [] : (tryParseMac(text) ?? [])));
  if (mac !== undefined) return mac;
  const raw = row?.['vlan-raw-device'] ?? /^(.+)\.\d{1,4}$/.exec(name)?.[1];
  return raw === undefined || raw === name ? undefined : macOf(raw, network);
}
