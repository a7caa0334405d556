import { errorReport } from '../../../src/domain/errors';
import { plainOutcome } from '../../../src/domain/change/outcome';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { DEVICE, fault, P, setUp } from './coordinatorUnderTest';

describe('a fault of one node', () => {
  it('makes the ports it feeds wait, and no other', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    const gather = steps.gatherVmMacs;
    steps.gatherVmMacs = async (node, slowly) =>
      node.node === 'down' ? fault('proxmox-node-down')() : gather(node, slowly);
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

  it('says it to those that come later too, once to each', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.gatherVmMacs = fault('proxmox-node-down');
    const nodes = [{ cluster: 'c', node: 'n' }];
    const whoKnows = (): string[] => steps.progress().map((line) => line.split(' ')[0] ?? '');
    enlist(1, 'a', { nodes });
    await coordinator.runBatch();
    enlist(1, 'b', { nodes });
    clock.now += 8_000;
    await coordinator.runBatch();
    expect(whoKnows()).toEqual(['a', 'b']);
    // One that comes while the port is tried, and one that asks again for what it waits for already.
    steps.gatherVmMacs = () => {
      enlist(1, 'c', { nodes });
      enlist(1, 'a', { nodes });
      return fault('proxmox-node-down')();
    };
    clock.now += 8_000;
    await coordinator.runBatch();
    steps.gatherVmMacs = fault('proxmox-node-down');
    clock.now += 8_000;
    await coordinator.runBatch();
    expect(whoKnows()).toEqual(['a', 'b', 'c']);
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
    const commit = steps.runPass;
    steps.runPass = fault('device-busy');
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
    steps.runPass = commit;
    await coordinator.runBatch();
    expect(steps.asked.filter((asked) => asked === 'fetch')).toHaveLength(2);
    expect(steps.outcomes().sort()).toEqual([`a ${P(1)} applied`, `b ${P(2)} applied`]);
    expect(coordinator.state().deviceError).toBeUndefined();
  });

  it('the device refuses the login: all fail, nobody waits for it', async () => {
    const { steps, coordinator, enlist } = setUp();
    steps.runPass = fault('device-authentication');
    enlist(1, 'a');
    enlist(2, 'b');
    await coordinator.runBatch();
    expect(steps.outcomes().sort()).toEqual([`a ${P(1)} failed`, `b ${P(2)} failed`]);
    enlist(3, 'c');
    expect(coordinator.isReady()).toBe(true);
  });

  it('gives up after the configured time and says what it waited for', async () => {
    const { steps, coordinator, enlist, clock } = setUp();
    steps.runPass = fault('device-unreachable');
    enlist(1, 'a');
    for (let i = 0; i < 100 && coordinator.queue.size > 0; i += 1) {
      await coordinator.runBatch();
      clock.now += 1_000;
    }
    expect(steps.outcomes()).toEqual([`a ${P(1)} failed`]);
    expect(steps.told.at(-1)?.outcomes[0]?.outcome).toMatchObject({
      error: { code: 'waited-too-long', message: expect.stringContaining('device-unreachable') as unknown },
    });
    expect(clock.now - 1_000_000).toBeGreaterThan(steps.settings.giveUpAfterMs);
  });
});
