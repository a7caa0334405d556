import { desiredPorts } from '../../../src/activities/desired/desiredPorts';
import { readVlanFacts } from '../../../src/activities/desired/vlanFacts';
import { fetchPortServers } from '../../../src/activities/fetchServerIps';
import { policiesOfDevice } from '../../../src/activities/pass/policiesOfDevice';
import { portTarget } from '../../../src/activities/pass/portTarget';
import type { PortTarget } from '../../../src/devices/pass/request';
import type { StoredPolicy } from '../../../src/domain/policies/storedPolicy';
import { junos, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, DEVICE, PORT, question, remembered } from '../portQuestions';

const signal = new AbortController().signal;

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

/** The port as a pass is asked for it. */
async function target(): Promise<PortTarget> {
  const [servers] = await fetchPortServers(world, DEVICE, [question()], signal);
  if (servers === undefined) throw new Error('the port was not asked about');
  const readings = await readVlanFacts(world, { device: DEVICE, ports: [{ servers, inventories: [] }] }, signal);
  const [port] = desiredPorts(readings).ports;
  if (port === undefined) throw new Error('the port has no desired bindings');
  return portTarget(port);
}

function policy(scope: StoredPolicy['scope'], version: string, expiresAt?: string): void {
  world.store.policies.records.set(version, {
    ...{
      scope,
      version,
      portSecurity: 'off',
      author: 'ada',
      reason: 'firewall',
      createdAt: '2026-11-29T13:00:00.000Z',
    },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

it('a pass gets the policies of its device and of the servers behind its ports, and nothing of others', async () => {
  dedicated(world, 1);
  dedicated(world, 2, [{ port: 'ge-0/0/9.0' }]);
  policy({ kind: 'server', serverId: server(1) }, '1');
  policy({ kind: 'server', serverId: server(2) }, '2');
  policy({ kind: 'port', device: DEVICE, port: PORT }, '3');
  policy({ kind: 'device', device: junos(7) }, '4');
  policy({ kind: 'device', device: DEVICE }, '5', '2026-01-01T00:00:00.000Z');
  remembered(world, 1);
  const { policies } = await policiesOfDevice(world, DEVICE, [await target()], signal);
  expect(policies?.policies.map(({ scope }) => scope.kind)).toEqual(['server', 'port']);
  expect(policies).toMatchObject({ device: DEVICE, memories: new Map() });
});

it('the policy of a server goes on while the panel cannot read its entry', async () => {
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.unreadable.add(server(1));
  expect((await target()).serverIds).toEqual([1]);
});

it('nothing is asked for where there is neither a policy nor a memory of one', async () => {
  expect(await policiesOfDevice(world, DEVICE, [], signal)).toEqual({});
  const nothing = { added: [], taken: [] };
  const memory = { bindings: nothing, enforcement: nothing };
  await world.store.portMemories.put(DEVICE, [{ port: PORT, memory }]);
  expect(await policiesOfDevice(world, DEVICE, [], signal)).toMatchObject({
    policies: { policies: [], memories: new Map([[PORT, memory]]) },
  });
});
