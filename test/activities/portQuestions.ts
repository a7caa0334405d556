import type { PortQuestion, PortServers } from '../../src/protocol/activities';
import { fetchPortServers } from '../../src/activities/fetchServerIps';
import type { Placement } from '../../src/domain/servers/server';
import type { FakeWorld } from './fakes/world';
import { assigned, attachment, guest, ip, junos, mac, port, server } from './fakes/values';

export const DEVICE = junos(1);
export const PORT = port('ge-0/0/1.0');
export const UPLINK = port('ae0.0');

/** A question about {@link PORT}, of which nobody knows anything. */
export const question = (extra: Partial<PortQuestion> = {}): PortQuestion => ({
  port: PORT,
  serverIds: [],
  nodes: [],
  deletedServerIds: [],
  explainedIps: [],
  ...extra,
});

/** Who is behind some ports of the world's switch, effects included. */
export const read = (world: FakeWorld, ...questions: PortQuestion[]): Promise<readonly PortServers[]> =>
  fetchPortServers(world, DEVICE, questions, new AbortController().signal);

/** Who is behind one port. */
export async function readOne(world: FakeWorld, extra: Partial<PortQuestion> = {}): Promise<PortServers> {
  const [answer] = await read(world, question(extra));
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** Servers whose deletion takes effect on the port. */
export const confirmedDeleted = ({ notes = [] }: PortServers): number[] =>
  notes.flatMap(({ at, serverId }) => (at === 'deleted' ? [serverId] : []));

/** Adds a dedicated server to the panel, connected to ports of the switch. */
export function dedicated(
  world: FakeWorld,
  id: number,
  where: { port?: string | undefined; automated?: boolean }[] = [{ port: 'ge-0/0/1.0' }],
  ips: string[] = [`10.0.48.${id}`],
  pxeMac: string = '00:50:56:00:00:01',
): void {
  world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: ips.map((text) => assigned(text)),
    attachments: where.map((at) => attachment(DEVICE, at.port, { automated: at.automated ?? true })),
    pxeMac: mac(pxeMac),
  });
}

/** Lets the store remember a dedicated server at a port. */
export function remembered(
  world: FakeWorld,
  id: number,
  at: string = 'ge-0/0/1.0',
  ips: string[] = [`10.0.48.${id}`],
): Placement {
  const placement: Placement = {
    serverId: server(id),
    kind: 'dedicated',
    ports: [{ device: DEVICE, port: port(at) }],
    ips: ips.map(ip),
  };
  world.store.placed.set(placement.serverId, placement);
  return placement;
}

/** Adds a guest of the cluster `pve` to the panel. */
export function vm(world: FakeWorld, id: number, vmid: number, ips: string[] = [`10.0.48.${id % 200}`]): void {
  world.panel.add({
    serverId: server(id),
    name: `vm-${id}`,
    kind: 'vm',
    ips: ips.map((text) => assigned(text)),
    attachments: [],
    hypervisor: { cluster: 'pve', vmid },
  });
}

/** Lets the store remember a guest behind {@link UPLINK}. */
export function rememberedVm(
  world: FakeWorld,
  id: number,
  vmid: number,
  node = 'pve1',
  ips: string[] = [`10.0.48.${id % 200}`],
): void {
  world.store.placed.set(server(id), {
    serverId: server(id),
    kind: 'vm',
    ports: [{ device: DEVICE, port: UPLINK }],
    guest: { cluster: 'pve', node, vmid },
    ips: ips.map(ip),
  });
}

/** A node whose guests were read. */
export const node = (vmids: number[], name = 'pve1'): PortQuestion['nodes'][number] => ({
  cluster: 'pve',
  node: name,
  vmids,
});

/** Lets the cluster list a guest on a node. */
export function runsOn({ cluster }: FakeWorld, vmid: number, name: string): void {
  for (const [other, guests] of cluster.nodes)
    cluster.nodes.set(
      other,
      guests.filter((one) => one.vmid !== vmid),
    );
  cluster.nodes.set(name, [...(cluster.nodes.get(name) ?? []), guest(vmid, [])]);
}
