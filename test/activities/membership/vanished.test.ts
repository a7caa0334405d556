import { ip, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import type { VanishedMode } from '../../../src/domain/drift/vanished';
import {
  confirmedDeleted,
  dedicated,
  DEVICE,
  node,
  readOne,
  remembered,
  rememberedVm,
  runsOn,
  UPLINK,
} from '../portQuestions';

/** A server that the panel does not have, and that reconciles confirmed to have vanished. */

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  remembered(world, 3);
});
const vanished = (mode: VanishedMode): Promise<void> => world.store.reconciles.keepVanished(DEVICE, [server(3)], mode);

it('stays where nobody confirmed it, or where another device did', async () => {
  await world.store.reconciles.keepVanished(DEVICE, [server(4)], 'enforce');
  const { removals, missingGuests } = await readOne(world);
  expect(removals).toEqual({ named: [], absent: [] });
  expect(missingGuests).toMatchObject([{ ip: '10.0.48.3', rule: 'server-gone' }]);
});

it('is left to a person, or is absent within the guards, and never named', async () => {
  await vanished('propose');
  const proposed = await readOne(world);
  expect([proposed.removals, proposed.missingGuests]).toEqual([{ named: [], absent: [] }, []]);
  await vanished('enforce');
  const enforced = await readOne(world);
  expect([enforced.removals, enforced.missingGuests]).toEqual([{ named: [], absent: [ip('10.0.48.3')] }, []]);
  expect([confirmedDeleted(proposed), confirmedDeleted(enforced)]).toEqual([[3], [3]]);
});

it('has not vanished when the panel has it again, or cannot say: whatever was confirmed', async () => {
  await vanished('enforce');
  world.panel.unreadable.add(server(3));
  expect((await readOne(world)).removals).toEqual({ named: [], absent: [] });
  world.panel.unreadable.clear();
  dedicated(world, 3);
  const { removals, dedicated: found } = await readOne(world);
  expect([removals, found.map(({ serverId }) => serverId)]).toEqual([{ named: [], absent: [] }, [3]]);
});

it('keeps an address that another server has, or may have', async () => {
  await vanished('enforce');
  dedicated(world, 9, [{ port: 'ge-0/0/9.0' }], ['10.0.48.3']);
  const { removals, missingGuests } = await readOne(world);
  expect(removals.absent).toEqual([]);
  expect(missingGuests).toMatchObject([{ ip: '10.0.48.3', rule: 'assigned-elsewhere' }]);
});

it('keeps all while its guest still runs', async () => {
  world.store.placed.delete(server(3));
  rememberedVm(world, 3, 3003);
  runsOn(world, 3003, 'pve1');
  await vanished('enforce');
  const { removals, missingGuests } = await readOne(world, { port: UPLINK, nodes: [node([3003])] });
  expect(removals).toEqual({ named: [], absent: [] });
  expect(missingGuests).toMatchObject([{ rule: 'guest-still-runs' }]);
});
