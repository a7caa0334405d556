import { createActivities } from '../../src/activities';
import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { presentSettings } from '../../src/activities/desired/bindingSettings';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import type { Statement } from '../../src/domain/change/statement';
import { errorReport } from '../../src/domain/errors';
import { scopeKey } from '../../src/domain/policies/policy';
import type { PassInput } from '../../src/protocol/activities';
import { port, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, dedicated, PORT, remembered } from './portQuestions';
import { carrierOver } from './sequences/portSecurity';

const OTHER = port('ge-0/0/2.0');
const THIRD = port('ge-0/0/3.0');
const whole = (address: string): Statement => ({ ...statement(address), vlan: vlan(13) });
const [OWN, ONE, TWO] = [whole('10.0.48.1'), whole('10.0.48.8'), whole('10.0.48.9')];

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.device.readConfiguration = async () => ({ text: '' });
  for (const [index, name] of [PORT, OTHER, THIRD].entries()) {
    dedicated(world, index + 1, [{ port: name }], [`10.0.48.${index + 1}`], `00:50:56:00:00:0${index + 1}`);
    remembered(world, index + 1, name, [`10.0.48.${index + 1}`]);
    world.panel.vlanOfPort.set(`${DEVICE} ${name}`, vlan(13));
  }
});

const backUp = (...bindings: readonly (readonly [typeof PORT, readonly Statement[]])[]): Promise<string> =>
  world.store.backups.add(
    DEVICE,
    'then',
    'x',
    bindings.map(([name, statements]) => ({ port: name, statements })),
  );
const plan = (backup: string) => inActivity(createActivities(world).planRestore, { device: DEVICE, backup });
const restore = async (backup: string) =>
  inActivity(createActivities(world).recordRestore, {
    ...{ device: DEVICE, backup, hash: (await plan(backup)).hash, author: 'ada', reason: 'wrong ticket' },
    expiresAt: '2099-01-01T00:00:00.000Z',
  });
const pass = async (extra: Partial<PassInput['ports'][number]> = {}) => {
  const ports = [
    { port: PORT, desired: [], excluded: [], retainIps: [], removals: NO_REMOVALS, approved: false, ...extra },
  ];
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  return (await inActivity(createCommitToSwitch(world), { device: DEVICE, batch: 1, guards, ports })).outcomes[0];
};

it('an address that two ports exchange is refused at both when one of them keeps it, in whichever order that is found', async () => {
  world.device.actual.set(PORT, [ONE]);
  world.device.actual.set(THIRD, [TWO]);
  const backup = await backUp([PORT, [TWO]], [OTHER, [ONE]]);
  expect((await plan(backup)).ports.map((one) => [one.port, one.status])).toEqual([
    [PORT, 'change'],
    [OTHER, 'change'],
    [THIRD, 'change'],
  ]);
  // What the third port has is a router's by now, kept by a person: so the first one cannot get it, and the second not what the first keeps.
  world.store.kept.push({
    ...{ id: '7', device: DEVICE, port: THIRD, statement: TWO, reason: 'router', author: 'eve' },
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  const { ports } = await plan(backup);
  expect(ports.map((one) => [one.port, one.status])).toEqual([
    [PORT, 'refused'],
    [OTHER, 'refused'],
    [THIRD, 'unchanged'],
  ]);
  expect(ports[1]?.refusals).toEqual([`10.0.48.8 is let through on ${PORT} now`]);
  const { holds, refused } = await restore(backup);
  expect([holds.map((one) => one.port), refused.map((one) => one.port)]).toEqual([[THIRD], [PORT, OTHER]]);
});

it('a port whose bindings a policy suspends is refused, and says what to end first', async () => {
  world.device.carrierOver = carrierOver;
  world.device.actual.set(PORT, [OWN]);
  const backup = await backUp([PORT, [OWN, ONE]]);
  const scope = { kind: 'port', device: DEVICE, port: PORT } as const;
  world.store.policies.records.set(scopeKey(scope), {
    ...{ scope, portSecurity: 'off', author: 'bob', reason: 'lab', version: 1 },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
  } as never);
  const [first] = (await plan(backup)).ports;
  expect(first).toMatchObject({ port: PORT, status: 'refused' });
  expect(first?.refusals.join()).toContain('a policy has switched port security of ge-0/0/1.0 off');
});

it('policies wait while a port is held, and a policy that comes meanwhile is carried out after the release', async () => {
  world.device.carrierOver = carrierOver;
  world.device.actual.set(PORT, [OWN]);
  await restore(await backUp([PORT, [OWN]]));
  const scope = { kind: 'port', device: DEVICE, port: PORT } as const;
  world.store.policies.records.set(scopeKey(scope), {
    ...{ scope, portSecurity: 'off', author: 'bob', reason: 'lab', version: 1 },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
  } as never);
  expect(await pass()).toMatchObject({ status: 'held' });
  expect(world.device.actual.get(PORT)).toEqual([OWN]);
  await world.store.holds.release(['1'], { author: 'bob', reason: 'x' }, new Date(), () => ({}) as never);
  expect(await pass()).toMatchObject({ status: 'applied' });
  expect(world.device.actual.get(PORT)).not.toContainEqual(OWN);
});

it('a released hold stays until the port is as the sources want it: one that the device refuses is not brought back', async () => {
  world.device.actual.set(PORT, [OWN]);
  await restore(await backUp([PORT, [OWN, ONE]]));
  await pass();
  await world.store.holds.release(['1'], { author: 'bob', reason: 'x' }, new Date(), () => ({}) as never);
  world.device.rejected.set(PORT, errorReport('device-rejected', 'no'));
  expect(await pass()).toMatchObject({ status: 'failed' });
  expect(world.store.holds.rows.map((hold) => hold.port)).toContain(PORT);
  world.device.rejected.clear();
  expect(await pass()).toMatchObject({ status: 'applied' });
  expect(world.store.holds.rows.filter((hold) => hold.port === PORT)).toEqual([]);
});

it('a held port is not brought to its bindings under present settings, so a later change of them is found', async () => {
  world.device.actual.set(PORT, [OWN]);
  await restore(await backUp([PORT, [OWN]]));
  const settings = { digest: presentSettings(world).digest, isWhole: true };
  const known = async () => (await world.store.bindingSettings.of(DEVICE, [PORT])).get(PORT)?.remembered;
  expect(await pass({ settings })).toMatchObject({ status: 'held' });
  expect(await known()).toBeUndefined();
  await world.store.holds.end(['1'], () => ({}) as never);
  await pass({ settings, serverIds: [server(1)] });
  expect(await known()).toBeDefined();
});
