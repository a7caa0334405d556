import { withOwnPorts } from '../../src/sources/ownPorts';
import { deviceId } from '../../src/domain/values/device';
import { FakePanel } from '../activities/fakes/fakePanel';
import { assigned, attachment, junos, mac, port, server } from '../activities/fakes/values';

const CLOUD = deviceId('neutron', 'cloud1.web');
const PORT = port('3f0c1f6e-0000-4000-8000-00000000000a');
const { signal } = new AbortController();

function setUp() {
  const panel = new FakePanel();
  const entry = {
    name: 'srv',
    ips: [assigned('10.0.48.5')],
    attachments: [attachment(junos(1), 'ge-0/0/1.0')],
    pxeMac: mac('00:50:56:00:00:01'),
  };
  panel.add({ ...entry, serverId: server(1), kind: 'vm', hypervisor: { cluster: 'pve', vmid: 7 } });
  panel.add({ ...entry, serverId: server(2), kind: 'vm', hypervisor: { cluster: 'pve', vmid: 8 } });
  panel.assignments.set(`${junos(1)} ge-0/0/1.0`, [server(1), server(2)]);
  const own = withOwnPorts(panel, {
    links: () => [{ serverId: server(1), device: CLOUD, port: PORT }],
    macOf: () => Promise.resolve(mac('fa:16:3e:00:00:01')),
  });
  return { panel, own };
}

test('a server with a port of its own is there and nowhere else, with the MAC of the port', async () => {
  const { own } = setUp();
  const at = { device: CLOUD, port: PORT, portId: 0, automated: true, manageable: true };
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
  expect(await own.connectionsOf(server(2), signal)).toHaveProperty('hypervisor');
  panel.servers.delete(server(1));
  expect(await own.getServer(server(1), signal)).toBeUndefined();
});
