import { createPreviewConfiguration } from '../../src/activities/previewConfiguration';
import type { GuardSettings } from '../../src/domain/change/guardSettings';
import { parseCidr } from '../../src/domain/values/ip';
import { readConfigurationPreviewInput } from '../../src/protocol/configurationPreviewInput';
import type {
  ConfigurationPreviewResult,
  FleetCursor,
  ProposedConfiguration,
} from '../../src/protocol/configurationPreview';
import { dedicated, DEVICE, PORT, remembered } from './portQuestions';
import { inActivity } from './inActivity';
import { ip, junos, port, statement, vlan } from './fakes/values';
import { readOnly } from './fakes/readOnly';
import { fakeWorld, type FakeWorld } from './fakes/world';

/** What another configuration would do, with a world in which every write throws. */

const GUARDS = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
const PRESENT: ProposedConfiguration = { map: [], allowlist: [], clusters: { pve: { uplinks: {} } }, guards: GUARDS };

const preview = (
  world: FakeWorld,
  proposed: Partial<ProposedConfiguration> = {},
  from?: FleetCursor,
  guards: GuardSettings = GUARDS,
): Promise<ConfigurationPreviewResult> => {
  const looks = { ...readOnly(world), devices: world.devices, guards };
  const input = { proposed: { ...PRESENT, ...proposed }, ...(from === undefined ? {} : { from }) };
  return inActivity(
    createPreviewConfiguration(looks),
    readConfigurationPreviewInput(JSON.parse(JSON.stringify(input))),
  );
};

/** Server 1 with one address that is let through in VLAN 100, and one that is not let through yet. */
function site(): FakeWorld {
  const world = fakeWorld();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
  remembered(world, 1, PORT, ['10.0.48.1', '10.0.48.2']);
  for (const address of ['10.0.48.1', '10.0.48.2']) world.panel.vlans.set(ip(address), vlan(100));
  world.device.actual.set(PORT, [statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.100')]);
  return world;
}

it('the same configuration does nothing', async () => {
  expect(await preview(site())).toEqual({
    summary: `${DEVICE}: 0 of 1 port(s) affected`,
    settings: [],
    device: DEVICE,
    looked: 1,
    ports: [],
    notes: [],
  });
});

it('another map: what is let through is replaced once a person approves, the rest is bound otherwise', async () => {
  const map = [{ range: parseCidr('10.0.48.0/24'), vlan: vlan(200) }];
  expect(await preview(site(), { map })).toMatchObject({
    summary: `${DEVICE}: 1 of 1 port(s) affected: 1 moved, 1 replaced`,
    settings: ['vlans.map'],
    ports: [
      {
        port: PORT,
        more: 0,
        effects: [
          {
            ip: '10.0.48.1',
            effect: 'replaced',
            before: '00:50:56:00:00:01 in VLAN 100',
            now: '00:50:56:00:00:01 in VLAN 200',
          },
          { ip: '10.0.48.2', effect: 'moved' },
        ],
      },
    ],
  });
});

it('another allowlist: what is let through is removed once a person approves, the rest is not bound any more', async () => {
  expect(await preview(site(), { allowlist: [vlan(13)] })).toMatchObject({
    settings: ['vlans.allowlist'],
    ports: [{ effects: [{ effect: 'removed' }, { effect: 'left-out' }] }],
  });
});

it('other guards: what they would park, and would no longer park', async () => {
  const world = site();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.2']);
  world.device.actual.set(PORT, [
    statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.100'),
    statement('10.0.48.2', '00:50:56:00:00:01', 'VLAN.100'),
  ]);
  expect((await preview(world)).ports).toEqual([]);
  expect((await preview(world, { guards: { ...GUARDS, maxRemovedBindings: 0 } })).ports).toMatchObject([
    { port: PORT, effects: [], guards: [expect.stringContaining('the limit is 0') as unknown] },
  ]);
});

it('other guards of one device: the proposed ones count, of that device alone', async () => {
  const world = site();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.2']);
  world.device.actual.set(PORT, [
    statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.100'),
    statement('10.0.48.2', '00:50:56:00:00:01', 'VLAN.100'),
  ]);
  const strict = { maxRemovedBindings: 0 };
  const under = async (devices: ProposedConfiguration['guards']['devices'], present: GuardSettings = GUARDS) =>
    (await preview(world, { guards: { ...GUARDS, ...(devices === undefined ? {} : { devices }) } }, undefined, present))
      .ports;
  expect(await under({ [DEVICE]: strict })).toMatchObject([
    { port: PORT, guards: [expect.stringContaining('the limit is 0') as unknown] },
  ]);
  expect(await under({ [junos(99)]: strict })).toEqual([]);
  const present = { ...GUARDS, devices: new Map([[DEVICE, strict]]) };
  expect(await under(undefined, present)).toEqual([]);
  expect(await under({}, present)).toMatchObject([{ port: PORT, guards: ['no longer parked by a guard'] }]);
});

it('goes through the fleet page by page, and names clusters that come and go', async () => {
  const world = site();
  for (let id = 2; id <= 60; id += 1) remembered(world, id, `ge-0/1/${id}.0`);
  const first = await preview(world, { clusters: { other: { uplinks: {} } } });
  expect([first.looked, first.next, first.notes.filter((note) => note.startsWith('cluster'))]).toEqual([
    50,
    { device: DEVICE, port: expect.stringMatching(/^ge/) as unknown },
    [expect.stringContaining('pve is no longer configured'), expect.stringContaining('other is new')] as unknown,
  ]);
  const second = await preview(world, {}, first.next);
  expect([second.looked, second.next]).toEqual([10, undefined]);
});

it('a device that cannot be read says so', async () => {
  const world = site();
  world.device.fault = new Error('connection refused');
  await expect(preview(world)).rejects.toThrow('connection refused');
});

it.each([
  ['map', { map: [{ range: 'x', vlan: 1 }] }],
  ['allowlist', { allowlist: 'all' }],
  ['nativeVlan', { clusters: { pve: { uplinks: {}, nativeVlan: 5000 } } }],
  ['switchId', { clusters: { pve: { uplinks: { pve1: [{ ports: [{ switchId: 'x', port: 'ae0' }] }] } } } }],
  ['guards.devices', { guards: { maxRemovedBindings: 1, maxRemovedShare: 0.5, devices: { x: {} } } }],
  ['maxRemovedShare', { guards: { maxRemovedBindings: 1, maxRemovedShare: 2 } }],
])('a wrong %s is refused by name', (field, wrong) => {
  expect(() => readConfigurationPreviewInput({ proposed: { ...PRESENT, ...wrong } })).toThrow(field);
});

it('reads uplinks as the configuration names them', () => {
  const uplink = { ports: [{ switchId: 3, port: port('ae0') }], interfaces: ['vmbr0'], nativeVlan: vlan(7) };
  const proposed = { ...PRESENT, clusters: { pve: { uplinks: { pve1: [uplink] } } } };
  expect(readConfigurationPreviewInput({ proposed, from: { device: DEVICE } })).toEqual({
    proposed,
    from: { device: DEVICE },
  });
});
