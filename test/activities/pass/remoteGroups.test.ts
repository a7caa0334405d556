import { GroupMemberships } from '../../../src/activities/policies/groupMemberships';
import { remoteGroups } from '../../../src/activities/policies/remoteGroups';
import type { StoredPolicy } from '../../../src/domain/policies/storedPolicy';
import type { SecurityGroups } from '../../../src/domain/policies/securityGroup';
import { PortwardenError } from '../../../src/domain/errors';
import { ip, junos, server } from '../fakes/values';
import { readOnly } from '../fakes/readOnly';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { DEVICE, PORT, remembered } from '../portQuestions';

const signal = new AbortController().signal;
const GROUPS: SecurityGroups = new Map([
  ['web', []],
  ['db', [{ direction: 'ingress', protocol: 'any', remote: { kind: 'group', group: 'web' } }]],
]);

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld({ securityGroups: GROUPS });
});

function says(scope: StoredPolicy['scope'], ...securityGroups: readonly string[]): void {
  const version = String(world.store.policies.records.size + 1);
  const at = { createdAt: '2026-11-29T13:00:00.000Z' };
  world.store.policies.records.set(JSON.stringify(scope), {
    ...{ scope, version, securityGroups, author: 'ada', reason: 'firewall', ...at },
  });
}

const enlisted = (): readonly string[] => world.enlisted.map(({ device, request }) => `${device} ${request.port}`);

it('reads nothing where no rule names a group', async () => {
  world = fakeWorld({ securityGroups: new Map([['web', []]]) });
  world.store.break('policies');
  expect(await remoteGroups(world, new Date(), signal)).toEqual(new Map());
});

it('finds the members without any effect, and asks no device where no network says the group', async () => {
  remembered(world, 1);
  says({ kind: 'server', serverId: server(1) }, 'web');
  const found = await remoteGroups(readOnly(world), new Date(), signal);
  expect(found.get('web')).toEqual({ addresses: remembered(world, 1).ips });
});

it('a device that does not say which of its ports are in a network leaves the groups of that network unknown', async () => {
  says({ kind: 'network', device: DEVICE, network: 'front' }, 'web');
  expect((await remoteGroups(world, new Date(), signal)).get('web')).toEqual({ addresses: [] });
  world.device.fault = new PortwardenError('device-unreachable', 'it is away');
  expect((await remoteGroups(world, new Date(), signal)).get('web')).toEqual({
    unknown: `${DEVICE} does not say which of its ports are in front`,
  });
});

it('has the ports whose rules name a group looked at when its members change, and only then', async () => {
  const memberships = new GroupMemberships(world);
  says({ kind: 'server', serverId: server(1) }, 'web');
  says({ kind: 'port', device: junos(7), port: PORT }, 'db');
  const placement = remembered(world, 1);
  await memberships.tell(signal);
  expect(enlisted()).toEqual([`junos:7 ${PORT}`]);
  await memberships.tell(signal);
  expect(enlisted()).toHaveLength(1);
  world.store.placed.set(server(1), { ...placement, ips: [ip('10.0.48.77')] });
  await memberships.tell(signal);
  expect(enlisted()).toHaveLength(2);
  world.store.policies.records.clear();
  says({ kind: 'port', device: junos(7), port: PORT }, 'db');
  await memberships.tell(signal);
  expect(enlisted()).toHaveLength(3);
});

it('what could not be told is told after the next pass', async () => {
  const memberships = new GroupMemberships(world);
  says({ kind: 'port', device: DEVICE, port: PORT }, 'db');
  world.store.break('policies');
  await expect(memberships.tell(signal)).rejects.toThrow();
  world.store.mend('policies');
  await memberships.tell(signal);
  expect(enlisted()).toEqual([`${DEVICE} ${PORT}`]);
});
