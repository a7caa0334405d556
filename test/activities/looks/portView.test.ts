import { portRequest } from '../../../src/domain/servers/portRequest';
import { viewPorts } from '../../../src/activities/looks/portView';
import { PortwardenError } from '../../../src/domain/errors';
import { guest, ip, nic, server, vlan } from '../fakes/values';
import { readOnly } from '../fakes/readOnly';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, DEVICE, PORT, remembered, rememberedVm, UPLINK, vm } from '../portQuestions';

/** What a preview shows is what a pass would do: the same readings and rules, without their effects. */

const signal = new AbortController().signal;
const look = (world: FakeWorld, ...ports: { port: typeof PORT; nodes?: string[] }[]) =>
  viewPorts(
    readOnly(world),
    DEVICE,
    ports.map(({ port: name, nodes = [] }) =>
      portRequest(name, { nodes: nodes.map((node) => ({ cluster: 'pve', node })) }),
    ),
    signal,
  );

function siteWithNode(): FakeWorld {
  const world = fakeWorld();
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(77));
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
  vm(world, 301, 3001);
  rememberedVm(world, 301, 3001);
  world.panel.vlans.set(ip('10.0.48.101'), vlan(13));
  world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')])]);
  return world;
}

it('finds the desired bindings of several ports, and the nodes behind them by itself', async () => {
  const views = await look(siteWithNode(), { port: PORT }, { port: UPLINK });
  expect(views.map((view) => ('desired' in view ? view.desired.desired : view))).toEqual([
    [expect.objectContaining({ ip: '10.0.48.1', vlan: 77 })],
    [{ ip: '10.0.48.101', mac: 'bc:24:11:00:30:01', vlan: 13 }],
  ]);
});

it('says of the port alone what could not be read, and reads each node once', async () => {
  const world = siteWithNode();
  world.cluster.fault = new PortwardenError('proxmox-node-down', 'pve1 is down');
  const [first, second] = await look(world, { port: PORT }, { port: UPLINK, nodes: ['pve1'] });
  expect(first).toHaveProperty('desired');
  expect(second).toEqual({ port: UPLINK, error: expect.objectContaining({ code: 'proxmox-node-down' }) as unknown });
});

it('says which requirement does not hold', async () => {
  const world = fakeWorld();
  dedicated(world, 1, [{ port: 'ge-0/0/1.0', automated: false }]);
  world.panel.assignments.set(`${DEVICE} ${PORT}`, [server(1)]);
  const [view] = await look(world, { port: PORT });
  expect(view).toMatchObject({ port: PORT, unmet: { requirement: 'switch-automation' } });
});

it('ends when a fault concerns all ports', async () => {
  const world = siteWithNode();
  world.panel.fail('getServersIps', new PortwardenError('panel-unreachable', 'no answer'));
  await expect(look(world, { port: PORT })).rejects.toMatchObject({ code: 'panel-unreachable' });
});
