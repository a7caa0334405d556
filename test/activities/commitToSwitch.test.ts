import type { Placement } from '../../src/domain/servers/server';
import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import type { PassInput } from '../../src/protocol/activities';
import { createPasses } from '../../src/activities';
import { errorReport, PortwardenError } from '../../src/domain/errors';
import { addressesOf } from '../../src/domain/change/statement';
import { removalFingerprint } from '../../src/domain/change/removals';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { activityEnvironment, inActivity } from './inActivity';
import { ip, server } from './fakes/values';
import { DEVICE, held, input, MAC, P1, P2, target } from './passInputs';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

describe('what a pass reports and records', () => {
  it('applies, journals, backs up and words the outcome', async () => {
    const result = await inActivity(createCommitToSwitch(world), input(target()));
    expect(result.outcomes).toEqual([
      expect.objectContaining({
        port: P1,
        status: 'applied',
        added: [held('10.0.48.5')],
        removed: [],
        journalId: 'j1',
        commit: expect.stringContaining('batch 7') as unknown,
      }),
    ]);
    expect(world.store.entries).toEqual([expect.objectContaining({ port: P1, status: 'applied', diff: '[edit]' })]);
    const [seconds] = await world.store.journal.commitSeconds(DEVICE);
    expect(seconds).toBeGreaterThan(0);
    expect(world.store.saved).toHaveLength(1);
    expect(world.counted).toEqual(['batch 1', 'commit committed', 'outcome applied']);
  });

  it('commits nothing and journals nothing when nothing differs', async () => {
    world.device.actual.set(P1, [held('10.0.48.5')]);
    const result = await inActivity(createCommitToSwitch(world), input(target()));
    expect(result.outcomes[0]).toMatchObject({ status: 'unchanged', added: [], removed: [] });
    expect(result.outcomes[0]?.journalId).toBeUndefined();
    expect([world.device.commits, world.store.entries.length]).toEqual([0, 0]);
  });

  it('reports a rejected port alone', async () => {
    world.device.rejected.set(P2, errorReport('device-rejected', 'syntax error'));
    const result = await inActivity(createCommitToSwitch(world), input(target(P1), target(P2)));
    expect(result.outcomes.map((outcome) => [outcome.port, outcome.status, outcome.error?.code])).toEqual([
      [P1, 'applied', undefined],
      [P2, 'failed', 'device-rejected'],
    ]);
  });

  it.each(['journal', 'parked', 'placements'] as const)(
    'still reports what was committed when the store fails afterwards (%s)',
    async (part) => {
      world.store.break(part);
      const result = await inActivity(
        createCommitToSwitch(world),
        input(
          target(P1, ['10.0.48.5'], {
            notes: [{ serverId: server(9), kind: 'dedicated', at: 'here', ports: [], ips: [ip('10.0.48.5')] }],
          }),
        ),
      );
      expect(world.device.commits).toBe(1);
      expect(result.outcomes[0]).toMatchObject({ status: 'applied' });
      expect(result.outcomes[0]?.journalId).toBe(part === 'journal' ? undefined : 'j1');
      expect(world.counted).toContain('sourceError store store-unavailable');
      expect(world.counted.includes('journalFailed')).toBe(part === 'journal');
    },
  );

  it('backs up what the driver makes of the configuration: without its secrets', async () => {
    await inActivity(createCommitToSwitch(world), input(target()));
    expect(world.store.saved).toEqual([
      {
        device: DEVICE,
        configuration: 'the REDACTED configuration before',
        reason: expect.stringContaining('before ') as unknown,
      },
    ]);
  });

  it('does not commit what it could not back up', async () => {
    world.store.break('backups');
    await expect(inActivity(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    expect(world.device.commits).toBe(0);
  });

  it('forgets a deleted server at the port, once that is converged and not before', async () => {
    const gone = server(9);
    const notes = [{ serverId: gone, kind: 'dedicated' as const, at: 'deleted' as const, ips: [] }];
    world.store.placed.set(gone, {
      serverId: gone,
      kind: 'dedicated',
      ports: [
        { device: DEVICE, port: P1 },
        { device: DEVICE, port: P2 },
      ],
      ips: [ip('10.0.48.9')],
    });
    world.device.rejected.set(P1, errorReport('device-rejected', 'no'));
    await inActivity(createCommitToSwitch(world), input(target(P1, ['10.0.48.5'], { notes })));
    expect(world.store.placed.get(gone)?.ports).toHaveLength(2);
    world.device.rejected.clear();
    await inActivity(createCommitToSwitch(world), input(target(P1, ['10.0.48.5'], { notes })));
    expect(world.store.placed.get(gone)?.ports).toEqual([{ device: DEVICE, port: P2 }]);
    await inActivity(createCommitToSwitch(world), input(target(P2, [], { notes })));
    expect(world.store.placed.has(gone)).toBe(false);
  });

  it('remembers what was read back for a server, and asks for the port that it left only then', async () => {
    const guest = { cluster: 'pve', node: 'pve2', vmid: 100 };
    const before: Placement = {
      serverId: server(9),
      kind: 'vm',
      ports: [{ device: DEVICE, port: P2, node: 'pve1', bound: [ip('10.0.48.5')] }],
      guest: { ...guest, node: 'pve1' },
      ips: [ip('10.0.48.5')],
    };
    const notes = [
      { serverId: server(9), kind: 'vm' as const, at: 'here' as const, guest, ips: [ip('10.0.48.5'), ip('10.0.48.6')] },
    ];
    world.store.placed.set(server(9), before);
    world.device.rejected.set(P1, errorReport('device-rejected', 'no'));
    await inActivity(createCommitToSwitch(world), input(target(P1, ['10.0.48.5'], { notes })));
    expect([world.store.placed.get(server(9)), world.enlisted]).toEqual([before, []]);
    world.device.rejected.clear();
    await inActivity(createCommitToSwitch(world), input(target(P1, ['10.0.48.5'], { notes })));
    expect(world.store.placed.get(server(9))).toEqual({
      serverId: 9,
      kind: 'vm',
      ports: [
        { device: DEVICE, port: P1, node: 'pve2', bound: ['10.0.48.5'], macs: [{ mac: MAC, vlan: 13 }] },
        { device: DEVICE, port: P2, node: 'pve1', bound: ['10.0.48.5'] },
      ],
      guest,
      ips: ['10.0.48.5', '10.0.48.6'],
    });
    expect(world.enlisted).toEqual([
      {
        device: DEVICE,
        request: {
          port: P2,
          serverIds: [9],
          nodes: [{ cluster: 'pve', node: 'pve1' }],
          deletedServerIds: [],
          explainedIps: [],
        },
      },
    ]);
  });
});

describe('removals that a guard holds', () => {
  const both = [held('10.0.48.5'), held('10.0.48.6')];
  const wipe = target(P1, [], { removals: { named: [], absent: addressesOf(both) } });
  const row = `${DEVICE} ${P1}`;
  beforeEach(() => {
    world.device.actual.set(P1, both);
  });

  it('park an empty answer, remember exactly these removals and change nothing', async () => {
    const result = await inActivity(createCommitToSwitch(world), input(wipe));
    const fingerprint = removalFingerprint(P1, both);
    expect(result.outcomes[0]).toMatchObject({
      status: 'parked',
      added: [],
      removed: [],
      parked: { remove: both, fingerprint },
      journalId: 'j1',
    });
    expect(result.outcomes[0]?.summary).toMatch(
      /^Parked until a person confirms: .*no binding.*`portwarden port approve junos:1 ge-0\/0\/1\.0`/,
    );
    expect(world.store.changes.get(row)).toMatchObject({
      fingerprint,
      removed: both,
      added: [],
      reason: expect.stringContaining('no binding') as unknown,
    });
    expect(world.store.entries).toEqual([
      expect.objectContaining({ status: 'parked', added: [], removed: both, commands: [] }),
    ]);
    expect([world.device.commits, world.store.placed.size]).toEqual([0, 0]);
  });

  it('are carried out when approved, and then nothing waits any more', async () => {
    await inActivity(createCommitToSwitch(world), input(wipe));
    const result = await inActivity(createCommitToSwitch(world), input({ ...wipe, approved: true }));
    expect(result.outcomes[0]).toMatchObject({
      status: 'applied',
      removed: both.map((one) => ({ ...one, because: 'approved' })),
    });
    expect(result.outcomes[0]?.parked).toBeUndefined();
    expect(world.device.actual.get(P1)).toEqual([]);
    expect(world.store.changes.size).toBe(0);
  });

  it('are not carried out when they are other ones than those approved', async () => {
    await inActivity(createCommitToSwitch(world), input(wipe));
    world.device.actual.set(P1, [...both, held('10.0.48.7')]);
    const result = await inActivity(createCommitToSwitch(world), input({ ...wipe, approved: true }));
    expect(result.outcomes[0]?.status).toBe('parked');
    expect(world.device.commits).toBe(0);
  });

  it('of a port where nothing is parked, an approval approves nothing', async () => {
    const result = await inActivity(createCommitToSwitch(world), input({ ...wipe, approved: true }));
    expect(result.outcomes[0]?.status).toBe('parked');
  });

  it('do not exist where events name the addresses', async () => {
    const result = await inActivity(
      createCommitToSwitch(world),
      input({ ...wipe, removals: { named: addressesOf(both), absent: [] } }),
    );
    expect(result.outcomes[0]?.status).toBe('applied');
  });

  it('hold up neither an addition nor a removal that an event names', async () => {
    world.device.actual.set(P1, [...both, held('10.0.48.9')]);
    const { absent } = wipe.removals;
    const result = await inActivity(
      createCommitToSwitch(world),
      input({ ...target(P1, ['10.0.48.1']), removals: { named: [ip('10.0.48.9')], absent } }),
    );
    expect(result.outcomes[0]).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.1')],
      removed: [held('10.0.48.9')],
      parked: { remove: both },
    });
    expect(result.outcomes[0]?.summary).toMatch(
      /^1 added, 1 removed; committed on .* Parked until a person confirms: 2 of 3 bindings/,
    );
    expect(world.store.changes.get(row)).toMatchObject({ removed: both });
    expect(world.store.entries.map(({ status }) => status)).toEqual(['applied', 'parked']);
    expect(result.outcomes[0]?.journalId).toBe('j1');
  });

  it('keep the memory of the server whose addresses they are', async () => {
    const gone = server(9);
    const ips = addressesOf(both);
    world.store.placed.set(gone, { serverId: gone, kind: 'dedicated', ports: [{ device: DEVICE, port: P1 }], ips });
    const notes = [{ serverId: gone, kind: 'dedicated' as const, at: 'deleted' as const, ips: [] }];
    await inActivity(createCommitToSwitch(world), input({ ...wipe, notes }));
    expect(world.store.placed.get(gone)?.ports).toEqual([{ device: DEVICE, port: P1, bound: ips, left: true }]);
  });
});

describe('bindings that nobody knows', () => {
  const byHand = [held('10.0.48.8'), held('10.0.48.9')];
  const pass = async (...ports: PassInput['ports'][number][]) =>
    (await inActivity(createCommitToSwitch(world), input(...ports))).outcomes[0];
  beforeEach(() => {
    world.device.actual.set(P1, byHand);
  });

  it('stay beside what is bound, and the outcome says so', async () => {
    const outcome = await pass(target());
    expect(outcome).toMatchObject({
      status: 'applied',
      added: [held('10.0.48.5')],
      removed: [],
      parked: { remove: byHand },
    });
    expect(outcome?.summary).toContain(
      '2 of 2 bindings are assigned to no server behind the port and stay (10.0.48.8, 10.0.48.9)',
    );
    expect(world.device.actual.get(P1)).toEqual([held('10.0.48.5'), ...byHand]);
  });

  it('are journaled once, and again when they change', async () => {
    for (let again = 0; again < 3; again += 1) await pass(target());
    expect(world.store.entries.map(({ status }) => status)).toEqual(['applied', 'parked']);
    world.store.intents.splice(0);
    expect(await pass(target())).toMatchObject({ status: 'unchanged', parked: { remove: byHand } });
    world.device.actual.set(P1, [held('10.0.48.5'), held('10.0.48.9')]);
    expect((await pass(target()))?.journalId).toBe('j3');
    expect(world.store.entries[2]).toMatchObject({ status: 'parked', removed: [held('10.0.48.9')] });
  });

  it('wait no longer once they are gone or desired', async () => {
    await pass(target());
    expect(world.store.changes.size).toBe(1);
    await pass(target(P1, ['10.0.48.5', '10.0.48.8', '10.0.48.9']));
    expect(world.store.changes.size).toBe(0);
  });

  it('wait on while the port fails', async () => {
    await pass(target());
    world.device.rejected.set(P1, errorReport('device-rejected', 'no'));
    expect((await pass(target(P1, ['10.0.48.6'])))?.parked).toBeUndefined();
    expect(world.store.changes.size).toBe(1);
  });

  it('are none of those whose address was left out and reported: what is bound for it stays and waits for nobody', async () => {
    const excluded = [
      { ip: ip('10.0.48.8'), rule: 'vlan-not-allowed' as const, message: 'VLAN 13 is not in the allowlist' },
    ];
    expect(await pass(target(P1, [], { excluded }))).toMatchObject({
      status: 'unchanged',
      parked: { remove: [held('10.0.48.9')] },
    });
    expect(await pass(target(P1, [], { excluded, removals: { named: [ip('10.0.48.8')], absent: [] } }))).toMatchObject({
      status: 'applied',
      removed: [held('10.0.48.8')],
    });
  });
});

describe('the fence', () => {
  it('an attempt that another process overtook does not commit', async () => {
    world.device.beforeCommit = async () => {
      await world.store.fences.claim(DEVICE, 'another process');
    };
    await expect(inActivity(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'stale-attempt',
    });
    expect([world.device.commits, world.device.actual.size]).toEqual([0, 0]);
  });

  it('a successor in this process aborts its predecessor, waits for its end, and alone commits', async () => {
    const commit = createCommitToSwitch(world);
    const order: string[] = [];
    let held1 = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      held1 = resolve;
    });
    world.device.beforeCommit = (signal) => {
      world.device.beforeCommit = async () => {
        order.push('second at its commit');
      };
      held1();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          order.push('first aborted');
          reject(signal.reason as Error);
        });
      });
    };
    const first = inActivity(commit, input(target(P1, ['10.0.48.1'])), { activityId: '1' });
    await reached;
    const second = inActivity(commit, input(target(P1, ['10.0.48.2'])), { activityId: '2' });
    await expect(first).rejects.toMatchObject({ code: 'stale-attempt' });
    expect((await second).outcomes[0]?.status).toBe('applied');
    expect(order).toEqual(['first aborted', 'second at its commit']);
    expect(world.device.actual.get(P1)).toEqual([held('10.0.48.2')]);
  });

  it('of three attempts at once only the last commits', async () => {
    const commit = createCommitToSwitch(world);
    let reached = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let stops = 0;
    world.device.beforeCommit = (signal) => {
      stops += 1;
      reached();
      if (stops > 1) return Promise.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    };
    const first = inActivity(commit, input(target(P1, ['10.0.48.1'])), { activityId: '1' });
    await waiting;
    const others = ['2', '3'].map((activityId) =>
      inActivity(commit, input(target(P1, [`10.0.48.${activityId}`])), { activityId }),
    );
    const ends = await Promise.allSettled([first, ...others]);
    expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect([world.device.commits, world.device.actual.get(P1)]).toEqual([1, [held('10.0.48.3')]]);
  });

  it('a cancelled attempt does not commit', async () => {
    const environment = activityEnvironment();
    world.device.beforeCommit = async () => {
      environment.cancel('CANCELLED');
    };
    await expect(environment.run(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'stale-attempt',
    });
    expect(world.device.commits).toBe(0);
  });

  it('when the worker stops, an attempt before its commit stops too, and one in its commit goes on', async () => {
    world.device.beforeCommit = async () => {
      world.stop();
    };
    await expect(inActivity(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'stale-attempt',
      message: expect.stringContaining('the worker stops') as unknown,
    });
    expect(world.device.commits).toBe(0);

    world = fakeWorld();
    world.device.duringCommit = async () => {
      world.stop();
    };
    expect((await inActivity(createCommitToSwitch(world), input(target()))).outcomes[0]?.status).toBe('applied');
    await expect(inActivity(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'stale-attempt',
    });
  });

  it('an attempt whose token cannot be stored does not touch the device', async () => {
    world.store.break('fences');
    await expect(inActivity(createCommitToSwitch(world), input(target()))).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    expect(world.device.begun).toEqual([]);
    world.store.mend('fences');
    expect((await inActivity(createCommitToSwitch(world), input(target()))).outcomes[0]?.status).toBe('applied');
  });
});

it('a device fault fails the activity with its code and is counted', async () => {
  world.device.fault = new PortwardenError('device-busy', 'configuration database locked by admin');
  const { commitToSwitch } = createPasses(world);
  if (commitToSwitch === undefined) throw new Error('no pass for switches');
  await expect(inActivity(commitToSwitch, input(target()))).rejects.toMatchObject({
    type: 'device-busy',
    nonRetryable: false,
  });
  expect(world.counted).toEqual(['commit failed', 'sourceError device device-busy']);
});

it('beats with the step it is in', async () => {
  const environment = activityEnvironment();
  const beats: unknown[] = [];
  environment.on('heartbeat', (details) => {
    beats.push(details);
  });
  await environment.run(createCommitToSwitch(world), input(target()));
  expect(beats).toEqual(['lock', 'read', 'backup', 'commit']);
});
