import { createActivities } from '../../src/activities';
import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { createExplainBindings } from '../../src/activities/explainBindings';
import { createPreviewChanges } from '../../src/activities/previewChanges';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import type { Statement } from '../../src/domain/change/statement';
import { PortwardenError } from '../../src/domain/errors';
import { phaseOf, type PortHold } from '../../src/domain/holds/portHold';
import type { Binding } from '../../src/domain/desired/binding';
import type { PassInput } from '../../src/protocol/activities';
import type { RestoreInput } from '../../src/protocol/holds';
import { ip, mac, port, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, dedicated, PORT, remembered } from './portQuestions';

const whole = (address: string, of = '00:50:56:00:00:01'): Statement => ({ ...statement(address, of), vlan: vlan(13) });
const binding = (address: string): Binding => ({ ip: ip(address), mac: mac('00:50:56:00:00:01'), vlan: vlan(13) });
const OWN = whole('10.0.48.1');
const LOST = whole('10.0.48.2');
const NEW = whole('10.0.48.3');
/** As the device has what a restore brought. */
const BROUGHT = statement('10.0.48.2');
const LATER = '2099-01-01T00:00:00.000Z';
const PAST = '2026-01-01T00:00:00.000Z';
const texts = (statements: readonly Statement[] = []): string[] => statements.map(({ text }) => text).sort();

let world: FakeWorld;
let backup: string;

/** The panel gives the server 10.0.48.1 and .3; the backup has .1 and .2. */
beforeEach(async () => {
  world = fakeWorld();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.3']);
  remembered(world, 1, PORT, ['10.0.48.1', '10.0.48.3']);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(13));
  world.device.readConfiguration = async () => ({ text: '' });
  world.device.actual.set(PORT, [OWN, NEW]);
  backup = await world.store.backups.add(DEVICE, 'then', 'schedule', [{ port: PORT, statements: [OWN, LOST] }]);
});

const plan = (extra: { port?: typeof PORT; backup?: string } = {}) =>
  inActivity(createActivities(world).planRestore, { device: DEVICE, backup, port: PORT, ...extra });
const record = async (extra: Partial<RestoreInput> = {}, workflowId = 'restoreBackup-1') => {
  const hash = extra.hash ?? (await plan()).hash;
  const input = { device: DEVICE, backup, port: PORT, author: 'ada@ops1', reason: 'wrong batch', expiresAt: LATER };
  return inActivity(
    createActivities(world).recordRestore,
    { ...input, ...extra, hash },
    {
      workflowExecution: { workflowId, runId: 'r' },
    },
  );
};
const planEnd = (ids = ['1']) => inActivity(createActivities(world).planRelease, { ids });
const release = async (hash?: string, ids = ['1']) =>
  inActivity(createActivities(world).recordRelease, {
    ...{ ids, author: 'bob', reason: 'mended', hash: hash ?? (await planEnd(ids)).hash },
  });
const pass = async (extra: Partial<PassInput['ports'][number]> = {}) => {
  const target = { port: PORT, desired: [binding('10.0.48.1'), binding('10.0.48.3')], excluded: [], retainIps: [] };
  const ports = [{ ...target, removals: NO_REMOVALS, approved: false, ...extra }];
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  const done = await inActivity(createCommitToSwitch(world), { device: DEVICE, batch: 1, guards, ports });
  if (done.pass !== undefined) await world.store.commitIntents.answered(DEVICE, done.pass);
  const { outcomes } = done;
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
};
const has = (): string[] => texts(world.device.actual.get(PORT));
const summaries = (): string[] => world.store.entries.map(({ status, summary }) => `${status}: ${summary}`);
const expire = (): void => {
  const [hold] = world.store.holds.rows;
  if (hold !== undefined) world.store.holds.rows[0] = { ...hold, expiresAt: PAST };
};

describe('the plan of a restore', () => {
  it('says what would come and go, and touches nothing', async () => {
    const shown = await plan();
    expect(shown).toMatchObject({
      ...{ device: DEVICE, backup, notes: [] },
      ports: [{ port: PORT, status: 'change', bindings: 2, added: [LOST.text], removed: [NEW.text], refusals: [] }],
    });
    expect(shown.summary).toContain('1 port(s) would change, 0 have it so');
    expect((await plan()).hash).toBe(shown.hash);
    expect([has(), world.store.holds.rows, world.store.entries, world.device.commits]).toEqual([
      texts([OWN, NEW]),
      ...[[], [], 0],
    ]);
  });

  it('has another hash when the port, the backup, or what can be restored is another', async () => {
    const { hash } = await plan();
    world.device.actual.set(PORT, [OWN]);
    expect((await plan()).hash).not.toBe(hash);
    world.device.actual.set(PORT, [OWN, NEW]);
    const same = await world.store.backups.add(DEVICE, 'then', 'schedule', [{ port: PORT, statements: [OWN, LOST] }]);
    expect((await plan({ backup: same })).hash).not.toBe(hash);
    expect((await plan()).hash).toBe(hash);
  });

  it('takes all of a device that is automated, and says what is not', async () => {
    const other = port('ge-0/0/5.0');
    const foreign = port('ge-0/0/9.0');
    dedicated(world, 2, [{ port: other }], ['10.0.48.5']);
    remembered(world, 2, other, ['10.0.48.5']);
    world.device.actual.set(foreign, [whole('10.0.48.99')]);
    const { plan: ask } = { plan: () => inActivity(createActivities(world).planRestore, { device: DEVICE, backup }) };
    const shown = await ask();
    expect(shown.ports.map((one) => [one.port, one.status])).toEqual([
      [PORT, 'change'],
      [other, 'unchanged'],
    ]);
    expect(shown.notes).toEqual([`not automated, and left alone: ${foreign}`]);
    await expect(plan({ port: foreign })).rejects.toMatchObject({ type: 'restore-refused' });
  });

  it.each([
    [
      'another server has the address by now',
      () => {
        dedicated(world, 2, [{ port: 'ge-0/0/7.0' }], ['10.0.48.2'], '00:50:56:00:00:02');
        remembered(world, 2, 'ge-0/0/7.0', ['10.0.48.2']);
      },
      '10.0.48.2 belongs to server 2, which is at junos:1 ge-0/0/7.0',
    ],
    [
      'another port has it',
      () => void world.device.actual.set(port('ge-0/0/8.0'), [LOST]),
      '10.0.48.2 is let through on ge-0/0/8.0 now',
    ],
    [
      'the port is not automated any more',
      () => dedicated(world, 1, [{ port: PORT, automated: false }], ['10.0.48.1', '10.0.48.3']),
      'it is not automated: ',
    ],
    [
      'a person keeps the address otherwise',
      () => {
        const kept = whole('10.0.48.2', '02:00:00:00:00:fa');
        world.device.actual.set(PORT, [OWN, NEW, kept]);
        world.store.kept.push({
          ...{ id: '7', device: DEVICE, port: PORT, statement: kept, reason: 'router', author: 'eve' },
          createdAt: PAST,
        });
      },
      'kept by eve',
    ],
  ])('refuses a port whole when %s', async (_why, happens, words) => {
    happens();
    const { ports, hash } = await plan();
    expect(ports).toMatchObject([{ port: PORT, status: 'refused' }]);
    expect(ports[0]?.refusals.join('\n')).toContain(words);
    await expect(record({ hash })).rejects.toMatchObject({ type: 'restore-refused' });
    expect(world.store.holds.rows).toEqual([]);
  });

  it('refuses what cannot be put back: the backup does not say all of it', async () => {
    const vague = await world.store.backups.add(DEVICE, 'then', 'x', [
      { port: PORT, statements: [OWN, statement('10.0.48.2')] },
    ]);
    const { ports } = await plan({ backup: vague });
    expect(ports[0]?.refusals).toEqual([
      `${statement('10.0.48.2').text} cannot be put back: not enough is known of it`,
    ]);
  });

  it('is not to be had of a backup that does not say what ports had, of none, and of a kind that is read port by port', async () => {
    const silent = await world.store.backups.add(DEVICE, 'then', 'x');
    await expect(plan({ backup: silent })).rejects.toMatchObject({ type: 'restore-unsupported' });
    await expect(plan({ backup: '99' })).rejects.toMatchObject({ type: 'not-found' });
    delete world.device.readConfiguration;
    await expect(plan()).rejects.toMatchObject({ type: 'restore-unsupported' });
  });
});

describe('a restore', () => {
  it('holds the port as the backup had it: the pass brings it back, and takes what its author saw', async () => {
    expect(await record()).toEqual({
      holds: [{ id: '1', device: DEVICE, port: PORT, askedAs: [PORT] }],
      refused: [],
    });
    expect(world.store.holds.rows).toMatchObject([{ author: 'ada@ops1', brought: [BROUGHT], removes: [NEW] }]);
    const outcome = await pass();
    expect(outcome).toMatchObject({ status: 'applied', added: [BROUGHT], removed: [{ ...NEW, because: 'approved' }] });
    expect(has()).toEqual(texts([OWN, LOST]));
    expect(outcome.excluded).toMatchObject([{ ip: '10.0.48.3', rule: 'held' }]);
    expect(summaries()).toEqual([
      expect.stringContaining('unchanged: ge-0/0/1.0 is held by ada@ops1 because "wrong batch"') as string,
      expect.stringContaining('applied: 1 added, 1 removed; committed') as string,
    ]);
  });

  it('is refused, and changes nothing, when it is not what was shown', async () => {
    const { hash } = await plan();
    world.device.actual.set(PORT, [OWN, NEW, whole('10.0.48.4')]);
    await expect(record({ hash })).rejects.toMatchObject({ type: 'hold-differs' });
    await expect(record({ expiresAt: PAST })).rejects.toMatchObject({ type: 'invalid-request' });
    expect([world.store.holds.rows, world.store.entries]).toEqual([[], []]);
  });

  it('is made once, however often its step is tried', async () => {
    const { hash } = await plan();
    const first = await record({ hash });
    await pass();
    expect(await record({ hash })).toEqual(first);
    expect(world.store.holds.rows).toHaveLength(1);
  });

  it('takes the place of an earlier one, whose loan is remembered', async () => {
    await record();
    await pass();
    const earlier = await world.store.backups.add(DEVICE, 'before', 'x', [
      { port: PORT, statements: [LOST, whole('10.0.48.6')] },
    ]);
    const shown = await plan({ backup: earlier });
    expect(shown.ports).toMatchObject([{ replaces: '1', added: [whole('10.0.48.6').text], removed: [OWN.text] }]);
    await record({ backup: earlier, hash: shown.hash }, 'restoreBackup-2');
    const [hold, ...more] = world.store.holds.rows;
    expect([more, texts(hold?.brought)]).toEqual([[], texts([LOST, whole('10.0.48.6')])]);
    expect(summaries()).toContainEqual(
      expect.stringContaining('Hold 1 of ge-0/0/1.0 ended: ada@ops1 restored') as string,
    );
  });
});

describe('while it holds', () => {
  beforeEach(async () => {
    await record();
    await pass();
  });

  it('an event is held and says why and until when; a removal that it names is not made', async () => {
    const outcome = await pass({ desired: [binding('10.0.48.3')], removals: { named: [ip('10.0.48.1')], absent: [] } });
    expect(outcome).toMatchObject({ status: 'held', added: [], removed: [] });
    expect(outcome.summary).toContain('held by ada@ops1 because "wrong batch"');
    expect(outcome.summary).toContain(`until ${LATER} (hold 1)`);
    expect(outcome.summary).toContain('10.0.48.1 is named for removal, but stays while hold 1 holds');
    expect(has()).toEqual(texts([OWN, LOST]));
    expect(world.store.entries).toHaveLength(2);
    expect(world.store.stands).toMatchObject([{ list: 'unbound', rule: 'held', subject: '10.0.48.3' }]);
  });

  it('whatever somebody else does to the port is undone as far as it was seen; a commit is journaled as such', async () => {
    world.device.actual.set(PORT, [OWN, NEW]);
    expect(await pass()).toMatchObject({ status: 'applied', added: [BROUGHT], removed: [NEW] });
    expect(summaries().at(-1)).toContain('applied: 1 added, 1 removed');
    world.device.actual.set(PORT, [OWN, LOST, whole('10.0.48.9')]);
    const outcome = await pass();
    expect(outcome).toMatchObject({
      status: 'held',
      parked: { guards: ['hold-unseen'], remove: [whole('10.0.48.9')] },
    });
    expect(await pass({ approved: true })).toMatchObject({ status: 'applied', removed: [whole('10.0.48.9')] });
    expect(has()).toEqual(texts([OWN, LOST]));
  });

  it('no virtual MAC is made for what it leaves out, and the server is not said to have what was brought', async () => {
    const address = { ip: ip('10.0.48.8'), serverId: server(1), vlan: vlan(13), wasBound: false };
    const further = { ...address, policy: 'virtual-mac', own: mac('00:50:56:00:00:01') } as never;
    const here = { device: DEVICE, port: PORT };
    const ips = [ip('10.0.48.1'), ip('10.0.48.2')];
    const note = { serverId: server(1), kind: 'dedicated', at: 'here', ips, ports: [here] } as const;
    await pass({ desired: [binding('10.0.48.1')], additional: [further], notes: [note] });
    expect(await world.store.virtualMacs.listByServers([server(1)])).toEqual([]);
    expect(world.store.placed.get(server(1))?.ports).toMatchObject([{ bound: ['10.0.48.1'] }]);
  });

  it('explanation and preview say so', async () => {
    const { addresses } = await inActivity(createExplainBindings(world), {
      subject: { of: 'port', device: DEVICE, port: PORT },
    });
    expect(addresses.map((one) => [one.ip, one.state, one.rule])).toEqual([
      ['10.0.48.1', 'bound', undefined],
      ['10.0.48.2', 'kept', 'held'],
      ['10.0.48.3', 'left-out', 'held'],
    ]);
    expect(addresses[1]?.because).toContain('held by ada@ops1 because "wrong batch"');
    const { devices } = await inActivity(createPreviewChanges(world), {
      ...{ subject: { of: 'port', device: DEVICE, port: PORT }, form: 'difference' },
    });
    expect(devices[0]?.ports).toMatchObject([{ status: 'held', added: [], removed: [] }]);
  });
});

describe('its release', () => {
  beforeEach(async () => {
    await record();
    await pass();
  });

  it('shows what the sources make of the port, and does that: what the restore brought goes', async () => {
    const shown = await planEnd();
    expect(shown).toMatchObject({
      ports: [{ id: '1', device: DEVICE, port: PORT, added: [statement('10.0.48.3').text], removed: [LOST.text] }],
    });
    expect(has()).toEqual(texts([OWN, LOST]));
    expect(await release(shown.hash)).toEqual({
      holds: [{ id: '1', device: DEVICE, port: PORT, askedAs: [PORT] }],
    });
    expect(await pass()).toMatchObject({ status: 'applied', removed: [{ ...BROUGHT, because: 'approved' }] });
    expect(has()).toEqual(texts([OWN, NEW]));
    expect(world.store.holds.rows).toEqual([]);
    expect(summaries().slice(2)).toEqual([
      'unchanged: bob released hold 1 of ge-0/0/1.0',
      expect.stringContaining('applied: 1 added, 1 removed') as string,
      'unchanged: Hold 1 of ge-0/0/1.0 ended: the sources rule again',
    ]);
    expect(await pass()).toMatchObject({ status: 'unchanged' });
  });

  it('takes nothing that somebody explains by then: the panel gives the server what the restore brought', async () => {
    dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
    expect((await planEnd()).ports).toMatchObject([{ added: [], removed: [] }]);
    await release();
    expect(await pass({ desired: [binding('10.0.48.1'), binding('10.0.48.2')] })).toMatchObject({
      status: 'unchanged',
    });
    expect([has(), world.store.holds.rows]).toEqual([texts([OWN, LOST]), []]);
  });

  it('is refused when it is not what was shown, and the port stays held', async () => {
    const { hash } = await planEnd();
    dedicated(world, 1, [{ port: PORT }], ['10.0.48.1']);
    await expect(release(hash)).rejects.toMatchObject({ type: 'hold-differs' });
    expect(await pass({ desired: [binding('10.0.48.1')] })).toMatchObject({ status: 'held' });
    await expect(planEnd(['1', '8'])).rejects.toMatchObject({ type: 'not-found' });
  });

  it('is refused as long as it cannot be said what becomes of the port, and says so', async () => {
    world.panel.fail('getServersIps', new PortwardenError('panel-unreachable', 'the panel is away'));
    await expect(planEnd()).rejects.toMatchObject({ type: 'panel-unreachable' });
    world.panel.mend();
    world.panel.fail('portAssignments', new PortwardenError('panel-failed', 'the switch is not listed now'));
    const shown = await planEnd();
    expect(shown.ports).toMatchObject([{ id: '1', added: [], removed: [], trouble: 'the switch is not listed now' }]);
    expect(shown.summary).toContain('of 1 it cannot be said now');
    await expect(release(shown.hash)).rejects.toMatchObject({ type: 'hold-differs' });
    expect(world.store.holds.rows).toMatchObject([{ id: '1' }]);
    expect(world.store.holds.rows[0]?.released).toBeUndefined();
    world.panel.mend();
    expect(await pass()).toMatchObject({ status: 'held' });
  });

  it('just ends the hold of a port that is not automated any more: no pass would', async () => {
    dedicated(world, 1, [{ port: PORT, automated: false }], ['10.0.48.1', '10.0.48.3']);
    const { ports } = await planEnd();
    expect(ports).toMatchObject([{ id: '1', leftAlone: expect.stringContaining('switchAutomation') as string }]);
    expect(await release()).toEqual({ holds: [] });
    expect([world.store.holds.rows, has()]).toEqual([[], texts([OWN, LOST])]);
    expect(summaries().at(-1)).toBe('unchanged: Hold 1 of ge-0/0/1.0 ended: the sources rule again');
  });

  it('is carried out by whichever pass comes first, also after one that failed or died behind its commit', async () => {
    await release();
    world.device.fault = new Error('away');
    await expect(pass()).rejects.toThrow('away');
    world.device.fault = undefined;
    expect(world.store.holds.rows).toHaveLength(1);
    world.store.break('holds');
    await expect(pass()).rejects.toBeDefined();
    world.store.mend('holds');
    expect(await pass()).toMatchObject({ status: 'applied' });
    expect(world.store.holds.rows).toEqual([]);
  });

  it('noted twice is noted once', async () => {
    const { hash } = await planEnd();
    const first = await release(hash);
    expect(await release('another')).toEqual(first);
    expect(summaries().filter((text) => text.includes('released hold'))).toHaveLength(1);
  });
});

describe('when its time is over', () => {
  let over: PortHold;
  beforeEach(async () => {
    await record();
    await pass();
    expire();
    over = world.store.holds.rows[0] as PortHold;
    expect(phaseOf(over, Date.now())).toBe('over');
  });

  it('the difference to what the sources want waits under one guard, and nothing is changed', async () => {
    const outcome = await pass();
    expect(outcome).toMatchObject({
      ...{ status: 'parked', added: [], removed: [] },
      parked: { guards: ['hold-over'], remove: [BROUGHT], add: [statement('10.0.48.3')] },
    });
    expect(outcome.parked?.reason).toContain('The port was held by ada@ops1');
    expect(has()).toEqual(texts([OWN, LOST]));
    expect(world.store.holds.rows).toHaveLength(1);
    expect(world.store.changes.size).toBe(1);
  });

  it('exactly that approval ends it', async () => {
    await pass();
    const changed = await pass({ approved: true, desired: [binding('10.0.48.1'), binding('10.0.48.4')] });
    expect(changed).toMatchObject({ status: 'parked', removed: [] });
    expect(has()).toEqual(texts([OWN, LOST]));
    await pass();
    expect(await pass({ approved: true })).toMatchObject({ status: 'applied', removed: [BROUGHT] });
    expect([has(), world.store.holds.rows, world.store.changes.size]).toEqual([texts([OWN, NEW]), [], 0]);
  });

  it('it ends by itself where the sources want just that', async () => {
    const wanted = { desired: [binding('10.0.48.1'), binding('10.0.48.2')] };
    expect(await pass(wanted)).toMatchObject({ status: 'unchanged' });
    expect([has(), world.store.holds.rows]).toEqual([texts([OWN, LOST]), []]);
    expect(summaries().at(-1)).toBe('unchanged: Hold 1 of ge-0/0/1.0 ended: the sources rule again');
  });

  it('it can be released still', async () => {
    await pass();
    expect((await planEnd()).ports).toMatchObject([{ removed: [LOST.text] }]);
    await release();
    expect(await pass()).toMatchObject({ status: 'applied', removed: [BROUGHT] });
    expect([world.store.holds.rows, world.store.changes.size]).toEqual([[], 0]);
  });
});
