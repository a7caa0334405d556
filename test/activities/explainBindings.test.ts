import { createExplainBindings } from '../../src/activities/explainBindings';
import { createPortCoverage } from '../../src/activities/portCoverage';
import { PortwardenError } from '../../src/domain/errors';
import type { ExplainSubject } from '../../src/domain/explain/subject';
import type { ExplainResult } from '../../src/protocol/preview';
import { dedicated, DEVICE, PORT, remembered } from './portQuestions';
import { inActivity } from './inActivity';
import { ip, mac, server, statement, vlan } from './fakes/values';
import { readOnly } from './fakes/readOnly';
import { fakeWorld, type FakeWorld } from './fakes/world';

const LIMITS = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
const THERE = statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.77');

function explain(world: FakeWorld, subject: ExplainSubject): Promise<ExplainResult> {
  const deps = readOnly(world);
  const { list, commitSeconds, changesSince } = world.store.journal;
  const journal = { list, commitSeconds, changesSince };
  const { placements, keeps, holds, policies, portMemories, virtualMacs, bindingSettings } = deps.store;
  const store = {
    placements,
    keeps,
    holds,
    policies,
    portMemories,
    virtualMacs,
    bindingSettings,
    journal,
    brakes: world.store.brakes,
    pauses: world.store.pauses,
    windowExceptions: world.store.windowExceptions,
    dropEvidence: world.store.dropEvidence,
    reconciles: world.store.reconciles,
  };
  const looks = { ...deps, store, devices: world.devices, guards: LIMITS };
  return inActivity(createExplainBindings(looks), { subject });
}

/** Server 1 bound at a port, since a change that the journal has. */
async function site(): Promise<FakeWorld> {
  const world = fakeWorld();
  dedicated(world, 1);
  const placement = remembered(world, 1);
  const ports = placement.ports.map((one) => ({
    ...one,
    bound: placement.ips,
    macs: [{ mac: mac('00:50:56:00:00:01'), vlan: vlan(77) }],
  }));
  world.store.placed.set(server(1), { ...placement, ports });
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(77));
  world.device.actual.set(PORT, [THERE, statement('10.0.48.200')]);
  const entry = { device: DEVICE, port: PORT, workflowId: 'device:junos:1', summary: '', removed: [], commands: [] };
  await world.store.journal.append([
    { ...entry, status: 'applied', added: [THERE], commit: 'portwarden batch 7', events: ['event-1'] },
    { ...entry, status: 'failed', added: [] },
  ]);
  return world;
}

it('says why an address is bound, from what, and since which event and commit', async () => {
  const { summary, addresses } = await explain(await site(), { of: 'address', ip: ip('10.0.48.1') });
  expect(summary).toBe('1 address(es) on 1 port(s)');
  expect(addresses).toEqual([
    expect.objectContaining({
      ip: '10.0.48.1',
      state: 'bound',
      because: 'The panel assigns 10.0.48.1 to srv-1 (server 1), from 00:50:56:00:00:01 in VLAN 77',
      present: [THERE],
      sources: [
        'panel: srv-1 (server 1) has 10.0.48.1',
        'panel: srv-1 has the pxe_mac 00:50:56:00:00:01; its switch port is in VLAN 77',
      ],
      since: {
        at: expect.any(String) as string,
        journalId: 'j1',
        workflowId: 'device:junos:1',
        events: ['event-1'],
        commit: 'portwarden batch 7',
      },
    }),
  ]);
});

it.each<[string, ExplainSubject, string[]]>([
  ['a MAC', { of: 'mac', mac: mac('00:50:56:00:00:01') }, ['10.0.48.1 bound', '10.0.48.200 parked']],
  ['a server', { of: 'server', serverId: server(1) }, ['10.0.48.1 bound']],
  ['a port', { of: 'port', device: DEVICE, port: PORT }, ['10.0.48.1 bound', '10.0.48.200 parked']],
])('%s', async (_what, subject, found) => {
  const { addresses } = await explain(await site(), subject);
  expect(addresses.map(({ ip: address, state }) => `${address ?? ''} ${state}`)).toEqual(found);
});

it('names the rule that leaves an address out', async () => {
  const world = await site();
  world.panel.vlanOfPort.clear();
  world.device.actual.set(PORT, []);
  const { addresses } = await explain(world, { of: 'address', ip: ip('10.0.48.1') });
  expect(addresses).toMatchObject([{ state: 'left-out', rule: 'vlan-unresolved' }]);
});

it('finds an address that is bound and that the panel dropped without an event', async () => {
  const world = await site();
  const before = world.store.placed.get(server(1));
  if (before === undefined) throw new Error('nothing remembered');
  dedicated(world, 1, undefined, ['10.0.48.2']);
  world.panel.vlans.set(ip('10.0.48.2'), vlan(77));
  world.store.placed.set(server(1), { ...before, ips: [ip('10.0.48.2')] });
  const { summary, addresses } = await explain(world, { of: 'address', ip: ip('10.0.48.1') });
  expect([summary, addresses.map(({ state }) => state)]).toEqual(['1 address(es) on 1 port(s)', ['to-be-removed']]);
});

it('does not say that nobody has an address whose server is not automated', async () => {
  const world = await site();
  dedicated(world, 2, [{ port: 'ge-0/0/2.0', automated: false }], ['10.0.48.7']);
  expect(await explain(world, { of: 'address', ip: ip('10.0.48.7') })).toMatchObject({
    summary: '10.0.48.7 was found on no port; the notes say why',
    notes: [expect.stringContaining('srv-2: requirement switch-automation')],
  });
});

it('says what is known of nothing, and what could not be looked at', async () => {
  const world = await site();
  expect(await explain(world, { of: 'address', ip: ip('10.9.9.9') })).toMatchObject({
    summary: 'No server in the panel has 10.9.9.9, and it is remembered at no port',
    addresses: [],
  });
  world.device.fault = new PortwardenError('device-unreachable', 'no route');
  expect(await explain(world, { of: 'port', device: DEVICE, port: PORT })).toMatchObject({
    addresses: [],
    notes: [`${DEVICE} could not be read: device-unreachable: no route`],
  });
});

it('reads the journal of a port once, however many addresses it has', async () => {
  const world = await site();
  const list = jest.spyOn(world.store.journal, 'list');
  const { addresses } = await explain(world, { of: 'port', device: DEVICE, port: PORT });
  expect([addresses.length, list.mock.calls.length]).toEqual([2, 1]);
});

it('says of a port that is asked about what its device enforces there, and of an address nothing of that', async () => {
  const world = await site();
  const { coverage } = await explain(world, { of: 'port', device: DEVICE, port: PORT });
  expect(coverage?.map(({ code, effect }) => [code, effect])).toEqual([['dhcp-clients', 'open']]);
  expect(await explain(world, { of: 'address', ip: ip('10.0.48.1') })).not.toHaveProperty('coverage');
});

it('answers for the coverage of a port from the device alone', async () => {
  const world = await site();
  const { devices } = world;
  const answer = await inActivity(createPortCoverage({ devices }), { device: DEVICE, port: PORT });
  expect(answer).toMatchObject({
    effectivePort: PORT,
    summary: `${DEVICE} ${PORT}: 0 as panel and policies say, 1 open all the same, 0 dropped all the same, 0 in part`,
    entries: [{ code: 'dhcp-clients', effect: 'open', about: 'DHCP clients', message: 'pass always' }],
  });
  world.device.fault = new PortwardenError('device-unreachable', 'it is away');
  await expect(inActivity(createPortCoverage({ devices }), { device: DEVICE, port: PORT })).rejects.toMatchObject({
    code: 'device-unreachable',
  });
});
