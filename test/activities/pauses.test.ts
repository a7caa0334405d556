import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { createCoordinatorSettings } from '../../src/activities/coordinatorSettings';
import { createPreviewChanges } from '../../src/activities/previewChanges';
import { errorReport } from '../../src/domain/errors';
import type { PortName } from '../../src/domain/values/port';
import { parseScope, parseSiteName, type Scope } from '../../src/domain/values/scope';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, input, P1, P2, target } from './passInputs';

const SITES = new Map([[parseSiteName('fra1'), [DEVICE]]]);

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld({ sites: SITES });
});

const pause = async (scope: Scope, expiresAt?: string): Promise<void> => {
  const until = expiresAt === undefined ? {} : { expiresAt };
  await world.store.pauses.begin({ scope, author: 'alice', reason: 'new line card', ...until }, new Date());
};
const pass = (...ports: Parameters<typeof input>) => inActivity(createCommitToSwitch(world), input(...ports));

describe.each<[string, Scope]>([
  ['everything', { kind: 'all' }],
  ['its site', parseScope({ site: 'fra1' })],
  ['the device', parseScope({ device: DEVICE })],
  ['the port', parseScope({ device: DEVICE, port: P1 })],
])('while %s is paused', (_what, scope) => {
  it('a pass that was on its way commits nothing', async () => {
    await pause(scope);
    const result = await pass(target(P1));
    expect(result.outcomes).toMatchObject([{ port: P1, status: 'failed', error: { code: 'paused', retryable: true } }]);
    expect([world.device.commits, world.store.entries]).toEqual([0, []]);
  });

  it('which comes right before the commit is sent, nothing is committed, and nothing is left of the intent', async () => {
    world.device.beforeCommit = () => pause(scope);
    await expect(pass(target(P1))).rejects.toMatchObject({
      code: 'paused',
      message: expect.stringContaining('new line card') as unknown,
    });
    expect(world.device.commits).toBe(0);
    expect(await world.store.commitIntents.list(DEVICE, 1_000)).toEqual([]);
  });

  it('a commit that was sent before ends as always', async () => {
    world.device.duringCommit = () => pause(scope);
    expect((await pass(target(P1))).outcomes).toMatchObject([{ port: P1, status: 'applied' }]);
    expect(world.device.commits).toBe(1);
  });

  it('the coordinator learns it with its settings, and a preview says it', async () => {
    await pause(scope);
    const observed = { at: 1, historyLength: 1, continueAsNewSuggested: false, signals: 0, isTimeOver: false };
    const { deferrals } = await createCoordinatorSettings(world)({ device: DEVICE, observed });
    expect(deferrals).toMatchObject([{ error: { code: 'paused' } }]);
    const shown = await inActivity(createPreviewChanges(world), {
      subject: { of: 'port', device: DEVICE, port: P1 },
      form: 'difference',
    });
    expect(shown.notes).toContainEqual(expect.stringMatching(/is not changed now: alice paused .*new line card$/));
  });
});

it('other ports and devices are changed, and what is over holds nothing', async () => {
  await pause(parseScope({ device: 'junos:99' }));
  await pause(parseScope({ site: 'ams2' }));
  await pause(parseScope({ device: DEVICE }), '2020-01-01T00:00:00.000Z');
  await pause(parseScope({ device: DEVICE, port: P1 }));
  const { outcomes } = await pass(target(P1), target(P2));
  expect(outcomes.map(({ port, status }) => [port, status])).toEqual([
    [P1, 'failed'],
    [P2, 'applied'],
  ]);
});

it('a store that cannot say what is paused stops the pass, and no coordinator', async () => {
  world.device.beforeCommit = async () => {
    world.store.break('pauses');
  };
  await expect(pass(target(P1))).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(world.device.commits).toBe(0);
  const observed = { at: 1, historyLength: 1, continueAsNewSuggested: false, signals: 0, isTimeOver: false };
  const settings = await createCoordinatorSettings(world)({ device: DEVICE, observed });
  expect(settings).not.toHaveProperty('deferrals');
  expect(settings.batchPorts).toBe(world.limits.batchPorts);
});

it('outside of its change windows a device is changed as little as while it is paused, and until when is said', async () => {
  const to = Date.now() + 3_600_000;
  const freeze = { devices: [], sites: [parseSiteName('fra1')], reason: 'end of year', from: 0, to };
  world = fakeWorld({ sites: SITES, changeWindows: { windows: [], freezes: [freeze] } });
  const { outcomes } = await pass(target(P1));
  expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 'change-freeze', retryable: true } }]);
  expect([world.device.commits, world.store.entries]).toEqual([0, []]);
  const observed = { at: 1, historyLength: 1, continueAsNewSuggested: false, signals: 0, isTimeOver: false };
  const { deferrals } = await createCoordinatorSettings(world)({ device: DEVICE, observed });
  expect(deferrals).toEqual([{ until: to, error: expect.objectContaining({ code: 'change-freeze' }) as unknown }]);
});

describe('outside of its change windows', () => {
  const closed = { windows: [{ devices: [DEVICE], sites: [], times: [] }], freezes: [] };
  const letPass = async (port: PortName, seconds = 3_600): Promise<void> => {
    const expiresAt = new Date(Date.now() + seconds * 1_000).toISOString();
    const said = { author: 'ada', reason: 'abuse', expiresAt };
    await world.store.windowExceptions.grant({ device: DEVICE, port, ...said }, 'w', new Date());
    world.store.entries.splice(0);
  };
  const active = () => world.store.windowExceptions.active(new Date(), DEVICE);
  beforeEach(() => {
    world = fakeWorld({ changeWindows: closed });
  });

  it('a port that a person lets pass is changed once, and the journal says who let it', async () => {
    await letPass(P1);
    const { outcomes } = await pass(target(P1), target(P2));
    expect(outcomes.map(({ port, status }) => [port, status])).toEqual([
      [P1, 'applied'],
      [P2, 'failed'],
    ]);
    expect(world.store.entries).toMatchObject([
      { port: P1, status: 'applied', author: 'ada', reason: 'outside of its change windows: abuse' },
    ]);
    expect(await active()).toEqual([]);
  });

  it('the coordinator learns which ports may pass, and a preview says it', async () => {
    await letPass(P1);
    const observed = { at: 1, historyLength: 1, continueAsNewSuggested: false, signals: 0, isTimeOver: false };
    const { deferrals } = await createCoordinatorSettings(world)({ device: DEVICE, observed });
    expect(deferrals).toMatchObject([{ error: { code: 'outside-change-window' }, except: [P1] }]);
    const shown = await inActivity(createPreviewChanges(world), {
      subject: { of: 'port', device: DEVICE, port: P1 },
      form: 'difference',
    });
    expect(shown.notes).toContainEqual(expect.stringContaining(`but for ${P1}, which a person lets pass once`));
  });

  it('one whose time is over, that was used, or that was withdrawn right before the commit lets nothing pass', async () => {
    await letPass(P1, -1);
    expect((await pass(target(P1))).outcomes).toMatchObject([{ error: { code: 'outside-change-window' } }]);
    await letPass(P1);
    world.device.beforeCommit = async () => {
      await world.store.windowExceptions.use(DEVICE, [P1], new Date());
    };
    await expect(pass(target(P1))).rejects.toMatchObject({ code: 'outside-change-window' });
    expect(world.device.commits).toBe(0);
  });

  it('pauses and freezes are passed by none', async () => {
    await letPass(P1);
    await pause(parseScope({ device: DEVICE, port: P1 }));
    expect((await pass(target(P1))).outcomes).toMatchObject([{ error: { code: 'paused' } }]);
    const freeze = { devices: [], sites: [], reason: 'end of year', from: 0, to: Date.now() + 3_600_000 };
    world = fakeWorld({ changeWindows: { windows: [], freezes: [freeze] } });
    await letPass(P1);
    expect((await pass(target(P1))).outcomes).toMatchObject([{ error: { code: 'change-freeze' } }]);
    expect([world.device.commits, (await active()).length]).toEqual([0, 1]);
  });

  it('what fails may pass again at the next try; what was done in an open window needed nobody', async () => {
    await letPass(P1);
    world.device.rejected.set(P1, errorReport('device-rejected', 'no'));
    expect((await pass(target(P1))).outcomes).toMatchObject([{ status: 'failed' }]);
    expect(await active()).toHaveLength(1);
    world = fakeWorld();
    await letPass(P1);
    await pass(target(P1));
    expect(await active()).toEqual([]);
    expect(world.store.entries[0]).not.toHaveProperty('author');
  });
});
