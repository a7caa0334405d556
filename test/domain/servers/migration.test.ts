import fc from 'fast-check';
import type { IpAddress } from '../../../src/domain/values/ip';
import { membersOf } from '../../../src/domain/servers/membership/membersOf';
import { expectPlacement, notePass, portsToLeave } from '../../../src/domain/servers/placement';
import { samePort, type PortRef } from '../../../src/domain/values/port';
import type { ServerFacts } from '../../../src/domain/servers/portFacts';
import type { Placement } from '../../../src/domain/servers/server';
import { assigned, ip, junos, port, server } from '../../activities/fakes/values';

/** Three nodes, each with an uplink of its own on a switch of its own. */
const NODES = ['pve1', 'pve2', 'pve3'] as const;
const UPLINKS = NODES.map((_, index): PortRef => ({ device: junos(index + 1), port: port(`ae${index}.0`) }));
const VM = server(301);
const GUEST = 3001;
const HOST_PARTS = [1, 2];
const address = (n: number): IpAddress => ip(`10.0.48.${n}`);
const MOST_PASSES = 60;

type Step =
  | { readonly do: 'move'; readonly node: number }
  | { readonly do: 'look'; readonly node: number }
  | { readonly do: 'event' }
  | { readonly do: 'break'; readonly node: number }
  | { readonly do: 'mend'; readonly node: number }
  | { readonly do: 'assign'; readonly ip: number }
  | { readonly do: 'take'; readonly ip: number };

/** One VM, what the switches hold for it, and passes that are asked for one by one: the rules carried out in memory. */
class World {
  node = 0;
  readonly ips = new Set<IpAddress>([address(1)]);
  readonly bound = UPLINKS.map(() => new Set<IpAddress>());
  readonly broken = new Set<number>();
  placement: Placement | undefined;
  readonly queue: number[] = [];
  /** What was removed from where while the switch of the VM's node lacked it. */
  readonly cut: string[] = [];

  ask(index: number): void {
    if (!this.queue.includes(index)) this.queue.push(index);
  }

  /** What an event's workflow does: the new uplink first. */
  event(): void {
    const guest = { cluster: 'pve', node: NODES[this.node] ?? '', vmid: GUEST };
    const ref = UPLINKS[this.node];
    if (ref === undefined) return;
    const before = this.placement;
    this.placement = expectPlacement(
      { serverId: VM, kind: 'vm', ports: [{ ...ref, node: guest.node }], guest, ips: [...this.ips] },
      before,
    );
    this.ask(this.node);
    for (const placed of before?.ports ?? []) this.ask(UPLINKS.findIndex((uplink) => samePort(uplink, placed)));
  }

  /** @returns how many passes it took; more than the bound are a loop. */
  settle(): number {
    let passes = 0;
    for (
      let index = this.queue.shift();
      index !== undefined && passes < MOST_PASSES;
      index = this.queue.shift(), passes += 1
    )
      this.pass(index);
    return passes;
  }

  private pass(index: number): void {
    const here = UPLINKS[index];
    const present = this.bound[index];
    if (here === undefined || present === undefined) return;
    const where = UPLINKS[this.node];
    const node = NODES[this.node] ?? '';
    const vm: ServerFacts = {
      serverId: VM,
      entry: { state: 'found', name: 'vm-301', ips: [...this.ips].map((one) => assigned(one)) },
      guest: { cluster: 'pve', vmid: GUEST, node },
      ...(this.placement === undefined ? {} : { placement: this.placement }),
      ...(where === undefined || samePort(where, here)
        ? {}
        : { elsewhere: { where: `runs on ${node}`, uplinks: [[where]] } }),
    };
    const answer = membersOf({
      here,
      explainedIps: [],
      deletedServerIds: [],
      nodes: [{ cluster: 'pve', node: NODES[index] ?? '' }],
      isUplink: true,
      servers: [vm],
      holders: { holders: new Map(), unread: [] },
    });
    for (const next of answer.next) this.ask(UPLINKS.findIndex((uplink) => samePort(uplink, next)));
    if (this.broken.has(index)) return;
    const desired = new Set(answer.guests.flatMap((guest) => guest.ips.map((one) => one.ip)));
    for (const one of desired) present.add(one);
    for (const one of [...answer.removals.named, ...answer.removals.absent]) {
      if (desired.has(one) || !present.delete(one)) continue;
      if (this.ips.has(one) && this.bound[this.node]?.has(one) !== true)
        this.cut.push(`${one} at ${here.port} while ${node} lacked it`);
    }
    for (const note of answer.notes) {
      const before = this.placement;
      this.placement = notePass(before, note, here, present);
      if (note.at !== 'here' || this.placement === undefined) continue;
      for (const former of portsToLeave(before, this.placement, note, here))
        this.ask(UPLINKS.findIndex((uplink) => samePort(uplink, former)));
    }
  }
}

const anyNode = fc.integer({ min: 0, max: 2 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move' as const), node: anyNode }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('look' as const), node: anyNode }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('event' as const) }) },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('break' as const), node: anyNode }),
      fc.record({ do: fc.constant('mend' as const), node: anyNode }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('assign' as const), ip: fc.constantFrom(...HOST_PARTS) }),
      fc.record({ do: fc.constant('take' as const), ip: fc.constantFrom(...HOST_PARTS) }),
    ),
  },
);

function play(steps: readonly Step[]): World {
  const world = new World();
  world.event();
  world.settle();
  for (const step of steps) {
    if (step.do === 'move') world.node = step.node;
    else if (step.do === 'look') world.ask(step.node);
    else if (step.do === 'event') world.event();
    else if (step.do === 'break') world.broken.add(step.node);
    else if (step.do === 'mend') world.broken.delete(step.node);
    else if (step.do === 'assign') world.ips.add(address(step.ip));
    else if (world.ips.size > 1) world.ips.delete(address(step.ip));
    expect(world.settle()).toBeLessThan(MOST_PASSES);
  }
  return world;
}

describe('a VM that moves between nodes, in any order of moves, looks and faults', () => {
  it('never loses a binding at its old uplink before the new one has it', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), (steps) => {
        expect(play(steps).cut).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends on its own uplink alone once everything works and an event looks', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), (steps) => {
        const world = play(steps);
        world.broken.clear();
        world.event();
        expect(world.settle()).toBeLessThan(MOST_PASSES);
        expect(world.bound.map((set) => [...set].sort())).toEqual(
          NODES.map((_, index) => (index === world.node ? [...world.ips].sort() : [])),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('also when the pass over its old uplink alone sees that it moved', () => {
    const world = play([
      { do: 'move', node: 1 },
      { do: 'look', node: 0 },
    ]);
    expect(world.bound.map((set) => [...set])).toEqual([[], ['10.0.48.1'], []]);
  });

  it('keeps the old binding while the new uplink cannot be changed', () => {
    const world = play([{ do: 'break', node: 1 }, { do: 'move', node: 1 }, { do: 'event' }, { do: 'look', node: 0 }]);
    expect(world.bound.map((set) => [...set])).toEqual([['10.0.48.1'], [], []]);
  });
});
