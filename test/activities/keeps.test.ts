import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { createExplainBindings } from '../../src/activities/explainBindings';
import { createPreviewChanges } from '../../src/activities/previewChanges';
import type { Keep } from '../../src/domain/change/keep';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import type { Statement } from '../../src/domain/change/statement';
import type { PassInput } from '../../src/protocol/activities';
import { ip, junos, mac, port, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, dedicated, PORT, remembered } from './portQuestions';

const ROUTER: Statement = statement('10.0.48.250', '02:00:00:00:00:fa');
const OWN = statement('10.0.48.1');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

function keep(kept: Statement, extra: Partial<Keep> = {}): void {
  world.store.kept.push({
    ...{ id: '7', device: DEVICE, port: PORT, statement: kept, reason: 'office router', author: 'ada@ops1' },
    createdAt: '2026-11-29T13:00:00.000Z',
    ...extra,
  });
}

const pass = async (extra: Partial<PassInput['ports'][number]> = {}) => {
  const target = { port: PORT, desired: [], excluded: [], retainIps: [], removals: NO_REMOVALS, approved: false };
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  const ports = [{ ...target, ...extra }];
  const { outcomes } = await inActivity(createCommitToSwitch(world), { device: DEVICE, batch: 1, guards, ports });
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
};

describe('what a person keeps', () => {
  it('is not parked any more, and the parked rest is forgotten', async () => {
    world.device.actual.set(PORT, [ROUTER]);
    expect((await pass()).parked?.remove).toEqual([ROUTER]);
    keep(ROUTER);
    expect(await pass()).toMatchObject({ status: 'unchanged' });
    expect(world.store.changes.size).toBe(0);
  });

  it('stays when an event names its address, and the outcome says so', async () => {
    world.device.actual.set(PORT, [ROUTER]);
    keep(ROUTER);
    const outcome = await pass({ removals: { named: [ip('10.0.48.250')], absent: [] } });
    expect(outcome).toMatchObject({ status: 'unchanged', removed: [], excluded: [] });
    expect(outcome.summary).toContain('10.0.48.250 is named for removal');
    expect(outcome.summary).toContain('kept by ada@ops1 because "office router"');
  });

  it('makes a server’s binding of the address wait, which the outcome names', async () => {
    world.device.actual.set(PORT, [ROUTER]);
    keep(ROUTER);
    const outcome = await pass({ desired: [{ ip: ip('10.0.48.250'), mac: mac('00:50:56:00:00:01'), vlan: vlan(13) }] });
    expect(outcome).toMatchObject({ status: 'unchanged', excluded: [{ ip: '10.0.48.250', rule: 'kept-otherwise' }] });
    expect(outcome.summary).toContain('it waits until `portwarden keep remove 7`');
  });

  it('is warned of where a server wants its address at another port: at both, in outcome, explanation and list', async () => {
    const other = junos(2);
    world.device.actual.set(PORT, [ROUTER]);
    keep(ROUTER, { device: other });
    const wants = { desired: [{ ip: ip('10.0.48.250'), mac: mac('00:50:56:00:00:01'), vlan: vlan(13) }] };
    const there = await pass(wants);
    expect(there.excluded).toMatchObject([{ ip: '10.0.48.250', rule: 'kept-elsewhere' }]);
    expect(there.summary).toContain(
      `at ${other} ${PORT} too, where ${ROUTER.text} is kept by ada@ops1 because "office router" since 2026-11-29T13:00:00.000Z (keep 7). If the address moved here, \`portwarden keep remove 7\``,
    );
    expect(world.store.stands).toMatchObject([{ list: 'conflicting', rule: 'kept-elsewhere', subject: '10.0.48.250' }]);

    const here = { device: DEVICE, port: PORT };
    const note = {
      serverId: server(3),
      kind: 'dedicated',
      at: 'here',
      ips: [ip('10.0.48.250')],
      ports: [here],
    } as const;
    await pass({ ...wants, notes: [note] });
    expect(world.store.stands).toMatchObject([{ list: 'conflicting', rule: 'kept-elsewhere', serverId: 3 }]);
    world.store.placed.clear();

    world.store.kept.splice(0);
    expect((await pass(wants)).excluded).toEqual([]);
    expect(world.store.stands).toEqual([]);

    world.device.actual.set(PORT, [ROUTER]);
    keep(ROUTER);
    dedicated(world, 2, [{ port: 'ge-0/0/2.0' }], ['10.0.48.250']);
    world.store.placed.set(server(2), {
      ...{ serverId: server(2), kind: 'dedicated', ips: [] },
      ports: [{ device: DEVICE, port: port('ge-0/0/2.0'), bound: [ip('10.0.48.250')] }],
    });
    const kept = await pass();
    expect(kept).toMatchObject({
      status: 'unchanged',
      excluded: [{ ip: '10.0.48.250', rule: 'wanted-elsewhere', serverId: 2 }],
    });
    expect(kept.summary).toContain(`let through at ${DEVICE} ge-0/0/2.0 for server 2 too`);
    expect(world.store.stands).toMatchObject([{ list: 'conflicting', rule: 'wanted-elsewhere', serverId: 2 }]);
    const explained = await inActivity(createExplainBindings(world), {
      subject: { of: 'address', ip: ip('10.0.48.250') },
    });
    expect(explained.addresses).toContainEqual(
      expect.objectContaining({ port: { device: DEVICE, port: PORT }, state: 'kept', rule: 'wanted-elsewhere' }),
    );
  });

  it('is put back by the next pass', async () => {
    keep({ ...ROUTER, vlan: vlan(13) });
    expect(await pass()).toMatchObject({ status: 'applied', added: [{ text: ROUTER.text }] });
    expect(world.device.actual.get(PORT)).toHaveLength(1);
  });

  it('is an unknown binding again once its time is over', async () => {
    world.device.actual.set(PORT, [ROUTER]);
    keep(ROUTER, { expiresAt: '2026-01-01T00:00:00.000Z' });
    expect(await pass({ removals: NO_REMOVALS })).toMatchObject({ removed: [], parked: { remove: [ROUTER] } });
  });

  it('is not remembered as a server’s, so that its end does not look like an absence', async () => {
    world.device.actual.set(PORT, [ROUTER, OWN]);
    world.store.placed.set(server(1), {
      ...{ serverId: server(1), kind: 'dedicated', ips: [ip('10.0.48.1'), ip('10.0.48.250')] },
      ports: [{ device: DEVICE, port: PORT, bound: [ip('10.0.48.1'), ip('10.0.48.250')] }],
    });
    keep(ROUTER);
    const here = { device: DEVICE, port: PORT };
    await pass({
      desired: [{ ip: ip('10.0.48.1'), mac: mac('00:50:56:00:00:01'), vlan: vlan(13) }],
      removals: { named: [ip('10.0.48.250')], absent: [] },
      notes: [{ serverId: server(1), kind: 'dedicated', at: 'here', ips: [ip('10.0.48.1')], ports: [here] }],
    });
    expect(world.store.placed.get(1)).toMatchObject({ ips: ['10.0.48.1'], ports: [{ bound: ['10.0.48.1'] }] });
  });

  it('lets a removal go that a person names beside it', async () => {
    const other = statement('10.0.48.251');
    world.device.actual.set(PORT, [ROUTER, other]);
    keep(ROUTER);
    const outcome = await pass({ approvedStatements: [ROUTER.key, other.key] });
    expect(outcome).toMatchObject({ status: 'applied', removed: [other] });
    expect(world.device.actual.get(PORT)).toEqual([ROUTER]);
  });
});

it('preview and explain know what is kept', async () => {
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(13));
  world.device.actual.set(PORT, [OWN, ROUTER]);
  keep(ROUTER);
  const subject = { of: 'port', device: DEVICE, port: PORT } as const;
  const shown = await inActivity(createPreviewChanges(world), { subject, form: 'difference' });
  expect(shown.devices[0]?.ports[0]).toMatchObject({ status: 'unchanged', desired: [OWN, ROUTER] });
  const { addresses } = await inActivity(createExplainBindings(world), { subject });
  expect(addresses.map((one) => [one.ip, one.state, one.because])).toEqual([
    ['10.0.48.1', 'bound', expect.stringContaining('srv-1')],
    ['10.0.48.250', 'kept', 'Kept by ada@ops1 because "office router" since 2026-11-29T13:00:00.000Z (keep 7)'],
  ]);
});
