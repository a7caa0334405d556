import type { PassInput, FetchServerIpsInput, FilterByVlanInput, NotifyInput } from '../../../src/protocol/activities';
import { errorReport } from '../../../src/domain/errors';
import { plainOutcome } from '../../../src/domain/change/outcome';
import type { PortName } from '../../../src/domain/values/port';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { EnlistRequest } from '../../../src/protocol/requests';
import type { NodeSubject } from '../../../src/domain/servers/portRequest';
import { Coordinator } from '../../../src/workflows/coordinator/coordinator';
import { guest, ip, junos, nic, port, server } from '../../activities/fakes/values';
import { hostOver } from './coordinatorUnderTest';
import { settingsWith } from './settings';

const DEVICE = junos(1);
const P = (n: number): PortName => port(`ge-0/0/${n}.0`);
const unread = { serverIds: [server(7)], error: errorReport('proxmox-failed', 'GET …/config: 500') };

/** A coordinator over ports of which the first has a guest that cannot be read until `isRead`. */
function setUp() {
  const seen = {
    isRead: false,
    commits: [] as PassInput[],
    told: [] as NotifyInput[],
    questions: [] as unknown[],
    given: [] as unknown[],
  };
  const steps = {
    gatherVmMacs: async (node: NodeSubject) => ({
      ...node,
      guests: [guest(1, [nic(0, 'bc:24:11:00:00:01')])],
      unread: [3, 4].map((vmid) => ({ vmid, error: unread.error })),
    }),
    fetchServerIps: async (input: FetchServerIpsInput) => {
      if (input.of !== 'batch') throw new Error('asked for an event');
      seen.questions.push(...input.ports.flatMap(({ nodes }) => nodes.map(({ vmids }) => vmids)));
      const guests = [{ cluster: 'c', vmid: 3, serverId: server(7), name: 'vm', ips: [] }];
      return {
        of: 'batch' as const,
        summary: '',
        ports: input.ports.map((question) => ({
          port: question.port,
          dedicated: [],
          guests,
          removals: NO_REMOVALS,
          missingGuests: [],
        })),
      };
    },
    filterByVlan: async ({ ports }: FilterByVlanInput) => {
      seen.given.push(...ports.flatMap(({ inventories }) => inventories.map((one) => one.unread)));
      const desired = ports.map(({ servers }) => ({
        port: servers.port,
        desired: [],
        excluded: [],
        retainIps: [],
        removals: NO_REMOVALS,
        ...(seen.isRead || servers.port !== P(1) ? {} : { unread }),
      }));
      return { summary: '', ports: desired, failed: [] };
    },
    runPass: async (input: PassInput) => {
      seen.commits.push(input);
      return {
        summary: '',
        outcomes: input.ports.map((one) => plainOutcome(DEVICE, one.port, 'applied', 'done')),
        commands: [],
        notes: [],
      };
    },
    notifyWaiters: async (input: NotifyInput): Promise<void> => {
      seen.told.push(input);
    },
    dropParked: async () => true,
    coordinatorSettings: async () => settingsWith({ batchPorts: 5, batchBindings: 10 }),
  };
  const clock = { now: 1_000_000 };
  const coordinator = new Coordinator({ device: DEVICE }, hostOver(steps, clock));
  const enlist = (n: number, waiter: string, extra: Partial<EnlistRequest>): void => {
    coordinator.enlist([
      { port: P(n), serverIds: [], nodes: [], deletedServerIds: [], explainedIps: [], waiter, ...extra },
    ]);
  };
  const outcomes = (): string[] =>
    seen.told.flatMap((told) =>
      told.outcomes.flatMap(({ outcome, waiters }) =>
        waiters.map((waiter) => `${waiter} ${outcome.port} ${outcome.status}`),
      ),
    );
  const progress = (): string[] =>
    seen.told.flatMap((told) =>
      told.progress.flatMap(({ progress: report, waiters }) => waiters.map((waiter) => `${waiter} ${report.message}`)),
    );
  return { seen, coordinator, clock, enlist, outcomes, progress };
}

describe('a guest that could not be read', () => {
  it('keeps the event waiting that asked for it alone; what is certain is committed meanwhile', async () => {
    const { seen, coordinator, enlist, clock, outcomes, progress } = setUp();
    enlist(1, 'a', { serverIds: [server(7)] });
    enlist(2, 'b', { serverIds: [server(8)] });
    await coordinator.runBatch();
    expect(seen.commits[0]?.ports.map((one) => one.port)).toEqual([P(1), P(2)]);
    expect(outcomes()).toEqual([`b ${P(2)} applied`]);
    expect(progress()).toEqual([expect.stringMatching(/^a Waiting: proxmox-failed/)]);
    seen.isRead = true;
    clock.now += 10_000;
    await coordinator.runBatch();
    expect(outcomes()).toContain(`a ${P(1)} applied`);
    expect(coordinator.isIdle()).toBe(true);
  });

  it('does not keep others of the port waiting; the port is looked at again by itself, and keeps those waiting who then ask for it alone', async () => {
    const { seen, coordinator, enlist, clock, outcomes, progress } = setUp();
    enlist(1, 'a', { serverIds: [server(7)], deletedServerIds: [], explainedIps: [ip('10.0.0.9')] });
    enlist(1, 'b', { serverIds: [server(8)] });
    await coordinator.runBatch();
    expect(outcomes().sort()).toEqual([`a ${P(1)} applied`, `b ${P(1)} applied`]);
    expect(coordinator.state().pending).toMatchObject([
      { port: P(1), waiters: 0, attempts: 1, reason: expect.stringContaining('proxmox-failed') as string },
    ]);
    expect(coordinator.isReady()).toBe(false);
    enlist(1, 'c', { serverIds: [server(7)] });
    await coordinator.runBatch();
    expect(outcomes()).toHaveLength(2);
    expect(progress()).toEqual([expect.stringMatching(/^c Waiting: proxmox-failed/)]);
    seen.isRead = true;
    clock.now += 10_000;
    await coordinator.runBatch();
    expect(outcomes()).toContain(`c ${P(1)} applied`);
    expect(seen.commits).toHaveLength(3);
    expect(coordinator.isIdle()).toBe(true);
  });

  it('does not make a neighbour wait that is asked for later', async () => {
    const { coordinator, enlist, outcomes } = setUp();
    enlist(1, 'a', { serverIds: [server(7)] });
    await coordinator.runBatch();
    expect(coordinator.isReady()).toBe(false);
    enlist(1, 'b', { serverIds: [server(8)] });
    expect(coordinator.isReady()).toBe(true);
    await coordinator.runBatch();
    expect(outcomes()).toContain(`b ${P(1)} applied`);
  });

  it('is asked for as being on its node, and given to the rules with the readings', async () => {
    const { seen, coordinator, enlist } = setUp();
    enlist(1, 'a', { nodes: [{ cluster: 'c', node: 'n1' }] });
    await coordinator.runBatch();
    expect([seen.questions, seen.given]).toEqual([[[1, 3, 4]], [[{ vmid: 3, error: unread.error }]]]);
  });
});
