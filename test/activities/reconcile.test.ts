import { createDropParked } from '../../src/activities/dropParked';
import { createLookForDrift } from '../../src/activities/reconcile/lookForDrift';
import { createRecordDrift } from '../../src/activities/reconcile/recordDrift';
import { createActivities, createPasses } from '../../src/activities';
import type { ReconcileMode } from '../../src/domain/drift/reconcileSettings';
import { PortwardenError } from '../../src/domain/errors';
import type { FirstLook, RecordDriftResult } from '../../src/protocol/reconcile';
import type { WorkOnDevice } from '../../src/temporal/workUnderWay';
import { port, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, dedicated, PORT, remembered } from './portQuestions';

const OWN = statement('10.0.48.1', '00:50:56:00:00:01', 'VLAN.13');
const FOREIGN = statement('10.0.48.250', '02:00:00:00:00:fa');
const COMMIT = { user: 'ada', method: 'cli', at: '2026-11-29T13:00:00.000Z', log: 'ticket 12' };

let world: FakeWorld;
let work: WorkOnDevice;
let mode: ReconcileMode;
const worldOf = (): FakeWorld =>
  fakeWorld({
    reconcile: {
      ...{ everyMs: 0, settleMs: 0, devices: new Map() },
      get mode() {
        return mode;
      },
    },
    workUnderWay: { of: async () => work },
  });
beforeEach(() => {
  mode = 'observe';
  work = { ports: new Map(), servers: new Map() };
  world = worldOf();
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(13));
  world.device.actual.set(PORT, [OWN]);
});

async function look(): Promise<FirstLook> {
  const found = await inActivity(createLookForDrift(world), { device: DEVICE });
  if ('error' in found) throw new Error(found.error.message);
  return found.look;
}

/** Both looks of a reconcile. */
async function reconcile(): Promise<RecordDriftResult | undefined> {
  const { suspects, ...first } = await look();
  if (suspects.length === 0) return undefined;
  const input = { device: DEVICE, suspects, look: first, underWay: [], isLast: true };
  return inActivity(createRecordDrift(world), input);
}

const state = () => world.store.reconciled.states.get(DEVICE);
const pass = async (approved: boolean): Promise<void> => {
  const activities = createActivities(world);
  const ports = [{ port: PORT, serverIds: [], nodes: [], explainedIps: [], deletedServerIds: [] }];
  const servers = await inActivity(activities.fetchServerIps, { of: 'batch', device: DEVICE, ports });
  if (servers.of !== 'batch') throw new Error('no batch');
  const gathered = servers.ports.map((one) => ({ servers: one, inventories: [] }));
  const { ports: desired } = await inActivity(activities.filterByVlan, { device: DEVICE, ports: gathered });
  const [commit] = Object.values(createPasses(world));
  if (commit === undefined) throw new Error('no pass');
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  await inActivity(commit, { device: DEVICE, batch: 1, guards, ports: desired.map((one) => ({ ...one, approved })) });
};

describe('observe', () => {
  it('finds nothing where all is well, by one reading of the device, and says so', async () => {
    expect(await reconcile()).toBeUndefined();
    expect(state()).toMatchObject({ mode: 'observe', ports: 1, unreadable: 0, inDrift: 0, underWay: [] });
    expect(world.store.drifts.all).toEqual([]);
    expect(world.enlisted).toEqual([]);
  });

  it('finds what somebody brought and took, with who did it, and touches nothing; once it is gone it is cleared', async () => {
    world.device.actual.set(PORT, [FOREIGN]);
    world.device.origins = async (wanted) => {
      expect(wanted).toEqual([{ port: PORT, statements: [FOREIGN], gone: [OWN] }]);
      return () => ({ found: 'commit', commit: COMMIT });
    };
    const found = await reconcile();
    expect(found?.drift).toEqual([
      {
        port: PORT,
        action: 'reported',
        says: `missing: ${OWN.text}, taken by a commit of ada via cli at ${COMMIT.at}, "ticket 12"; extra: ${FOREIGN.text}, brought by a commit of ada via cli at ${COMMIT.at}, "ticket 12"`,
      },
    ]);
    expect(state()).toMatchObject({ inDrift: 1, ports: 1 });
    expect(await world.store.drift.figures()).toEqual([{ device: DEVICE, ports: 1, oldest: COMMIT.at }]);
    expect([world.enlisted, world.store.changes.size, world.device.commits]).toEqual([[], 0, 0]);
    world.device.origins = () => Promise.reject(new Error('it was asked again'));
    expect((await reconcile())?.drift).toHaveLength(1);
    expect(world.store.drifts.all).toHaveLength(1);
    world.device.actual.set(PORT, [OWN]);
    expect(await reconcile()).toBeUndefined();
    expect(world.store.drifts.all).toMatchObject([{ clearedAt: expect.any(String) as string }]);
    expect(state()).toMatchObject({ inDrift: 0 });
  });

  it('calls what is ours and not done yet no drift: at the coordinator, an event of the server, parked by a pass', async () => {
    world.device.actual.set(PORT, []);
    work = { ports: new Map([[PORT, 'waits at the coordinator: paused: line card']]), servers: new Map() };
    expect((await reconcile())?.underWay).toEqual([{ port: PORT, why: 'waits at the coordinator: paused: line card' }]);
    expect(state()).toMatchObject({ inDrift: 0, underWay: [{ port: PORT }] });
    work = { ports: new Map(), servers: new Map([[server(1), 'the event e1 runs']]) };
    expect((await reconcile())?.underWay).toEqual([{ port: PORT, why: 'the event e1 runs' }]);
    work = { ports: new Map(), servers: new Map() };
    world.device.actual.set(PORT, [OWN, FOREIGN]);
    await pass(false);
    const parked = await reconcile();
    expect(parked?.drift).toEqual([]);
    expect(parked?.underWay[0]?.why).toMatch(/^waits for a person, parked since /);
    expect(world.store.drifts.all).toEqual([]);
  });

  it('says why a device could not be seen and since when; drift that was known stays', async () => {
    world.device.actual.set(PORT, []);
    await reconcile();
    world.device.fault = new PortwardenError('device-unreachable', 'no route to host');
    const found = await inActivity(createLookForDrift(world), { device: DEVICE });
    expect(found).toMatchObject({ error: { code: 'device-unreachable' } });
    expect(state()).toMatchObject({
      error: { code: 'device-unreachable', message: 'no route to host' },
      failingSince: expect.any(String) as string,
    });
    expect(await world.store.drift.open(DEVICE)).toHaveLength(1);
  });

  it('clears nothing of a port whose sources cannot be read', async () => {
    world.device.actual.set(PORT, []);
    await reconcile();
    world.panel.unreadable.add(server(1));
    world.panel.fail('portAssignments', new PortwardenError('panel-unreachable', 'away'));
    expect(await look()).toMatchObject({ suspects: [], unreadable: 1 });
    expect(await world.store.drift.open(DEVICE)).toHaveLength(1);
  });
});

describe('propose', () => {
  beforeEach(() => {
    mode = 'propose';
    world.device.actual.set(PORT, [FOREIGN]);
    world.device.origins = async () => () => ({ found: 'commit', commit: COMMIT });
  });

  it('parks the mend with who did it, once; approved it is carried out, and the drift is over', async () => {
    expect((await reconcile())?.drift).toMatchObject([{ action: 'parked' }]);
    await reconcile();
    const parked = await world.store.parked.get(DEVICE, PORT);
    expect(parked).toMatchObject({ added: [OWN], removed: [FOREIGN], proposed: true });
    expect(parked?.reason).toMatch(/^A reconcile found drift: missing: .* a commit of ada via cli/);
    expect(world.store.entries.map(({ status, port: at }) => [status, at])).toEqual([['parked', PORT]]);
    expect([world.device.commits, world.enlisted]).toEqual([0, []]);
    await pass(true);
    expect(world.device.actual.get(PORT)).toEqual([OWN]);
    expect([world.store.changes.size, await world.store.drift.open(DEVICE)]).toEqual([0, []]);
  });

  it('does not propose again what a person rejected, but what is another one', async () => {
    await reconcile();
    await inActivity(createDropParked(world), { device: DEVICE, port: PORT });
    expect((await reconcile())?.drift).toMatchObject([{ action: 'rejected' }]);
    expect(world.store.changes.size).toBe(0);
    world.device.actual.set(PORT, []);
    expect((await reconcile())?.drift).toMatchObject([{ action: 'parked' }]);
    expect(await world.store.parked.get(DEVICE, PORT)).toMatchObject({ added: [OWN], removed: [], proposed: true });
  });

  it('what was proposed waits for nobody once the port is as it should be', async () => {
    await reconcile();
    world.device.actual.set(PORT, [OWN]);
    await reconcile();
    expect(world.store.changes.size).toBe(0);
  });
});

describe('enforce', () => {
  beforeEach(() => {
    mode = 'enforce';
  });

  it('asks the coordinator for the port, and not again for what its pass has parked by then', async () => {
    world.device.actual.set(PORT, [FOREIGN]);
    expect((await reconcile())?.drift).toMatchObject([{ action: 'enlisted' }]);
    expect(world.enlisted.map(({ device, request }) => [device, request.port])).toEqual([[DEVICE, PORT]]);
    await pass(false);
    expect(world.device.actual.get(PORT)).toEqual([OWN, FOREIGN]);
    expect((await reconcile())?.drift).toMatchObject([{ action: 'parked' }]);
    expect(world.enlisted).toHaveLength(1);
  });
});

describe('a server that vanished without an event', () => {
  const OTHER = port('ge-0/0/2.0');
  const GONE = statement('10.0.48.2', '00:50:56:00:00:02');
  beforeEach(() => {
    remembered(world, 2, OTHER);
    world.device.actual.set(OTHER, [GONE]);
  });
  const open = async (): Promise<unknown> =>
    (await world.store.drift.open(DEVICE)).map(({ port: at, statements }) => [
      at,
      statements.map((one) => one.because),
    ]);
  const because = 'server 2 is gone from the panel, and no server_deleted said so';

  it('is reported, and nothing else when nothing is to be mended', async () => {
    await reconcile();
    expect(await open()).toEqual([[OTHER, [because]]]);
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([]);
  });

  it('is left to a person, who approves exactly that', async () => {
    mode = 'propose';
    await reconcile();
    expect(await open()).toEqual([[OTHER, [because]]]);
    expect(await world.store.parked.get(DEVICE, OTHER)).toMatchObject({ removed: [GONE], proposed: true });
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([[server(2), 'propose']]);
  });

  it('has not vanished once the panel has it again; several at once are no intent', async () => {
    mode = 'enforce';
    await reconcile();
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([[server(2), 'enforce']]);
    dedicated(world, 2, [{ port: OTHER }]);
    await look();
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([]);
    world.panel.servers.delete(server(1));
    world.panel.servers.delete(server(2));
    await reconcile();
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([]);
    expect(state()?.notes).toEqual([
      '2 of 2 servers of the device are gone from the panel at once; the limit is 50 %: nothing of them is touched',
    ]);
  });

  it('is believed only by two looks in a row', async () => {
    mode = 'enforce';
    const { suspects, ...first } = await look();
    const input = { device: DEVICE, suspects, look: { ...first, gone: [] }, underWay: [], isLast: true };
    await inActivity(createRecordDrift(world), input);
    expect([...(await world.store.reconciles.vanished(DEVICE))]).toEqual([]);
  });
});
