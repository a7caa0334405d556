import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import type { PassInput } from '../../src/protocol/activities';
import { addressesOf, type Statement } from '../../src/domain/change/statement';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { ip, server } from './fakes/values';
import { DEVICE, held, input, P1, P2, target } from './passInputs';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

const LOOSE = { maxRemovedBindings: 100, maxRemovedShare: 1 };

describe('what confirmed absence takes', () => {
  const many = (count: number, from = 1): Statement[] =>
    Array.from({ length: count }, (_, index) => held(`10.0.48.${from + index}`));
  const without = (name: typeof P1, kept: number, all: readonly Statement[]): PassInput['ports'][number] =>
    target(name, addressesOf(all.slice(0, kept)), { removals: { named: [], absent: addressesOf(all) } });

  it('says so in the journal, and counts against the next pass of the day', async () => {
    const all = many(20);
    world.device.actual.set(P1, all);
    await inActivity(createCommitToSwitch(world), input(without(P1, 16, all)));
    expect(world.store.entries[0]?.removed.map(({ because }) => because)).toEqual(Array(4).fill('absent'));
    expect(world.store.taken.map(({ device, port: on }) => [device, on])).toEqual(Array(4).fill([DEVICE, P1]));
    const result = await inActivity(createCommitToSwitch(world), input(without(P1, 14, all)));
    expect(result.outcomes[0]).toMatchObject({
      parked: {
        guards: ['port-shrink-day'],
        reason: expect.stringContaining('after 4 in the last 24 hours') as unknown,
      },
    });
    expect(world.counted).toContain('guard port-shrink-day');
    expect(world.store.changes.get(`${DEVICE} ${P1}`)).toMatchObject({ guards: ['port-shrink-day'] });
  });

  it('brakes the site before it is too much: all of it parks, additions and named removals go on, one alarm', async () => {
    world = fakeWorld({ guards: { ...LOOSE, brake: { ports: 1, bindings: 100, withinMinutes: 60 } } });
    for (const name of [P1, P2]) world.device.actual.set(name, many(4));
    const more = (name: typeof P1): PassInput['ports'][number] => ({
      ...without(name, 2, many(4)),
      desired: target(name, ['10.0.48.1', '10.0.48.2', '10.0.48.9']).desired,
      removals: { named: [ip('10.0.48.4')], absent: [ip('10.0.48.3')] },
    });
    const result = await inActivity(createCommitToSwitch(world), input(more(P1), more(P2)));
    expect(result.outcomes.map(({ status, added, removed, parked }) => ({ status, added, removed, parked }))).toEqual(
      Array(2).fill({
        status: 'applied',
        added: [held('10.0.48.9')],
        removed: [{ ...held('10.0.48.4'), because: 'named' }],
        parked: expect.objectContaining({ remove: [held('10.0.48.3')], guards: ['site-brake'] }) as unknown,
      }),
    );
    expect(world.counted.filter((what) => what === 'braked')).toHaveLength(1);
    await inActivity(createCommitToSwitch(world), input(more(P1)));
    expect([world.counted.filter((what) => what === 'braked').length, world.store.braked.length]).toEqual([1, 1]);
    await world.store.brakes.release('alice', 'moved', Date.now());
    const approved = await inActivity(createCommitToSwitch(world), input({ ...more(P2), approved: true }));
    expect(approved.outcomes[0]).toMatchObject({
      status: 'applied',
      removed: expect.arrayContaining([{ ...held('10.0.48.3'), because: 'approved' }]) as unknown,
    });
    expect([world.store.braked.length, world.store.taken]).toEqual([1, []]);
    const after = await inActivity(createCommitToSwitch(world), input(more(P1)));
    const gone = { ...held('10.0.48.3'), because: 'absent' };
    expect(after.outcomes[0]).toMatchObject({ status: 'applied', removed: expect.arrayContaining([gone]) as unknown });
    expect(world.store.changes.has(`${DEVICE} ${P1}`)).toBe(false);
  });
});

describe('what stands', () => {
  it('is listed for the server that has the address, and forgotten when it is resolved', async () => {
    const noMac = { ip: ip('10.0.48.7'), rule: 'no-mac' as const, message: 'vm has no NIC' };
    world.store.placed.set(server(7), { serverId: server(7), kind: 'dedicated', ports: [], ips: [noMac.ip] });
    world.device.actual.set(P1, [held('10.0.48.9')]);
    await inActivity(createCommitToSwitch(world), input(target(P1, ['10.0.48.5'], { excluded: [noMac] }), target(P2)));
    expect(world.store.stands).toEqual([
      expect.objectContaining({ list: 'unbound', subject: '10.0.48.7', rule: 'no-mac', serverId: 7, port: P1 }),
      expect.objectContaining({ list: 'unexplained', subject: held('10.0.48.9').key, port: P1 }),
    ]);
    await inActivity(
      createCommitToSwitch(world),
      input(target(P1, ['10.0.48.5', '10.0.48.7'], { removals: { named: [ip('10.0.48.9')], absent: [] } })),
    );
    expect(world.store.stands).toEqual([]);
  });
});
