import { createFetchServerIps } from '../../src/activities/fetchServerIps';
import type { FetchServerIpsInput } from '../../src/protocol/activities';
import { portRequest } from '../../src/domain/servers/portRequest';
import { activityEnvironment } from './inActivity';
import { fakeWorld } from './fakes/world';
import { assigned, attachment, junos, port, server } from './fakes/values';

const DEVICE = junos(1);
const PORT = port('ge-0/0/1.0');

const asking = (batch: number): FetchServerIpsInput => ({
  of: 'batch',
  device: DEVICE,
  batch,
  ports: [{ ...portRequest(PORT), serverIds: [server(101)], nodes: [] }],
});

test('a batch that a slow panel keeps longer than a quick step has is asked for once: the step that follows waits for that reading', async () => {
  const world = fakeWorld();
  world.panel.add({
    serverId: server(101),
    name: 's101',
    kind: 'dedicated',
    ips: [assigned('10.0.48.5')],
    attachments: [attachment(DEVICE, PORT)],
  });
  let answer: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const connectionsOf = world.panel.connectionsOf.bind(world.panel);
  world.panel.connectionsOf = async (id) => {
    await slow;
    return connectionsOf(id);
  };
  const fetchServerIps = createFetchServerIps(world);
  const environment = () => activityEnvironment({ workflowExecution: { workflowId: 'device', runId: 'run' } });
  const quick = environment();
  const given = quick.run(fetchServerIps, asking(1));
  given.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  quick.cancel();
  await expect(given).rejects.toThrow();
  const durable = environment().run(fetchServerIps, asking(1));
  await new Promise((resolve) => setImmediate(resolve));
  answer();
  expect(await durable).toMatchObject({ summary: '1 servers behind 1 ports of junos:1' });
  expect(['portAssignments', 'getServersIps', 'connectionsOf'].map((call) => world.panel.count(call))).toEqual([
    1, 1, 1,
  ]);
  // The next batch is another reading: nothing is decided by what was read for the one before.
  await environment().run(fetchServerIps, asking(2));
  expect(world.panel.count('getServersIps')).toBe(2);
});
