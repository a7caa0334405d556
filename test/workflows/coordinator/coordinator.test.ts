import type {
  CommitToSwitchInput,
  DesiredPortBindings,
  FetchServerIpsInput,
  FilterByVlanInput,
  NotifyInput,
  PortServers,
} from '../../../src/protocol/activities';
import {
  errorReport,
  PortwardenError,
  reportError,
  type ErrorCode,
  type ErrorReport,
} from '../../../src/domain/errors';
import { plainOutcome, type PortOutcome } from '../../../src/domain/change/outcome';
import type { PortName } from '../../../src/domain/values/port';
import type { NodeInventory } from '../../../src/domain/servers/server';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { CoordinatorInput, CoordinatorSettings } from '../../../src/protocol/coordinator';
import type { EnlistRequest } from '../../../src/protocol/requests';
import { portRequest, type NodeSubject } from '../../../src/domain/servers/portRequest';
import {
  Coordinator,
  type CoordinatorHost,
  type CoordinatorSteps,
} from '../../../src/workflows/coordinator/coordinator';
import { describeCoordinator } from '../../../src/workflows/coordinator/describe';
import { guest, ip, junos, mac, nic, port, vlan } from '../../activities/fakes/values';

const DEVICE = junos(1);
const P = (n: number): PortName => port(`ge-0/0/${n}.0`);
const SETTINGS: CoordinatorSettings = {
  batchPorts: 5,
  batchBindings: 10,
  initialBackoffMs: 1_000,
  maximumBackoffMs: 8_000,
  giveUpAfterMs: 60_000,
  guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
};

/** Steps in memory, each of which a test can replace; everything they were asked is kept. */
class Steps implements CoordinatorSteps {
  readonly asked: string[] = [];
  readonly told: NotifyInput[] = [];
  readonly commits: CommitToSwitchInput[] = [];
  bindings = 1;

  gatherVmMacs = async (node: NodeSubject): Promise<NodeInventory> => {
    this.asked.push(`gather ${node.node}`);
    const guests = [guest(1, [nic(0, 'bc:24:11:00:00:01')]), guest(2, [nic(0, 'bc:24:11:00:00:02')])];
    return { ...node, guests, guestNodes: guests.map(({ vmid }) => ({ vmid, node: node.node })) };
  };

  fetchServerIps = async (input: FetchServerIpsInput) => {
    this.asked.push('fetch');
    if (input.of !== 'batch') throw new Error('asked for an event');
    return { of: 'batch' as const, summary: '', ports: input.ports.map((question) => this.servers(question.port)) };
  };

  filterByVlan = async ({ ports }: FilterByVlanInput) => {
    this.asked.push('filter');
    return {
      summary: '',
      ports: ports.map(({ servers }) => this.desired(servers.port)),
      failed: [] as { port: PortName; error: ErrorReport }[],
    };
  };

  commitToSwitch = async (input: CommitToSwitchInput) => {
    this.asked.push(`commit ${input.ports.map(({ port: name }) => name).join(',')}`);
    this.commits.push(input);
    return { summary: '', outcomes: input.ports.map(({ port: name }) => this.outcome(name)), commands: [], notes: [] };
  };

  notifyWaiters = async (input: NotifyInput): Promise<void> => {
    this.told.push(input);
  };
  dropParked = async (): Promise<boolean> => true;

  servers(name: PortName): PortServers {
    return { port: name, dedicated: [], guests: [], removals: NO_REMOVALS, missingGuests: [] };
  }

  desired(name: PortName): DesiredPortBindings {
    const desired = Array.from({ length: this.bindings }, (_, i) => ({
      ip: ip(`10.0.0.${i + 1}`),
      mac: mac('00:50:56:00:00:01'),
      vlan: vlan(13),
    }));
    return { port: name, desired, excluded: [], retainIps: [], removals: NO_REMOVALS };
  }

  outcome(name: PortName): PortOutcome {
    return plainOutcome(DEVICE, name, 'applied', 'done');
  }

  /** Every outcome that a waiter was told, as `waiter port status`. */
  outcomes(): string[] {
    return this.told.flatMap(({ outcomes }) =>
      outcomes.flatMap(({ outcome, waiters }) =>
        waiters.map((waiter) => `${waiter} ${outcome.port} ${outcome.status}`),
      ),
    );
  }

  progress(): string[] {
    return this.told.flatMap(({ progress }) =>
      progress.flatMap(({ progress: report, waiters }) => waiters.map((waiter) => `${waiter} ${report.message}`)),
    );
  }
}

const fault = (code: ErrorCode) => async (): Promise<never> => {
  throw new PortwardenError(code, `it was ${code}`);
};

function setUp(input: Partial<CoordinatorInput> = {}) {
  const steps = new Steps();
  const shown: string[] = [];
  const logged: string[] = [];
  const clock = { now: 1_000_000 };
  const host: CoordinatorHost = {
    steps,
    now: () => clock.now,
    explain: reportError,
    show: (details) => {
      shown.push(details);
    },
    log: (message) => {
      logged.push(message);
    },
  };
  const coordinator = new Coordinator({ device: DEVICE, settings: SETTINGS, ...input }, host);
  const enlist = (n: number, waiter?: string, extra: Partial<EnlistRequest> = {}): void => {
    coordinator.enlist([{ ...portRequest(P(n)), ...(waiter === undefined ? {} : { waiter }), ...extra }]);
  };
  return { steps, shown, logged, clock, coordinator, enlist };
}

it('asks every source once for a batch, commits once, and tells each waiter once', async () => {
  const { steps, coordinator, enlist } = setUp();
  const nodes = [{ cluster: 'c', node: 'n1' }];
  enlist(1, 'a', { nodes });
  enlist(1, 'b', { nodes });
  enlist(2, 'c', { nodes: [...nodes, { cluster: 'c', node: 'n2' }] });
  enlist(1, 'a', { nodes });
  await coordinator.runBatch();
  expect(steps.asked).toEqual(['gather n1', 'gather n2', 'fetch', 'filter', `commit ${P(1)},${P(2)}`]);
  expect(steps.outcomes().sort()).toEqual([`a ${P(1)} applied`, `b ${P(1)} applied`, `c ${P(2)} applied`]);
  expect(coordinator.isReady()).toBe(false);
});

describe('a fault of one node', () => {
  it('makes the ports it feeds wait, and no other', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    const gather = steps.gatherVmMacs;
    steps.gatherVmMacs = async (node) => (node.node === 'down' ? fault('proxmox-node-down')() : gather(node));
    enlist(1, 'a', {
      nodes: [
        { cluster: 'c', node: 'down' },
        { cluster: 'c', node: 'up' },
      ],
    });
    enlist(2, 'b', { nodes: [{ cluster: 'c', node: 'up' }] });
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
    expect(steps.progress()).toEqual([
      `a Waiting: proxmox-node-down: it was proxmox-node-down Next try at ${new Date(clock.now + 1_000).toISOString()}.`,
    ]);
    expect(coordinator.state()).toMatchObject({
      pending: [{ port: P(1), attempts: 1, waiters: 1 }],
      lastOutcomes: [{ port: P(2) }],
    });
    expect(coordinator.state().deviceError).toBeUndefined();
  });

  it('says it once as long as it stays the same', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.gatherVmMacs = fault('proxmox-node-down');
    enlist(1, 'a', { nodes: [{ cluster: 'c', node: 'n' }] });
    for (let i = 0; i < 4; i += 1) {
      await coordinator.runBatch();
      clock.now += 8_000;
    }
    expect(steps.progress()).toHaveLength(1);
    steps.gatherVmMacs = fault('proxmox-no-quorum');
    await coordinator.runBatch();
    expect(steps.progress()).toHaveLength(2);
  });
});

describe('a fault of one port', () => {
  it.each(['panel-failed', 'internal'] as const)('that may pass (%s) makes it wait alone', async (code) => {
    const { steps, coordinator, enlist } = setUp();
    const { servers } = steps;
    steps.servers = (name) => (name === P(1) ? { ...servers(name), error: errorReport(code, 'x') } : servers(name));
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
    expect(coordinator.queue.size).toBe(1);
  });

  it('that does not pass fails it alone', async () => {
    const { steps, coordinator, enlist } = setUp();
    const filter = steps.filterByVlan;
    steps.filterByVlan = async (input) => {
      const result = await filter(input);
      return {
        ...result,
        ports: result.ports.filter(({ port: name }) => name !== P(1)),
        failed: [{ port: P(1), error: errorReport('panel-forbidden', 'no such port') }],
      };
    };
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes().sort()).toEqual([`a ${P(1)} failed`, `b ${P(2)} applied`]);
    expect(coordinator.queue.size).toBe(0);
  });

  it('a requirement that does not hold skips it', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.servers = (name) => ({
      port: name,
      dedicated: [],
      guests: [],
      removals: NO_REMOVALS,
      missingGuests: [],
      unmet: { requirement: 'switch-automation', message: 'off' },
    });
    enlist(1, 'a');
    await coordinator.runBatch();
    expect([steps.outcomes(), steps.commits]).toEqual([[`a ${P(1)} skipped`], []]);
  });

  it.each([
    ['rejected by the device', 'device-rejected', [`a ${P(1)} failed`], 0],
    ['to be tried again, says the driver', 'device-readback-mismatch', [], 1],
  ] as const)('%s', async (_name, code, told, waiting) => {
    const { steps, coordinator, enlist } = setUp();
    const error = errorReport(code, 'x');
    steps.outcome = (name) =>
      name === P(1)
        ? plainOutcome(DEVICE, name, 'failed', 'x', { error })
        : plainOutcome(DEVICE, name, 'applied', 'done');
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes().sort()).toEqual([...told, `b ${P(2)} applied`].sort());
    expect(coordinator.queue.size).toBe(waiting);
  });
});

describe('a fault of all', () => {
  it.each(['fetchServerIps', 'filterByVlan'] as const)(
    '%s fails: all wait, each with its own back-off, and nothing is committed',
    async (step) => {
      const { steps, coordinator, enlist } = setUp();
      steps[step] = fault('panel-unreachable');
      enlist(1, 'a');
      enlist(2, 'b');
      await coordinator.runBatch();
      expect([steps.outcomes(), steps.commits, coordinator.queue.size]).toEqual([[], [], 2]);
      expect(coordinator.state().deviceError).toBeUndefined();
      expect(steps.progress()).toHaveLength(2);
    },
  );

  it('the device is busy: everybody waits, later ones too, and the sources are read again at the next try', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    const commit = steps.commitToSwitch;
    steps.commitToSwitch = fault('device-busy');
    enlist(1, 'a');
    await coordinator.runBatch();
    enlist(2, 'b');
    expect(coordinator.isReady()).toBe(false);
    expect(coordinator.state()).toMatchObject({
      deviceError: { code: 'device-busy' },
      pending: [
        { port: P(1), reason: expect.stringContaining('device-busy') as unknown },
        { port: P(2), waitingUntil: new Date(clock.now + 1_000).toISOString() },
      ],
    });
    clock.now += 1_000;
    steps.commitToSwitch = commit;
    await coordinator.runBatch();
    expect(steps.asked.filter((asked) => asked === 'fetch')).toHaveLength(2);
    expect(steps.outcomes().sort()).toEqual([`a ${P(1)} applied`, `b ${P(2)} applied`]);
    expect(coordinator.state().deviceError).toBeUndefined();
  });

  it('the device refuses the login: all fail, nobody waits for it', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.commitToSwitch = fault('device-authentication');
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes().sort()).toEqual([`a ${P(1)} failed`, `b ${P(2)} failed`]);
    enlist(3, 'c');
    expect(coordinator.isReady()).toBe(true);
  });

  it('gives up after the configured time and says what it waited for', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.commitToSwitch = fault('device-unreachable');
    enlist(1, 'a');
    for (let i = 0; i < 100 && coordinator.queue.size > 0; i += 1) {
      await coordinator.runBatch();
      clock.now += 1_000;
    }
    expect(steps.outcomes()).toEqual([`a ${P(1)} failed`]);
    expect(steps.told.at(-1)?.outcomes[0]?.outcome).toMatchObject({
      error: { code: 'waited-too-long', message: expect.stringContaining('device-unreachable') as unknown },
    });
    expect(clock.now - 1_000_000).toBeGreaterThan(SETTINGS.giveUpAfterMs);
  });
});

describe('nothing is lost', () => {
  it.each([
    [
      'fetchServerIps',
      (steps: Steps) => {
        steps.fetchServerIps = async () => ({ of: 'batch', summary: '', ports: [] });
      },
    ],
    [
      'filterByVlan',
      (steps: Steps) => {
        steps.filterByVlan = async () => ({ summary: '', ports: [], failed: [] });
      },
    ],
    [
      'commitToSwitch',
      (steps: Steps) => {
        steps.commitToSwitch = async () => ({ summary: '', outcomes: [], commands: [], notes: [] });
      },
    ],
  ])('when %s says nothing about a port, it goes back to the queue', async (_name, arrange) => {
    const { steps, coordinator, enlist } = setUp();
    arrange(steps);
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(coordinator.snapshot().pending).toEqual([
      expect.objectContaining({
        port: P(1),
        waiters: ['a'],
        lastError: expect.objectContaining({ code: 'internal' }) as unknown,
      }),
    ]);
  });

  it('a second outcome for a port is not told', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.commitToSwitch = async () => ({
      summary: '',
      outcomes: [steps.outcome(P(1)), plainOutcome(DEVICE, P(1), 'failed', 'no')],
      commands: [],
      notes: [],
    });
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`a ${P(1)} applied`]);
  });

  it('that it has a result is said after its waiters were told, also when there are none, and only of results that want it', async () => {
    const { steps, coordinator, enlist } = setUp();
    const { commitToSwitch } = steps;
    steps.commitToSwitch = async (input) => ({ ...(await commitToSwitch(input)), pass: 'run/5/1' });
    enlist(1, 'a');
    await coordinator.runBatch();
    enlist(1);
    await coordinator.runBatch();
    steps.commitToSwitch = commitToSwitch;
    enlist(1);
    await coordinator.runBatch();
    const answered = { device: DEVICE, pass: 'run/5/1' };
    expect(steps.told).toEqual([
      { outcomes: [expect.objectContaining({ waiters: ['a'] })], progress: [], answered },
      { outcomes: [], progress: [], answered },
    ]);
  });

  it('waiters that cannot be told do not stop it', async () => {
    const { steps, coordinator, enlist, logged } = setUp();
    steps.notifyWaiters = fault('internal');
    enlist(1, 'a');
    await coordinator.runBatch();
    expect(logged).toEqual(['waiting events could not be told; they will ask again']);
    expect(coordinator.state().running).toBeUndefined();
  });

  it('a port that needs nodes nobody named is looked at again with them, at once', async () => {
    const { steps, coordinator, enlist } = setUp();
    const { servers } = steps;
    let first = true;
    steps.servers = (name) => {
      const unread = first && name === P(1) ? { unreadNodes: [{ cluster: 'c', node: 'n9' }] } : {};
      first = false;
      return { ...servers(name), ...unread };
    };
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`]);
    expect(coordinator.isReady()).toBe(true);
    await coordinator.runBatch();
    expect(steps.asked).toContain('gather n9');
    expect(steps.outcomes()).toEqual([`b ${P(2)} applied`, `a ${P(1)} applied`]);
  });

  it('a snapshot restored from JSON goes on where it was', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.commitToSwitch = fault('device-busy');
    enlist(1, 'a');
    await coordinator.runBatch();
    coordinator.setPaused(true);
    const next = setUp(JSON.parse(JSON.stringify(coordinator.snapshot())) as CoordinatorInput);
    expect(next.coordinator.snapshot()).toEqual(coordinator.snapshot());
    expect(next.coordinator.isReady()).toBe(false);
    next.clock.now = clock.now + 1_000;
    next.coordinator.setPaused(false);
    await next.coordinator.runBatch();
    expect(next.steps.outcomes()).toEqual([`a ${P(1)} applied`]);
    expect(next.steps.commits[0]?.batch).toBe(2);
  });
});

describe('limits', () => {
  it('takes as many ports as a batch may have, the others next', async () => {
    const { steps, coordinator, enlist } = setUp();
    for (let n = 1; n <= 7; n += 1) enlist(n, `w${n}`);
    await coordinator.runBatch();
    await coordinator.runBatch();
    expect(steps.commits.map(({ ports }) => ports.length)).toEqual([5, 2]);
  });

  it('commits as many bindings as a batch may have, but never nothing', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.bindings = 4;
    for (let n = 1; n <= 3; n += 1) enlist(n, `w${n}`);
    await coordinator.runBatch();
    expect(steps.commits[0]?.ports.map(({ port: name }) => name)).toEqual([P(1), P(2)]);
    await coordinator.runBatch();
    expect(steps.commits[1]?.ports.map(({ port: name }) => name)).toEqual([P(3)]);
    steps.bindings = 100;
    enlist(4, 'w4');
    await coordinator.runBatch();
    expect(steps.outcomes()).toHaveLength(4);
  });
});

describe('operators', () => {
  it('an approval reaches the commit of that port alone, and only once', async () => {
    const { steps, coordinator, enlist } = setUp();
    enlist(2, 'b');
    coordinator.queue.approve(P(1), 1_000_000);
    await coordinator.runBatch();
    expect(steps.commits[0]?.ports.map(({ port: name, approved }) => [name, approved])).toEqual([
      [P(2), false],
      [P(1), true],
    ]);
    enlist(1);
    await coordinator.runBatch();
    expect(steps.commits[1]?.ports[0]?.approved).toBe(false);
  });

  it('a rejection is shown; one that fails is logged', async () => {
    const { steps, coordinator, logged } = setUp();
    await coordinator.reject(P(1));
    expect(coordinator.state().lastOutcomes).toMatchObject([
      { port: P(1), status: 'skipped', summary: 'A person rejected the parked change' },
    ]);
    steps.dropParked = fault('store-unavailable');
    await coordinator.reject(P(1));
    expect(logged).toHaveLength(1);
  });

  it('a pause keeps everything until it ends', () => {
    const { coordinator, enlist } = setUp();
    coordinator.setPaused(true);
    enlist(1, 'a');
    expect([coordinator.isReady(), coordinator.isIdle()]).toEqual([false, false]);
    coordinator.setPaused(false);
    expect(coordinator.isReady()).toBe(true);
  });

  it('see what it does, who waits and why, in words', async () => {
    const { steps, coordinator, enlist, shown } = setUp();
    steps.outcome = (name) => plainOutcome(DEVICE, name, 'applied', 'one added');
    const { servers } = steps;
    steps.servers = (name) =>
      name === P(1) ? { ...servers(name), error: errorReport('panel-failed', 'HTTP 500') } : servers(name);
    enlist(1, 'a');
    enlist(2);
    await coordinator.runBatch();
    expect(shown.some((text) => text.startsWith(`Batch 1: committing (${P(2)})`))).toBe(true);
    const last = describeCoordinator(coordinator.state());
    expect(last).toMatch(/^Waiting/);
    expect(last).toMatch(
      new RegExp(`- \`${P(1)}\` since .*, until .*, 1 event\\(s\\), because panel-failed: HTTP 500`),
    );
    expect(last).toMatch(new RegExp(`- \`${P(2)}\` applied at .*: one added`));
  });

  it('see at most twenty ports, and outcomes are forgotten after 200', async () => {
    const { coordinator, enlist } = setUp({ settings: { ...SETTINGS, batchPorts: 1_000, batchBindings: 10_000 } });
    for (let n = 1; n <= 250; n += 1) enlist(n);
    expect(
      describeCoordinator(coordinator.state())
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toHaveLength(20);
    await coordinator.runBatch();
    expect(coordinator.state().lastOutcomes).toHaveLength(200);
  });
});

it('a cancellation is not swallowed', async () => {
  const { steps, coordinator, enlist } = setUp();
  const cancelled = new Error('cancelled');
  const host = {
    steps,
    now: () => 1,
    explain: (error: unknown): ErrorReport => {
      throw error;
    },
    show: () => undefined,
    log: () => undefined,
  };
  const other = new Coordinator({ device: DEVICE, settings: SETTINGS }, host);
  steps.commitToSwitch = async () => {
    throw cancelled;
  };
  enlist(1);
  other.enlist([portRequest(P(1))]);
  await expect(other.runBatch()).rejects.toBe(cancelled);
  expect(coordinator.queue.size).toBe(1);
});
