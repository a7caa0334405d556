import fc from 'fast-check';
import { expectPlacement, notePass, notePlace } from '../../../src/domain/servers/placement';
import type { Placement } from '../../../src/domain/servers/server';
import { ip, junos, port, server } from '../../activities/fakes/values';

const serverId = server(301);
const A = ip('10.0.48.1');
const guestOn = (node: number) => ({ cluster: 'pve', node: `pve${node}`, vmid: 3001 });
const uplinkOf = (node: number) => ({ device: junos(1), port: port(`ae${node}.0`) });

/** What somebody writes at last, by a reading of a certain age. */
type Write = { readonly by: 'sight' | 'event' | 'pass'; readonly node: number; readonly seenAt: number };
const write = fc.record({
  by: fc.constantFrom<Write['by']>('sight', 'event', 'pass'),
  node: fc.integer({ min: 1, max: 4 }),
  seenAt: fc.integer({ min: 1, max: 50 }),
});

function apply(before: Placement | undefined, { by, node, seenAt }: Write): Placement | undefined {
  const guest = guestOn(node);
  const known = { serverId, kind: 'vm', guest, ips: [A], seenAt } as const;
  if (by === 'sight') return notePlace({ ...known, ports: [] }, before);
  if (by === 'event') return expectPlacement({ ...known, ports: [{ ...uplinkOf(node), node: guest.node }] }, before);
  return notePass(before, { ...known, at: 'here' }, uplinkOf(node), new Set([A]));
}

test('where a server is says the newest reading, in whatever order they are written; no port with bindings is forgotten', () => {
  fc.assert(
    fc.property(fc.uniqueArray(write, { selector: ({ seenAt }) => seenAt, minLength: 1 }), (writes) => {
      const after = writes.reduce<Placement | undefined>(apply, undefined);
      const newest = [...writes].sort((a, b) => b.seenAt - a.seenAt)[0];
      expect(after?.guest).toEqual(guestOn(newest?.node ?? 0));
      expect(after?.seenAt).toBe(newest?.seenAt);
      for (const { by, node } of writes) {
        if (by !== 'pass') continue;
        const placed = after?.ports.find((one) => one.port === uplinkOf(node).port);
        expect([placed?.bound, placed?.node]).toEqual([[A], `pve${node}`]);
      }
    }),
  );
});

test('of a server that is remembered only its place changes when it is seen: what is bound is for passes to say', () => {
  const before: Placement = {
    serverId,
    kind: 'vm',
    guest: guestOn(1),
    ips: [A],
    ports: [{ ...uplinkOf(1), bound: [A] }],
  };
  const seen = { serverId, kind: 'vm', guest: guestOn(2), ips: [ip('10.0.48.9')], ports: [], seenAt: 5 } as const;
  expect(notePlace(seen, before)).toEqual({
    ...before,
    guest: guestOn(2),
    ports: [{ ...uplinkOf(1), node: 'pve1', bound: [A] }],
    seenAt: 5,
  });
  expect(notePlace(seen, { ...before, seenAt: 6 })).toEqual({ ...before, seenAt: 6 });
});
