import { assigned, attachment, guest, ip, mac, nic, port, server, statement, vlan } from '../activities/fakes/values';
import { addressesOf, type Statement } from '../../src/domain/change/statement';
import type { PortName } from '../../src/domain/values/port';
import type { Scope } from '../../src/domain/values/scope';
import { SIGNALS } from '../../src/protocol/names';
import type { Site } from './workflowServer';

/** The address that servers of these worlds have. */
export const addressOf = (id: number): string => `10.0.${48 + Math.floor(id / 250)}.${id % 250}`;
/** The MAC of a dedicated server. */
export const macOf = (id: number): string =>
  `00:50:56:00:${(id >> 8).toString(16).padStart(2, '0')}:${(id & 255).toString(16).padStart(2, '0')}`;
/** The MAC of a guest. */
export const guestMac = (vmid: number): string =>
  `bc:24:11:00:${(vmid >> 8).toString(16).padStart(2, '0')}:${(vmid & 255).toString(16).padStart(2, '0')}`;

/** Adds a dedicated server with one address in VLAN 13, plugged into a port. */
export function addDedicated({ world, device }: Site, id: number, at = `ge-0/0/${id}.0`): PortName {
  world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: [assigned(addressOf(id))],
    attachments: [attachment(device, at)],
    pxeMac: mac(macOf(id)),
  });
  world.panel.vlans.set(ip(addressOf(id)), vlan(13));
  return port(at);
}

/** Adds a dedicated server that the panel's switch lists on its port too, so that it is found without any event. */
export function addListed(site: Site, id: number): PortName {
  const at = addDedicated(site, id);
  site.world.panel.assignments.set(`${site.device} ${at}`, [server(id)]);
  return at;
}

/** Adds a VM with one address in VLAN 13 on a node, whose uplink is a port of the site's device. */
export function addVm({ world, device }: Site, id: number, node = 'pve1', uplink = 'ae0.0'): PortName {
  const vmid = id * 10;
  world.panel.add({
    serverId: server(id),
    name: `vm-${id}`,
    kind: 'vm',
    ips: [assigned(addressOf(id))],
    attachments: [],
    hypervisor: { cluster: 'pve', vmid },
  });
  world.panel.vlans.set(ip(addressOf(id)), vlan(13));
  world.cluster.nodes.set(node, [...(world.cluster.nodes.get(node) ?? []), guest(vmid, [nic(0, guestMac(vmid))])]);
  world.cluster.uplinks.set(node, [{ ports: [{ device, port: port(uplink) }] }]);
  return port(uplink);
}

/** What a device holds for such a server. */
export const held = (id: number, address = macOf(id)): Statement => statement(addressOf(id), address);

/** Adds a dedicated server whose port still has two addresses more, which the panel took from it without any event. */
export function emptiedPort(site: Site, id: number): PortName {
  const at = addDedicated(site, id);
  const gone = [1, 2].map((n) => statement(`10.9.${id}.${n}`, macOf(id)));
  site.world.device.actual.set(at, [held(id), ...gone]);
  site.world.store.placed.set(server(id), {
    serverId: server(id),
    kind: 'dedicated',
    ports: [{ device: site.device, port: at }],
    ips: addressesOf([held(id), ...gone]),
  });
  return at;
}

/** The addresses that the site's device lets through a port. */
export const bound = ({ world }: Site, at: PortName): string[] =>
  (world.device.actual.get(at) ?? []).map(({ ip }) => ip ?? 'no address');

/** Pauses the site's device, and tells its coordinator, which runs. */
export async function pause(site: Site, scope: Scope = { kind: 'device', device: site.device }): Promise<void> {
  await site.world.store.pauses.begin({ scope, author: 'alice', reason: 'we move the rack' }, new Date());
  await site.coordinator.signal(SIGNALS.pausesChanged);
}

/** Ends what {@link pause} began. */
export async function resume(site: Site, scope: Scope = { kind: 'device', device: site.device }): Promise<void> {
  await site.world.store.pauses.end(scope, { by: 'bob', reason: 'it stands' }, new Date());
  await site.coordinator.signal(SIGNALS.pausesChanged);
}
