import { createPreviewChanges } from '../../src/activities/previewChanges';
import type { LookDependencies } from '../../src/activities/looks/looks';
import { PortwardenError } from '../../src/domain/errors';
import type { PreviewSubject } from '../../src/domain/explain/subject';
import type { CommandForm, PreviewResult } from '../../src/protocol/preview';
import { dedicated, DEVICE, PORT, remembered } from './portQuestions';
import { inActivity } from './inActivity';
import { junos, port, server, statement, vlan } from './fakes/values';
import { readOnly } from './fakes/readOnly';
import { fakeWorld, type FakeWorld } from './fakes/world';

/** What a preview shows, with a world in which every write throws. */

const LIMITS = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };

function lookOnly(world: FakeWorld): LookDependencies {
  return { ...readOnly(world), devices: world.devices, guards: LIMITS };
}

const preview = (world: FakeWorld, subject: PreviewSubject, form: CommandForm = 'difference'): Promise<PreviewResult> =>
  inActivity(createPreviewChanges(lookOnly(world)), { subject, form });

/** Server 1 at a port of the switch, in VLAN 77. */
function site(): FakeWorld {
  const world = fakeWorld();
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(77));
  return world;
}

const AT_PORT: PreviewSubject = { of: 'port', device: DEVICE, port: PORT };

it('shows what is desired, what there is, the difference and its commands, and changes nothing', async () => {
  const world = site();
  const result = await preview(world, AT_PORT);
  expect(result).toMatchObject({
    summary: '1 port(s) of 1 device(s): 1 change',
    notes: [],
    devices: [
      {
        device: DEVICE,
        commands: [`set ${PORT}`],
        expectedSeconds: 3,
        measuredCommits: 0,
        ports: [
          {
            port: PORT,
            status: 'change',
            summary: '1 would be added and 0 removed; it has 0 now',
            added: [{ ip: '10.0.48.1' }],
            removed: [],
            actual: [],
          },
        ],
      },
    ],
  });
  expect([world.device.begun, world.device.commits, world.enlisted]).toEqual([[], 0, []]);
});

it('shows the commands as a full replace on request', async () => {
  const [device] = (await preview(site(), AT_PORT, 'replace')).devices;
  expect(device?.commands).toEqual([`delete ${PORT}`, `set ${PORT}`]);
});

it('shows what would wait for a person, and that nothing else is to be done', async () => {
  const world = site();
  const there = statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.77');
  world.device.actual.set(PORT, [there, statement('10.0.48.200')]);
  const [device] = (await preview(world, { of: 'server', serverId: server(1) })).devices;
  expect(device).toMatchObject({
    commands: [],
    expectedSeconds: 0,
    measuredCommits: 0,
    ports: [
      {
        status: 'unchanged',
        summary: expect.stringContaining('Waits for a person: 1 of 2 bindings are assigned to no server') as string,
        parked: { remove: [{ ip: '10.0.48.200' }] },
      },
    ],
  });
});

it('shows which rule leaves an address out', async () => {
  const world = site();
  world.panel.vlanOfPort.clear();
  const [device] = (await preview(world, AT_PORT)).devices;
  expect(device?.ports[0]?.excluded).toEqual([expect.objectContaining({ ip: '10.0.48.1', rule: 'vlan-unresolved' })]);
});

it('a device that cannot be read fails its ports, and the answer says why', async () => {
  const world = site();
  world.device.fault = new PortwardenError('device-unreachable', 'no route');
  const result = await preview(world, AT_PORT);
  expect(result).toMatchObject({
    summary: '1 port(s) of 1 device(s): 1 failed',
    devices: [{ error: { code: 'device-unreachable' }, ports: [{ port: PORT, status: 'failed' }] }],
  });
});

it('a port that is not automated is skipped', async () => {
  const world = fakeWorld();
  dedicated(world, 1, [{ port: 'ge-0/0/1.0', automated: false }]);
  world.panel.assignments.set(`${DEVICE} ${PORT}`, [server(1)]);
  const [device] = (await preview(world, AT_PORT)).devices;
  expect(device?.ports).toMatchObject([{ status: 'skipped', requirement: 'switch-automation' }]);
});

it('a whole device shows all its ports, and names those that would make the answer too large', async () => {
  const world = fakeWorld();
  for (let n = 0; n < 230; n += 1)
    world.device.actual.set(
      port(`ge-0/0/${n}.0`),
      Array.from({ length: 20 }, (_, index) => statement(`10.${n % 250}.0.${index + 1}`)),
    );
  const [device] = (await preview(world, { of: 'device', device: DEVICE })).devices;
  expect(device?.ports).toHaveLength(200);
  expect(device?.omitted).toHaveLength(30);
  expect(JSON.stringify(device).length).toBeLessThan(1_500_000);
});

it('a server that nobody knows is said, not failed', async () => {
  expect(await preview(site(), { of: 'server', serverId: server(99) })).toMatchObject({
    summary: 'There is no port to look at',
    devices: [],
    notes: [expect.stringContaining('The panel has no server 99')],
  });
  await expect(preview(site(), { of: 'device', device: junos(9) })).rejects.toThrow('no device junos:9');
});
