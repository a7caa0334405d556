import { createCommitToSwitch } from '../../../src/activities/commitToSwitch';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { Placement } from '../../../src/domain/servers/server';
import { ip, port, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { inActivity } from '../inActivity';
import { DEVICE, PORT } from '../portQuestions';

/** Whose an address is that stands on a list of what is not bound. */

const X = ip('10.0.48.9');
const OTHER = port('ge-0/0/2.0');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

function seen(id: number, ips: Placement['ips'], bound: Placement['ips']): void {
  const ports = [{ device: DEVICE, port: OTHER, bound }];
  world.store.placed.set(server(id), { serverId: server(id), kind: 'dedicated', ports, ips });
}

/** The server that the list names after a pass that leaves the address out. */
async function owner(): Promise<unknown> {
  const excluded = [{ ip: X, rule: 'vlan-unresolved' as const, message: 'no VLAN' }];
  const target = { port: PORT, desired: [], excluded, retainIps: [], removals: NO_REMOVALS, approved: false };
  const guards = { maxRemovedBindings: 5, maxRemovedShare: 0.5 };
  await inActivity(createCommitToSwitch(world), { device: DEVICE, batch: 1, guards, ports: [target] });
  expect(world.store.stands).toMatchObject([{ list: 'unbound', subject: X }]);
  return world.store.stands[0]?.serverId;
}

it('is the server that has it bound, though its entry lacks it now', async () => {
  seen(1, [], [X]);
  expect(await owner()).toBe(1);
});

it('is the one whose entry has it, rather than the one where it is still bound', async () => {
  seen(1, [], [X]);
  seen(2, [X], []);
  expect(await owner()).toBe(2);
});

it.each([
  ['whose entries have it', [X], []],
  ['that have it bound', [], [X]],
])('is nobody of several %s', async (_what, ips, bound) => {
  seen(1, ips, bound);
  seen(2, ips, bound);
  expect(await owner()).toBeUndefined();
});
