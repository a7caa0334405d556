import { parseCidr } from '../../../src/domain/values/ip';
import { assigned, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, PORT, readOne, remembered } from '../portQuestions';

/** A subnet that a server had as a whole when it was last seen, and that its entry no longer has. */

const RANGE = parseCidr('10.0.82.0/24');

function site(): FakeWorld {
  const world = fakeWorld();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1']);
  const placement = remembered(world, 1);
  const ports = placement.ports.map((port) => ({ ...port, ranges: [RANGE] }));
  world.store.placed.set(placement.serverId, { ...placement, ports });
  return world;
}

const give = (world: FakeWorld, id: number, ...ips: ReturnType<typeof assigned>[]): void => {
  const known = world.panel.servers.get(server(id));
  if (known === undefined) throw new Error(`no server ${id}`);
  world.panel.add({ ...known, ips: [...known.ips, ...ips] });
};
const whole = { ...assigned('10.0.82.0'), isSubnet: true, range: RANGE };
const absentRanges = async (world: FakeWorld) => (await readOne(world)).removals.absentRanges;

it('is absent when nobody has anything of it; then what is remembered forgets it', async () => {
  const { removals, notes } = await readOne(site());
  expect(removals.absentRanges).toEqual([RANGE]);
  expect(notes).toMatchObject([{ at: 'here', ranges: [] }]);
});

it('is not absent while the server has it, another one has a part of it, or a row of the list cannot be read', async () => {
  const still = site();
  give(still, 1, whole);
  const part = site();
  dedicated(part, 2, [{ port: 'ge-0/0/2.0' }], ['10.0.82.200']);
  const unread = site();
  dedicated(unread, 3, [{ port: 'ge-0/0/3.0' }]);
  unread.panel.unreadable.add(server(3));
  const empty = site();
  const known = empty.panel.servers.get(server(1));
  if (known !== undefined) empty.panel.add({ ...known, ips: [] });
  for (const world of [still, part, unread, empty]) expect(await absentRanges(world)).toBeUndefined();
});

it('is not absent when its addresses are bound one by one now', async () => {
  const world = site();
  give(world, 1, { ...assigned('10.0.82.7'), partOf: RANGE });
  expect(await absentRanges(world)).toBeUndefined();
});

it('is remembered of a server that has one', async () => {
  const world = site();
  world.store.placed.clear();
  remembered(world, 1);
  give(world, 1, whole);
  expect((await readOne(world)).notes).toMatchObject([{ at: 'here', ranges: [RANGE] }]);
});
