import { withOwnPorts } from '../../src/sources/ownPorts';
import type { ServerId } from '../../src/domain/event/event';
import { deviceId } from '../../src/domain/values/device';
import { FakePanel } from '../activities/fakes/fakePanel';
import { assigned, attachment, junos, mac, port, server } from '../activities/fakes/values';

const CLOUD = deviceId('neutron', 'cloud1.web');
const PORT = port('3f0c1f6e-0000-4000-8000-00000000000a');
const OTHER = port('3f0c1f6e-0000-4000-8000-00000000000b');
const { signal } = new AbortController();

/** @param tags the servers whose tags each port carries */
function setUp(tags: Readonly<Record<string, readonly number[]>> = {}) {
  const panel = new FakePanel();
  const entry = {
    name: 'srv',
    ips: [assigned('10.0.48.5')],
    attachments: [attachment(junos(1), 'ge-0/0/1.0')],
    pxeMac: mac('00:50:56:00:00:01'),
  };
  panel.add({ ...entry, serverId: server(1), kind: 'vm', hypervisor: { cluster: 'pve', vmid: 7 } });
  panel.add({ ...entry, serverId: server(2), kind: 'vm', hypervisor: { cluster: 'pve', vmid: 8 } });
  panel.add({ ...entry, serverId: server(3), kind: 'dedicated', attachments: [] });
  panel.assignments.set(`${junos(1)} ge-0/0/1.0`, [server(1), server(2)]);
  const asked: ServerId[] = [];
  const tagsOf = (name: string): ServerId[] => (tags[name] ?? []).map((id) => server(id));
  const own = withOwnPorts(panel, {
    links: () => [{ serverId: server(1), device: CLOUD, port: PORT }],
    tagged: async (id) => {
      asked.push(id);
      return Object.keys(tags)
        .filter((name) => tagsOf(name).includes(id))
        .map((name) => ({ device: CLOUD, port: port(name), servers: tagsOf(name) }));
    },
    tagsOf: async (where) => (where.device === CLOUD ? tagsOf(where.port) : []),
    macOf: () => Promise.resolve(mac('fa:16:3e:00:00:01')),
  });
  return { panel, own, asked };
}

const at = { device: CLOUD, port: PORT, portId: 0, automated: true, manageable: true };

test('a server with a port of its own is there and nowhere else, with the MAC of the port', async () => {
  const { own } = setUp();
  expect(await own.getServer(server(1), signal)).toEqual({
    serverId: 1,
    name: 'srv',
    kind: 'dedicated',
    ips: [assigned('10.0.48.5')],
    attachments: [at],
    pxeMac: 'fa:16:3e:00:00:01',
  });
  expect(await own.connectionsOf(server(1), signal)).toEqual({ attachments: [at], pxeMac: 'fa:16:3e:00:00:01' });
  expect(await own.portAssignments(CLOUD, PORT, signal)).toEqual([1]);
  expect(await own.portAssignments(junos(1), port('ge-0/0/1.0'), signal)).toEqual([2]);
  expect(await own.vmServerIds('pve', signal)).toEqual([2]);
});

test('every other server is what the panel says, and one that the panel does not have is gone with its link', async () => {
  const { own, panel } = setUp();
  expect(await own.getServer(server(2), signal)).toEqual(panel.servers.get(server(2)));
  expect(await own.getServer(server(3), signal)).toEqual(panel.servers.get(server(3)));
  expect(await own.connectionsOf(server(2), signal)).toHaveProperty('hypervisor');
  panel.servers.delete(server(1));
  expect(await own.getServer(server(1), signal)).toBeUndefined();
});

test('a server that the panel has nowhere is at the port with its tag', async () => {
  const { own } = setUp({ [OTHER]: [3] });
  const there = { ...at, port: OTHER };
  expect(await own.getServer(server(3), signal)).toMatchObject({ attachments: [there], pxeMac: 'fa:16:3e:00:00:01' });
  expect((await own.connectionsOf(server(3), signal))?.attachments).toEqual([there]);
  expect(await own.portAssignments(CLOUD, OTHER, signal)).toEqual([3]);
});

test('a tag takes no server from where the panel has it: the cloud is not even asked, and may be away', async () => {
  const { own, panel, asked } = setUp({ [OTHER]: [2] });
  expect(await own.getServer(server(2), signal)).toEqual(panel.servers.get(server(2)));
  expect((await own.connectionsOf(server(2), signal))?.hypervisor).toEqual({ cluster: 'pve', vmid: 8 });
  expect(asked).toEqual([]);
});

test.each([
  ['two ports with one tag', { [OTHER]: [3], 'ge-9': [3] }, 3, /both carry the tag of server 3/],
  ['two tags on one port', { [OTHER]: [3, 2] }, 3, /carries the tag of server 2/],
  ['a tag on a port that another server is configured for', { [PORT]: [3] }, 3, /tag of server 1|server 3.*server 1/],
  ['that port itself', { [PORT]: [3] }, 1, /is that of server 1, and carries the tag of server 3/],
  ['configured for one port, with its tag on another', { [OTHER]: [1] }, 1, /configuration gives server 1/],
])('%s: nobody knows whose addresses belong there, and nothing is guessed', async (_what, tags, id, text) => {
  const { own } = setUp(tags);
  const refusal = { code: 'port-link-contradiction', message: expect.stringMatching(text) as string };
  await expect(own.getServer(server(id), signal)).rejects.toMatchObject(refusal);
  await expect(own.connectionsOf(server(id), signal)).rejects.toMatchObject(refusal);
});

test('a tag that says what the configuration says is no contradiction', async () => {
  const { own } = setUp({ [PORT]: [1] });
  expect((await own.getServer(server(1), signal))?.attachments).toEqual([at]);
  expect(await own.portAssignments(CLOUD, PORT, signal)).toEqual([1]);
});
