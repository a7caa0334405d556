import fc from 'fast-check';
import {
  compareViews,
  nextToRead,
  noteConfiguration,
  type ListedGuest,
  type SeenGuest,
} from '../../../src/domain/watch/clusterView';

const guest = (vmid: number, node = 'pve1', extra: Partial<SeenGuest> = {}): SeenGuest => ({
  vmid,
  node,
  type: 'qemu',
  ...extra,
});
const viewOf = (...guests: SeenGuest[]): ReadonlyMap<number, SeenGuest> =>
  new Map(guests.map((one) => [one.vmid, one]));
const found = (before: ReadonlyMap<number, SeenGuest> | undefined, ...now: ListedGuest[]) =>
  compareViews(before, now).changes.map(({ vmid, kind, nodes }) => [vmid, kind, ...nodes]);

it('the first look finds nothing, because there is nothing to compare with', () => {
  const { view, changes } = compareViews(undefined, [guest(100), guest(101)]);
  expect([[...view.keys()], changes]).toEqual([[100, 101], []]);
});

it('finds new guests, moves with both nodes, and migrations from their beginning to their end', () => {
  expect(found(viewOf(), guest(100))).toEqual([[100, 'new', 'pve1']]);
  expect(found(viewOf(guest(100)), guest(100, 'pve2'))).toEqual([[100, 'moved', 'pve2', 'pve1']]);
  const moving = guest(100, 'pve1', { goals: ['pve2'] });
  expect(found(viewOf(guest(100)), moving)).toEqual([[100, 'moving', 'pve2']]);
  expect(found(viewOf(moving), moving)).toEqual([]);
  expect(found(viewOf(guest(100, 'pve1', { goals: ['pve2', 'pve3'] })), moving)).toEqual([[100, 'moving', 'pve3']]);
  expect(found(viewOf(moving), guest(100, 'pve2', { goals: [] }))).toEqual([[100, 'moved', 'pve2', 'pve1']]);
  expect(found(viewOf(moving), guest(100, 'pve1'))).toEqual([[100, 'settled', 'pve1', 'pve2']]);
});

it('finds restarts of guests of which something may have been pending, and of no others', () => {
  const started = { startedAt: 1_000_000 };
  const again = guest(100, 'pve1', { startedAt: 1_000_000 + 40_000 });
  expect(found(viewOf(guest(100, 'pve1', { ...started, pending: true })), again)).toEqual([[100, 'restarted', 'pve1']]);
  expect(found(viewOf(guest(100, 'pve1', started)), again)).toEqual([[100, 'restarted', 'pve1']]);
  expect(found(viewOf(guest(100, 'pve1', { ...started, pending: false })), again)).toEqual([]);
  const late = guest(100, 'pve1', { startedAt: 1_000_000 + 10_000 });
  expect(found(viewOf(guest(100, 'pve1', { ...started, pending: true })), late)).toEqual([]);
  expect(found(viewOf(guest(100, 'pve1', { ...started, pending: true })), guest(100))).toEqual([]);
  expect(
    compareViews(viewOf(guest(100, 'pve1', { ...started, nics: 'a', pending: true })), [again]).view.get(100),
  ).toEqual({
    ...again,
    nics: 'a',
  });
});

it('a guest that is missing once is remembered, and said to be missing the second time', () => {
  const once = compareViews(viewOf(guest(100), guest(101)), [guest(101)]);
  expect([once.changes, once.view.get(100)?.missing, once.doubt]).toEqual([[], 1, undefined]);
  const twice = compareViews(once.view, [guest(101)]);
  expect([twice.changes.map(({ kind, nodes }) => [kind, nodes]), twice.view.has(100)]).toEqual([
    [['vanished', ['pve1']]],
    false,
  ]);
  expect(compareViews(once.view, [guest(100), guest(101)]).view.get(100)).toEqual(guest(100));
});

it('an empty answer, or one that lacks many guests at once, says nothing of those that it lacks, however often it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), fc.integer({ min: 1, max: 4 }), (size, kept, looks) => {
      const all = Array.from({ length: size }, (_, n) => guest(100 + n));
      const listed = all.slice(0, kept % size);
      const isPartial = listed.length === 0 || (size - listed.length > 3 && size - listed.length > size * 0.2);
      let view: ReadonlyMap<number, SeenGuest> = viewOf(...all);
      for (let look = 0; look < looks; look += 1) {
        const { changes, doubt, view: after } = compareViews(view, listed);
        expect(doubt !== undefined && changes.length === 0).toBe(isPartial);
        if (isPartial) expect([...after.values()]).toEqual([...listed, ...all.slice(listed.length)]);
        view = after;
        if (!isPartial) return;
      }
    }),
  );
});

it('a look that is the same as the one before changes nothing that is remembered', () => {
  const seen = fc.record(
    {
      vmid: fc.integer({ min: 100, max: 110 }),
      node: fc.constantFrom('pve1', 'pve2'),
      type: fc.constant('qemu' as const),
      goals: fc.constant(['pve3']),
      startedAt: fc.integer({ min: 1, max: 10 ** 6 }),
    },
    { requiredKeys: ['vmid', 'node', 'type'] },
  );
  fc.assert(
    fc.property(fc.uniqueArray(seen, { selector: ({ vmid }) => vmid }), (guests) => {
      const { view } = compareViews(undefined, guests);
      const again = compareViews(view, guests);
      expect(again.changes).toEqual([]);
      for (const [vmid, one] of again.view) expect(one).toEqual(view.get(vmid));
    }),
  );
});

it('an edit is a change once the NICs were read before', () => {
  const first = noteConfiguration(guest(100), { nics: 'a', pending: false });
  expect(first.change).toBeUndefined();
  expect(noteConfiguration(first.guest, { nics: 'a', pending: false }).change).toBeUndefined();
  expect(noteConfiguration(first.guest, { nics: 'b', pending: true }).change).toMatchObject({
    kind: 'edited',
    nodes: ['pve1'],
  });
});

it('every configuration has its turn, those that were never read sooner, and unreadable ones keep no other from it', () => {
  const known = { nics: 'a', pending: false };
  const view = viewOf(...Array.from({ length: 9 }, (_, n) => guest(100 + n, 'pve1', n < 6 ? known : {})));
  const read = new Set<number>();
  let after = 0;
  for (let look = 0; look < 6; look += 1) {
    const next = nextToRead(view, after, 4);
    expect(next).toHaveLength(4);
    for (const { vmid, nics } of next) {
      read.add(vmid);
      if (nics !== undefined) after = vmid;
    }
  }
  expect(read.size).toBe(9);
});
