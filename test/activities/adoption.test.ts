import { createRecordAdoption } from '../../src/activities/recordAdoption';
import { createRecordKeepChange } from '../../src/activities/recordKeepChange';
import { createUnknownBindings } from '../../src/activities/unknownBindings';
import { PortwardenError } from '../../src/domain/errors';
import type { AdoptInput, RecordedPort, UnknownBindingsResult } from '../../src/protocol/decisions';
import { ip, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { DEVICE, dedicated, PORT, remembered } from './portQuestions';

const OWN = statement('10.0.48.1');
const ROUTER = statement('10.0.48.250', '02:00:00:00:00:fa');
const OTHER = statement('10.0.48.251', '02:00:00:00:00:fb');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  dedicated(world, 1);
  remembered(world, 1);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(13));
  world.device.actual.set(PORT, [OWN, ROUTER, OTHER]);
});

const list = (): Promise<UnknownBindingsResult> =>
  inActivity(createUnknownBindings(world), { device: DEVICE, port: PORT });
const adopt = async (
  statements: AdoptInput['ports'][number]['statements'],
  extra: Partial<AdoptInput> = {},
  hash?: string,
): Promise<RecordedPort> => {
  const ports = [{ port: PORT, statements, ...(hash === undefined ? {} : { hash }) }];
  const input = { device: DEVICE, ports, author: 'ada@ops1', reason: 'office', ...extra };
  const recorded = await inActivity(createRecordAdoption(world), input);
  const [first] = recorded.ports;
  if (first === undefined) throw new Error('nothing recorded');
  return first;
};

describe('what nothing explains', () => {
  it('is listed with what is known of it; what a server has is not', async () => {
    dedicated(world, 2, [{ port: 'ge-0/0/9.0' }], ['10.0.48.251']);
    remembered(world, 2, 'ge-0/0/9.0', ['10.0.48.251']);
    world.panel.vlans.set(ip('10.0.48.250'), vlan(13));
    const { summary, ports } = await list();
    expect(summary).toBe(`${DEVICE}: 2 binding(s) on 1 port(s) wait for a person`);
    expect(ports).toEqual([
      {
        device: DEVICE,
        port: PORT,
        hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        statements: [
          {
            statement: ROUTER,
            finding: 'unknown',
            known: ['panel: no server has the address; its subnet is in VLAN 13', 'not bound by portwarden'],
          },
          {
            statement: OTHER,
            finding: 'unknown',
            known: [`panel: server 2 has the address at ${DEVICE} ge-0/0/9.0`, 'not bound by portwarden'],
          },
        ],
      },
    ]);
  });

  it('says who was last seen with an address that is bound for them elsewhere, though the panel dropped it', async () => {
    dedicated(world, 2, [{ port: 'ge-0/0/9.0' }], ['10.0.48.7']);
    const before = remembered(world, 2, 'ge-0/0/9.0', ['10.0.48.7']);
    const ports = before.ports.map((placed) => ({ ...placed, bound: [ip('10.0.48.251')] }));
    world.store.placed.set(server(2), { ...before, ports });
    const { ports: listed } = await list();
    expect(listed[0]?.statements.find(({ statement: { ip: of } }) => of === '10.0.48.251')?.known).toContain(
      `server 2 was last seen with it at ${DEVICE} ge-0/0/9.0`,
    );
  });

  describe('with who brought it', () => {
    const commit = { user: 'ada', method: 'cli', at: '2026-11-29T13:00:00.000Z', log: 'ticket 12' };
    const ask = (): Promise<UnknownBindingsResult> =>
      inActivity(createUnknownBindings(world), { device: DEVICE, port: PORT, origin: true });

    it("says it of each in words and as data, as the device's history has it", async () => {
      world.device.origins = async (wanted) => {
        expect(wanted).toEqual([{ port: PORT, statements: [ROUTER, OTHER] }]);
        return (_port, { key }) => (key === ROUTER.key ? { found: 'commit', commit } : undefined);
      };
      const { ports, notes } = await ask();
      expect(notes).toEqual([]);
      expect(ports[0]?.statements.map(({ known, origin }) => [known.at(-1), origin])).toEqual([
        [
          'device: brought by a commit of ada via cli at 2026-11-29T13:00:00.000Z, "ticket 12"',
          { found: 'commit', commit },
        ],
        ['not bound by portwarden', undefined],
      ]);
    });

    it('says that the platform has no history, or why it could not be searched, and lists all the same', async () => {
      const listed = (await list()).ports;
      const without = await ask();
      expect([without.ports, without.notes]).toEqual([
        listed,
        [
          `${DEVICE}: who brought a binding is not available on this platform: it keeps no history of its configurations`,
        ],
      ]);
      world.device.origins = () => Promise.reject(new PortwardenError('device-unreachable', 'no route'));
      expect(await ask()).toMatchObject({
        ports: listed,
        notes: [`the history of ${DEVICE} could not be searched: device-unreachable: no route`],
      });
      world.device.origins = () => Promise.reject(new Error('asked though it was not wanted'));
      expect((await list()).notes).toEqual([]);
    });
  });

  it('names what a pass would replace, and since when something is there', async () => {
    world.device.actual.set(PORT, [statement('10.0.48.1', '02:00:00:00:00:09'), ROUTER]);
    const entry = { device: DEVICE, port: PORT, workflowId: 'device:junos:1', summary: '', removed: [], commands: [] };
    await world.store.journal.append([{ ...entry, status: 'applied', added: [ROUTER], commit: 'batch 7' }]);
    const { ports } = await list();
    expect(ports[0]?.statements.map(({ statement: { ip: address }, finding }) => [address, finding])).toEqual([
      ['10.0.48.1', 'replaced'],
      ['10.0.48.250', 'unknown'],
    ]);
    expect(ports[0]?.statements[1]?.known.at(-1)).toMatch(/^bound by portwarden at .*, journal j1, commit "batch 7"$/);
  });

  it('says which servers could not be read, whose it may be', async () => {
    world.panel.unreadable.add(server(1));
    const { ports } = await list();
    expect(ports[0]?.statements.map(({ statement: { ip: address }, known }) => [address, known[0]])).toEqual([
      ['10.0.48.250', 'panel: no server has the address, but server 1 could not be read'],
      ['10.0.48.251', 'panel: no server has the address, but server 1 could not be read'],
    ]);
  });

  it('says nothing about a port of which it cannot be said who is behind it', async () => {
    world.panel.fail('portAssignments', new PortwardenError('panel-failed', 'HTTP 500'));
    expect(await list()).toMatchObject({ ports: [], notes: [expect.stringContaining('HTTP 500')] });
  });
});

describe('decisions', () => {
  it('make keeps, with who, why and until when, and journal them', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const recorded = await adopt(
      [
        { key: ROUTER.key, adoption: 'keep' },
        { key: OTHER.key, adoption: 'keep', reason: 'VRRP' },
      ],
      { expiresAt },
    );
    expect(recorded).toEqual({
      port: PORT,
      askedAs: [PORT],
      kept: [
        { id: '1', text: ROUTER.text },
        { id: '2', text: OTHER.text },
      ],
      remove: [],
      done: 0,
    });
    expect(world.store.kept).toMatchObject([
      { port: PORT, author: 'ada@ops1', reason: 'office', expiresAt },
      { reason: 'VRRP' },
    ]);
    expect(world.store.entries).toMatchObject([
      { status: 'unchanged', author: 'ada@ops1', reason: 'office' },
      { summary: expect.stringContaining(`${OTHER.text} is kept by ada@ops1 because "VRRP"`) as string },
    ]);
    expect((await list()).ports).toEqual([]);
  });

  it('only name what is to go: the coordinator removes it', async () => {
    const recorded = await adopt([{ key: ROUTER.key, adoption: 'remove' }]);
    expect(recorded).toMatchObject({ kept: [], remove: [{ key: ROUTER.key, text: ROUTER.text }] });
    expect(world.device.actual.get(PORT)).toHaveLength(3);
    expect(world.store.entries).toMatchObject([
      { summary: `ada@ops1 wants removed: ${ROUTER.text}`, author: 'ada@ops1', reason: 'office' },
    ]);
  });

  it('are refused for a port that is not as the person saw it, and record nothing', async () => {
    const hash = (await list()).ports[0]?.hash;
    world.device.actual.set(PORT, [OWN, ROUTER, OTHER, statement('10.0.48.252')]);
    const all = [ROUTER, OTHER].map(({ key }) => ({ key, adoption: 'keep' as const }));
    expect(await adopt(all, {}, hash)).toMatchObject({ refused: expect.stringContaining('10.0.48.252') as string });
    expect([world.store.kept, world.store.entries]).toEqual([[], []]);
  });

  it('can be brought twice', async () => {
    const hash = (await list()).ports[0]?.hash;
    const all = [ROUTER, OTHER].map(({ key }) => ({ key, adoption: 'keep' as const }));
    expect(await adopt(all, {}, hash)).toMatchObject({ kept: [{}, {}], done: 0 });
    expect(await adopt(all, {}, hash)).toMatchObject({ kept: [], done: 2 });
    expect(world.store.kept).toHaveLength(2);
  });

  it('cannot end before they begin', async () => {
    const past = adopt([{ key: ROUTER.key, adoption: 'keep' }], { expiresAt: '2020-01-01T00:00:00.000Z' });
    await expect(past).rejects.toMatchObject({ code: 'invalid-request' });
    expect(world.store.kept).toEqual([]);
  });
});

it('keeps are ended and extended by their numbers, with a journal entry each', async () => {
  await adopt([
    { key: ROUTER.key, adoption: 'keep' },
    { key: OTHER.key, adoption: 'keep' },
  ]);
  const change = createRecordKeepChange(world);
  const said = { author: 'bob', reason: 'gone' };
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const extended = await inActivity(change, { change: 'extend', ids: ['1'], expiresAt, ...said });
  expect(extended).toMatchObject({ changed: [{ id: '1', expiresAt }], missing: [] });
  const ended = await inActivity(change, { change: 'remove', ids: ['2', '9'], ...said });
  expect(ended).toMatchObject({ changed: [{ id: '2' }], missing: ['9'] });
  expect(world.store.entries.slice(2).map(({ summary, author }) => [summary, author])).toEqual([
    [`Keep 1 of ${ROUTER.text} ends at ${expiresAt} now`, 'bob'],
    [`bob ended keep 2 of ${OTHER.text}`, 'bob'],
  ]);
  expect((await list()).ports[0]?.statements.map(({ statement: { ip: address } }) => address)).toEqual(['10.0.48.251']);
});
