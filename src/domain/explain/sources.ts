import type { Binding } from '../desired/binding';
import { ownAddress, type NodeSource, type OwnAddress } from '../desired/nodeAddresses';
import type { DedicatedSource, GuestSource, PortSources } from '../desired/sources';
import { describeUplink, type NicUplink } from '../servers/nodeUplink';
import type { AssignedIp, GuestNic } from '../servers/server';
import type { IpAddress } from '../values/ip';

/** A server behind the port with one of its addresses. */
export interface AddressOwner {
  readonly server: DedicatedSource | GuestSource;
  readonly assigned: AssignedIp;
}

/** The servers behind the port that the panel assigns an address to. */
export function ownersOf(sources: PortSources, ip: IpAddress): readonly AddressOwner[] {
  return [...sources.dedicated, ...sources.guests].flatMap((server) =>
    server.ips.filter((assigned) => assigned.ip === ip).map((assigned) => ({ server, assigned })),
  );
}

/** What was read of an address, one sentence for each source, the panel first. */
export function describeSources(sources: PortSources, ip: IpAddress): readonly string[] {
  const owners = ownersOf(sources, ip);
  const own = ownAddress(sources, ip);
  if (owners.length === 0 && own === undefined) return [];
  return [
    ...(own === undefined ? [] : [describeNode(own.source, own.address)]),
    ...owners.map(({ server, assigned }) => {
      const { subnet, range, partOf } = assigned;
      const where = subnet === undefined ? '' : ` in the subnet ${subnet}`;
      const whole = partOf === undefined ? '' : ` by the whole subnet ${partOf}`;
      return `panel: ${server.name} (server ${server.serverId}) has ${range ?? ip}${whole}${where}`;
    }),
    ...vlanOf(sources, ip),
    ...owners.flatMap(({ server }) =>
      'guest' in server
        ? describeGuest(server)
        : [
            sources.stated.get(ip)?.source === 'no-vlans' ? describeOwnPort(server) : describeDedicated(server),
            ...describeVirtual(server, ip),
          ],
    ),
  ];
}

function describeNode({ node }: NodeSource, { ip, iface, leavesBy, vlan, mac, uplink, uplinkMac }: OwnAddress): string {
  const by = leavesBy.length === 0 ? '' : ` (leaving by ${leavesBy.join(', ')})`;
  const from = mac ?? uplinkMac;
  const known =
    from === undefined ? 'a MAC that is not known' : `${from}${mac === undefined ? ' by configuration' : ''}`;
  return `hypervisor: ${node} itself has ${ip} on ${iface ?? 'an interface that is not known'}${by}: ${known}, ${describeVlan(vlan)}${describeEntry(uplink)}`;
}

/** The VLAN by rules 1 and 2 of docs/vlans.md. */
function vlanOf(sources: PortSources, ip: IpAddress): readonly string[] {
  const unclear = sources.unclear?.get(ip);
  if (unclear !== undefined) return [`panel: the VLAN of ${ip} is not certain: ${unclear}`];
  const stated = sources.stated.get(ip);
  if (stated === undefined) return [];
  if (stated.source === 'no-vlans') return [];
  const from = { 'configured-map': 'configuration: vlans.map', 'panel-subnet': "panel: the address' subnet" };
  return [`${from[stated.source]} says VLAN ${stated.vlan}`];
}

function describeDedicated({ name, pxeMac, portVlan }: DedicatedSource): string {
  const mac = pxeMac === undefined ? 'has no dhcp connection with a pxe_mac' : `has the pxe_mac ${pxeMac}`;
  return `panel: ${name} ${mac}${portVlan === undefined ? '' : `; its switch port is in VLAN ${portVlan}`}`;
}

/** A server at a port that the configuration gives it: the port's MAC is the server's. */
function describeOwnPort({ name, pxeMac }: DedicatedSource): string {
  return `device: the port of ${name} has the MAC ${pxeMac ?? 'unknown'}`;
}

/** What portwarden itself keeps of the MACs of an address, and what the configuration says of new ones. */
function describeVirtual({ name, macs }: DedicatedSource, ip: IpAddress): readonly string[] {
  if (macs === undefined) return [];
  const virtual = macs.virtual.get(ip);
  const had = macs.revoked.get(ip) ?? [];
  return [
    ...(virtual === undefined ? [] : [`store: ${ip} of ${name} has the virtual MAC ${virtual}`]),
    ...(had.length === 0 ? [] : [`store: ${ip} of ${name} had the virtual MAC ${had.join(', ')}, revoked`]),
    ...(macs.policy === 'same-mac' ? [] : [`configuration: switches, additionalAddresses: ${macs.policy}`]),
  ];
}

/** Whether a binding's MAC is the virtual one of its address. */
export function isVirtual({ dedicated }: PortSources, { ip, mac }: Pick<Binding, 'ip' | 'mac'>): boolean {
  return dedicated.some(({ macs }) => macs?.virtual.get(ip) === mac);
}

function describeGuest({ name, guest, uplinks }: GuestSource): readonly string[] {
  const what = guest.type === 'lxc' ? 'container' : 'guest';
  if (guest.nics.length === 0) return [`hypervisor: ${what} ${guest.vmid} (${name}) has no network interface`];
  const chosen = guest.chosenNics ?? [];
  return guest.nics.map(
    (nic) =>
      `hypervisor: ${what} ${guest.vmid} (${name}) ${describeNic(nic)}${describeEntry(uplinks?.get(nic.index))}${chosen.includes(nic.index) ? ', chosen by a tag of the guest' : ''}`,
  );
}

function describeNic({ index, bridge, macs, vlan, ips, linkDown, pending }: GuestNic): string {
  const where = bridge === undefined ? '' : ` on ${bridge}`;
  const mac = macs.length === 0 ? 'no fixed MAC' : macs.join(' and ');
  const tied = ips.length === 0 ? '' : `, tied to ${ips.join(', ')}`;
  const link = linkDown === true ? ', its link down' : '';
  const next = pending === undefined ? '' : `, at the next start: ${pending}`;
  return `has net${index}${where}: ${mac}, ${describeVlan(vlan)}${tied}${link}${next}`;
}

/** Where the frames of a NIC enter, when that is not simply the port in question. */
function describeEntry(uplink: NicUplink | undefined): string {
  if (uplink?.at === 'elsewhere') return `, entering through ${describeUplink(uplink)}`;
  return uplink?.at === 'unknown' ? `, and ${uplink.why}` : '';
}

function describeVlan(vlan: GuestNic['vlan']): string {
  switch (vlan.kind) {
    case 'tagged':
      return `VLAN ${vlan.vlan}`;
    case 'native':
      return 'untagged';
    case 'trunk':
      return `trunk of ${vlan.vlans === 'all' ? 'all VLANs' : `VLANs ${vlan.vlans.join(', ')}`}`;
    case 'off-uplink':
      return `not on the uplink (${vlan.why})`;
    case 'unknown':
      return `VLAN unknown (${vlan.why})`;
  }
}
