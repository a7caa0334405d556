import { createActivities } from '../../../src/activities';
import { PortwardenError } from '../../../src/domain/errors';
import { junos, port, statement } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { inActivity } from '../inActivity';

const RULES = { all: { everyMs: 86_400_000 }, devices: new Map(), atOnce: 3 };

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld({ backups: RULES });
  world.device.readConfiguration = async () => ({
    text: 'the secret configuration',
    bindings: [{ port: port('ae1.0'), statements: [statement('10.0.48.5')] }],
  });
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: junos(1), port: port('ae1.0') }] }]);
});

const due = () => inActivity(createActivities(world).dueBackups, {});
const backUp = () => inActivity(createActivities(world).backUpDevice, { device: junos(1) });

test('a device that is known is due until it was backed up, without its secrets and with what its ports let through', async () => {
  expect(await due()).toEqual({ devices: [junos(1)], more: 0, atOnce: 3 });
  expect(await backUp()).toEqual({ device: junos(1), backup: '1' });
  expect(world.store.saved).toEqual([
    {
      device: junos(1),
      configuration: 'the REDACTED configuration',
      reason: 'schedule',
      bindings: [{ port: 'ae1.0', statements: [statement('10.0.48.5')] }],
    },
  ]);
  expect(await due()).toMatchObject({ devices: [] });
  expect(world.counted).toEqual(['backup stored']);
});

test('a device that is away is said, counted and remembered, and stays due', async () => {
  world.device.readConfiguration = async () => {
    throw new PortwardenError('device-unreachable', 'no route');
  };
  await expect(backUp()).rejects.toMatchObject({ type: 'device-unreachable' });
  expect(world.counted).toEqual(['backup failed', 'sourceError device device-unreachable']);
  expect(await world.store.backups.runs()).toMatchObject([
    { device: junos(1), failing: { code: 'device-unreachable', message: 'no route' } },
  ]);
  expect(await due()).toMatchObject({ devices: [junos(1)] });
});

test('a device that is read port by port, and one that cannot be opened, are never due; a whole configuration is not to be had', async () => {
  delete world.device.readConfiguration;
  expect(await due()).toMatchObject({ devices: [] });
  await expect(backUp()).rejects.toMatchObject({ type: 'backup-unsupported' });
});

test('compares a backup with what the device has now, without secrets, and stores nothing', async () => {
  const id = await world.store.backups.add(junos(1), 'the REDACTED configuration', 'before');
  const compare = (from: string) => inActivity(createActivities(world).compareBackup, { device: junos(1), from });
  expect(await compare(id)).toMatchObject({ diff: '' });
  world.device.readConfiguration = async () => ({ text: 'another secret configuration' });
  const { diff } = await compare(id);
  expect(diff).toContain('-the REDACTED configuration');
  expect(diff).toContain('+another REDACTED configuration');
  expect(world.store.saved).toHaveLength(1);
  await expect(compare('9')).rejects.toMatchObject({ type: 'not-found' });
});
