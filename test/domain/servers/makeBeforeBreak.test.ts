import { membersOf, type Membership } from '../../../src/domain/servers/membership/membersOf';
import { notePass, notePlace } from '../../../src/domain/servers/placement';
import type { ServerFacts } from '../../../src/domain/servers/portFacts';
import type { Placement } from '../../../src/domain/servers/server';
import type { PortRef } from '../../../src/domain/values/port';
import { assigned, ip, junos, port, server } from '../../activities/fakes/values';

const VM = server(301);
const A = ip('10.0.48.1');
const OLD: PortRef = { device: junos(1), port: port('ae1.0') };
const NEW: PortRef = { device: junos(2), port: port('ae2.0') };
const GRACE_MS = 30_000;

/** One guest that is moved from pve1 to pve2, and what a pass over each uplink finds and remembers. */
class Move {
  /** The store's clock. */
  now = 1_000;
  node = 'pve1';
  isLocked = false;
  placement: Placement | undefined;

  /** A pass over an uplink that carries out all that it may: what was found, and whether A is bound there then. */
  pass(here: PortRef): Membership & { readonly isBound: boolean } {
    this.now += 1;
    const feeding = here === OLD ? 'pve1' : 'pve2';
    const other = feeding === 'pve1' ? NEW : OLD;
    const isArriving = this.isLocked && this.node === 'pve1' && feeding === 'pve2';
    const vm: ServerFacts = {
      serverId: VM,
      seenAt: this.now,
      entry: { state: 'found', name: 'vm-301', ips: [assigned(A)] },
      guest: {
        cluster: 'pve',
        vmid: 3001,
        node: this.node,
        ...(isArriving ? { arrivingAt: feeding } : {}),
        ...(this.isLocked ? { migrating: true } : {}),
      },
      ...(this.placement === undefined ? {} : { placement: this.placement }),
      ...(this.node === feeding || isArriving
        ? {}
        : { elsewhere: { where: `runs on ${this.node}`, uplinks: [[other]] } }),
    };
    const found = membersOf({
      here,
      now: this.now,
      moveGraceMs: GRACE_MS,
      explainedIps: [],
      deletedServerIds: [],
      nodes: [{ cluster: 'pve', node: feeding }],
      isUplink: true,
      servers: [vm],
      holders: { holders: new Map(), unread: [] },
    });
    const was = this.placement?.ports.find((one) => one.port === here.port)?.bound?.includes(A) === true;
    const isBound = found.guests.length > 0 || (was && !found.removals.named.includes(A));
    for (const note of found.notes) {
      const timed = { ...note, seenAt: this.now };
      this.placement = notePass(this.placement, timed, here, new Set(isBound ? [A] : []));
    }
    return { ...found, isBound };
  }
}

it('binds a guest at the uplink that it is on its way to before it arrives, and looks again until it is there', () => {
  const move = new Move();
  expect(move.pass(OLD).isBound).toBe(true);
  expect(move.pass(NEW).isBound).toBe(false);
  move.isLocked = true;
  const before = move.pass(NEW);
  expect([before.isBound, before.againAfterMs]).toEqual([true, 10_000]);
  expect(move.placement).toMatchObject({
    guest: { node: 'pve1' },
    ports: [
      { ...NEW, node: 'pve2' },
      { ...OLD, node: 'pve1' },
    ],
  });
  expect(move.pass(OLD)).toMatchObject({ isBound: true, removals: { named: [], absent: [] } });
});

it('keeps the old uplink until the migration is over, then for the grace time, and looks at it again by itself', () => {
  const move = new Move();
  move.pass(OLD);
  move.isLocked = true;
  move.pass(NEW);
  move.node = 'pve2';
  move.pass(NEW);
  const locked = move.pass(OLD);
  expect([locked.isBound, locked.againAfterMs, locked.retained[0]?.message]).toEqual([
    true,
    GRACE_MS,
    'vm-301 runs on pve2 now and is bound there; its bindings stay here until its migration is over',
  ]);
  move.isLocked = false;
  move.now += GRACE_MS / 2;
  const waiting = move.pass(OLD);
  expect([waiting.isBound, waiting.retained.map(({ rule }) => rule)]).toEqual([true, ['moved']]);
  expect(waiting.againAfterMs).toBeLessThanOrEqual(GRACE_MS / 2);
  move.now += waiting.againAfterMs ?? 0;
  const after = move.pass(OLD);
  expect([after.isBound, after.removals.named, after.againAfterMs]).toEqual([false, [A], undefined]);
});

it('a grace time never removes what the new uplink does not have, and ends when the guest comes back', () => {
  const move = new Move();
  move.pass(OLD);
  move.node = 'pve2';
  expect(move.pass(OLD).isBound).toBe(true);
  move.now += 10 * GRACE_MS;
  expect(move.pass(OLD)).toMatchObject({ isBound: true, next: [{ ...NEW, serverId: VM }] });
  move.pass(NEW);
  move.node = 'pve1';
  expect(move.pass(OLD)).toMatchObject({ isBound: true, guests: [{ vmid: 3001 }] });
  move.node = 'pve2';
  move.pass(NEW);
  // It left anew, so the grace time begins anew.
  expect(move.pass(OLD)).toMatchObject({ isBound: true, againAfterMs: GRACE_MS });
});

it('a migration that is given up leaves nothing at the uplink that the guest never reached', () => {
  const move = new Move();
  move.pass(OLD);
  move.isLocked = true;
  move.pass(NEW);
  move.isLocked = false;
  expect(move.pass(NEW).isBound).toBe(true);
  move.now += GRACE_MS;
  expect(move.pass(NEW).isBound).toBe(false);
  expect(move.pass(OLD).isBound).toBe(true);
});

it('a guest that is only seen elsewhere keeps the time at which it left', () => {
  const move = new Move();
  move.pass(OLD);
  move.node = 'pve2';
  move.pass(OLD);
  const left = move.placement?.ports.find(({ port: name }) => name === OLD.port)?.leftAt;
  const seen = { serverId: VM, kind: 'vm', ips: [A], ports: [], seenAt: 99_999 } as const;
  const after = notePlace({ ...seen, guest: { cluster: 'pve', node: 'pve2', vmid: 3001 } }, move.placement);
  expect(after.ports.find(({ port: name }) => name === OLD.port)?.leftAt).toBe(left);
});
