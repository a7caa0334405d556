import { desiredPorts } from '../../src/activities/desired/desiredPorts';
import type { ActivityDependencies } from '../../src/activities/dependencies';
import { fetchPortServers } from '../../src/activities/fetchServerIps';
import { readPortFacts } from '../../src/activities/membership/portFacts';
import { judgePort } from '../../src/activities/membership/portServers';
import { readServerReport } from '../../src/activities/membership/serverReport';
import { readVlanFacts } from '../../src/activities/desired/vlanFacts';
import type { PortQuestion, PortServers } from '../../src/protocol/activities';
import { readOnly } from './fakes/readOnly';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { dedicated, DEVICE, node, PORT, question, remembered, rememberedVm, runsOn, UPLINK, vm } from './portQuestions';
import { guest, ip, junos, nic, port, server, vlan } from './fakes/values';

/** Reading and rules have no effect: preview, explain and reconcile run exactly them. */

const signal = new AbortController().signal;
/** A world in which every rule finds something: a deleted server, moved ones, a guest never seen, an unreadable entry. */
function busyWorld(): { readonly world: FakeWorld; readonly questions: readonly PortQuestion[] } {
  const world = fakeWorld();
  dedicated(world, 1);
  remembered(world, 1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77']);
  dedicated(world, 2, [{ port: 'ge-0/0/9.0' }]);
  remembered(world, 2);
  remembered(world, 3);
  dedicated(world, 4);
  remembered(world, 4);
  world.panel.unreadable.add(server(4));
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(77));
  world.cluster.uplinks.set('pve2', [{ ports: [{ device: junos(2), port: port('ae1.0') }] }]);
  vm(world, 301, 3001);
  vm(world, 302, 3002);
  runsOn(world, 3002, 'pve2');
  rememberedVm(world, 302, 3002);
  world.panel.vlans.set(ip('10.0.48.101'), vlan(13));
  return {
    world,
    questions: [
      question({ serverIds: [server(1)], deletedServerIds: [server(3)] }),
      question({ port: UPLINK, nodes: [node([3001])] }),
    ],
  };
}

async function withoutEffects(deps: ActivityDependencies, questions: readonly PortQuestion[]): Promise<PortServers[]> {
  return (await readPortFacts(deps, DEVICE, questions, signal)).map((reading) => judgePort(reading).servers);
}

it('who is behind a port is read and judged without a write or a signal, and is what a pass finds', async () => {
  const { world, questions } = busyWorld();
  const before = new Map(world.store.placed);
  const found = await withoutEffects(readOnly(world), questions);
  expect([...world.store.placed]).toEqual([...before]);
  expect(world.enlisted).toEqual([]);
  world.store.ticks = 0;
  expect(await fetchPortServers(world, DEVICE, questions, signal)).toEqual(found);
  expect(world.enlisted.map(({ device, request }) => [device, request.port])).toEqual([
    [DEVICE, 'ge-0/0/9.0'],
    [junos(2), 'ae1.0'],
  ]);
  expect(found.map(({ error }) => error)).toEqual([undefined, undefined]);
});

it('a port whose next port cannot be asked for fails alone', async () => {
  const { world, questions } = busyWorld();
  const enlister: FakeWorld['enlister'] = {
    ...world.enlister,
    enlist: async (device) => {
      if (device === DEVICE) throw new Error('not accepted');
    },
  };
  const found = await fetchPortServers({ ...world, enlister }, DEVICE, questions, signal);
  expect(found.map(({ error, notes }) => [error?.code, notes === undefined])).toEqual([
    ['internal', true],
    [undefined, false],
  ]);
});

it('desired bindings are read and judged without a write or a signal', async () => {
  const { world, questions } = busyWorld();
  const deps = readOnly(world);
  const [first, second] = await withoutEffects(deps, questions);
  if (first === undefined || second === undefined) throw new Error('no answer');
  const guests = [guest(3001, [nic(0, 'bc:24:11:00:30:01')])];
  const inventory = { cluster: 'pve', node: 'pve1', guests };
  const ports = [
    { servers: first, inventories: [] },
    { servers: second, inventories: [inventory] },
  ];
  const result = desiredPorts(await readVlanFacts(deps, { device: DEVICE, ports }, signal));
  expect(result.ports.map(({ desired }) => desired.map((binding) => [binding.ip, binding.vlan]))).toEqual([
    [['10.0.48.1', 77]],
    [['10.0.48.101', 13]],
  ]);
  expect(result.failed).toEqual([]);
});

it('what an event needs to know of a server is read without a write', async () => {
  const { world } = busyWorld();
  const report = await readServerReport(readOnly(world), server(1), signal);
  expect([report.server?.name, report.placement?.ips]).toEqual(['srv-1', ['10.0.48.1', '10.0.48.77']]);
});
