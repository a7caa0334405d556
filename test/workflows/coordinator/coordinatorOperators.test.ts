import { errorReport } from '../../../src/domain/errors';
import { plainOutcome } from '../../../src/domain/change/outcome';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { describeCoordinator } from '../../../src/workflows/coordinator/describe';
import { DEVICE, fault, P, setUp } from './coordinatorUnderTest';
import { settingsWith } from './settings';

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

  it('an approval of single removals reaches the commit of that port, and only once', async () => {
    const { steps, coordinator } = setUp();
    coordinator.queue.enlist({ ...portRequest(P(1)), approvedStatements: ['a'] }, 1_000_000);
    coordinator.queue.enlist({ ...portRequest(P(1)), approvedStatements: ['a', 'b'] }, 1_000_000);
    await coordinator.runBatch();
    coordinator.queue.enlist(portRequest(P(1)), 1_000_000);
    await coordinator.runBatch();
    expect(steps.commits.map(({ ports }) => ports[0]?.approvedStatements)).toEqual([['a', 'b'], undefined]);
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
    const { steps, coordinator, enlist } = setUp();
    steps.settings = settingsWith({ batchPorts: 1_000, batchBindings: 10_000 });
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
