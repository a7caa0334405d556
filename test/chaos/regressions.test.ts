import { namedRemovals } from '../../src/domain/change/removals';
import { Coordinator } from '../../src/workflows/coordinator/coordinator';
import type { CoordinatorHost } from '../../src/workflows/coordinator/host';
import { hostOver, type StepsInMemory } from '../workflows/coordinator/coordinatorUnderTest';
import { settingsWith } from '../workflows/coordinator/settings';
import { addressesOf, type Statement } from '../../src/domain/change/statement';
import { errorReport, PortwardenError } from '../../src/domain/errors';
import type { GuardLimits } from '../../src/domain/change/guards';
import { parseIp, type IpAddress } from '../../src/domain/values/ip';
import { rememberedIps } from '../../src/domain/servers/placement';
import { parseMac } from '../../src/domain/values/mac';
import { plainOutcome } from '../../src/domain/change/outcome';
import { applyPlan, isEmptyPlan } from '../../src/domain/change/plan';
import { planPort } from '../../src/domain/change/planPort';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { assigned, attachment, server, statement } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, addressOf, addVm, bound } from '../workflows/siteWorld';
import { startWorkflowServer, type WorkflowServer } from '../workflows/workflowServer';

/** Defects that the chaos suite found, each by itself. */

const GUARDS: GuardLimits = { maxRemovedBindings: 10, maxRemovedShare: 0.5 };
const device = deviceId('junos', 1);
const port = parsePortName('ge-0/0/1.0');
const ips = ['10.0.48.1', '10.0.48.2'].map((ip) => parseIp(ip));

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A switch port that had both addresses, and a panel that has neither any more; some of them may be in doubt. */
function emptiedPort(inDoubt: readonly IpAddress[] = []): {
  coordinator: Coordinator;
  bound: () => readonly IpAddress[];
  statuses: string[];
  clock: { now: number };
  steps: Mutable<StepsInMemory>;
  doubts: IpAddress[];
} {
  const mac = parseMac('00:50:56:86:00:65');
  let actual: Statement[] = ips.map((ip) => statement(ip, mac));
  const statuses: string[] = [];
  const doubts = [...inDoubt];
  const clock = { now: 1_000_000 };
  const steps: Mutable<StepsInMemory> = {
    gatherVmMacs: () => Promise.reject(new Error('no node feeds the port')),
    fetchServerIps: (input) =>
      Promise.resolve(
        input.of === 'event'
          ? { of: 'event', report: { serverId: input.serverId, summary: '' } }
          : {
              of: 'batch',
              summary: '',
              ports: input.ports.map((question) => ({
                port: question.port,
                dedicated: [],
                guests: [],
                removals: namedRemovals(question.explainedIps),
                missingGuests: [],
              })),
            },
      ),
    filterByVlan: ({ ports }) =>
      Promise.resolve({
        summary: '',
        failed: [],
        ports: ports.map(({ servers }) => ({
          port: servers.port,
          desired: [],
          excluded: doubts.map((ip) => ({ ip, rule: 'guest-not-found' as const, message: 'not read' })),
          retainIps: doubts,
          removals: servers.removals,
        })),
      }),
    runPass: ({ ports, guards }) => {
      const outcomes = ports.map((asked) => {
        const { plan, parked } = planPort({
          port: asked.port,
          actual,
          desired: [],
          retainIps: asked.retainIps,
          removals: asked.removals,
          limits: guards,
          approved: [],
        });
        actual = applyPlan(actual, plan);
        return plainOutcome(device, asked.port, isEmptyPlan(plan) ? 'unchanged' : 'applied', parked?.reason ?? 'done', {
          excluded: asked.excluded,
        });
      });
      statuses.push(...outcomes.map(({ status }) => status));
      return Promise.resolve({ summary: '', outcomes, commands: [], notes: [] });
    },
    notifyWaiters: () => Promise.resolve(),
    dropParked: () => Promise.resolve(true),
    coordinatorSettings: () =>
      Promise.resolve(
        settingsWith({ initialBackoffMs: 1, maximumBackoffMs: 1, giveUpAfterMs: 3_600_000, guards: GUARDS }),
      ),
  };
  const host: CoordinatorHost = {
    ...hostOver(steps, clock),
    reportFailure: (error) => errorReport('internal', String(error)),
  };
  return {
    coordinator: new Coordinator({ device }, host),
    bound: () => addressesOf(actual),
    statuses,
    clock,
    steps,
    doubts,
  };
}

const request = (explainedIps: readonly IpAddress[]): Parameters<Coordinator['enlist']>[0][number] => ({
  port,
  serverIds: [],
  nodes: [],
  deletedServerIds: [],
  explainedIps,
});

describe('a removal that several events explain together (found with seed 2006)', () => {
  test('is carried out as far as it is explained, and whole once all of it is', async () => {
    const { coordinator, bound, statuses } = emptiedPort();
    coordinator.enlist([request(ips.slice(0, 1))]);
    await coordinator.runBatch();
    expect(bound()).toEqual(ips.slice(1));
    coordinator.enlist([request(ips.slice(1))]);
    await coordinator.runBatch();
    expect(statuses).toEqual(['applied', 'applied']);
    expect(bound()).toEqual([]);
  });

  test('leaves the part that is explained by nobody, however often it is looked at', async () => {
    const { coordinator, bound, statuses } = emptiedPort();
    for (let again = 0; again < 2; again += 1) {
      coordinator.enlist([request(ips.slice(0, 1))]);
      await coordinator.runBatch();
    }
    expect(statuses).toEqual(['applied', 'unchanged']);
    expect(bound()).toEqual(ips.slice(1));
  });

  test('keeps its explanation while the address is in doubt, through continue-as-new, and its coordinator from ending as idle', async () => {
    const first = emptiedPort(ips.slice(0, 1));
    first.coordinator.enlist([request(ips)]);
    await first.coordinator.runBatch();
    expect(first.bound()).toEqual(ips.slice(0, 1));
    expect(first.coordinator.isIdle()).toBe(false);
    expect(first.coordinator.snapshot().openRemovals).toEqual([
      { port, explainedIps: ips.slice(0, 1), deletedServerIds: [], at: first.clock.now },
    ]);
    first.doubts.length = 0;
    first.coordinator.enlist([request([])]);
    await first.coordinator.runBatch();
    expect([first.bound(), first.coordinator.isIdle()]).toEqual([[], true]);
  });

  test('is forgotten when nobody brings it again for long, and when a person rejects it', async () => {
    const first = emptiedPort(ips);
    first.coordinator.enlist([request(ips)]);
    await first.coordinator.runBatch();
    await first.coordinator.reject(port);
    expect(first.coordinator.isIdle()).toBe(true);
    first.coordinator.enlist([request(ips)]);
    await first.coordinator.runBatch();
    expect(first.coordinator.isIdle()).toBe(false);
    first.clock.now += 3_600_001;
    await first.coordinator.observe();
    expect(first.coordinator.isIdle()).toBe(true);
    expect(first.bound()).toEqual(ips);
  });
});

describe('a node that answers late (seed 3002)', () => {
  test('does not make the batch work with the old readings of the other nodes', async () => {
    const { coordinator, clock, steps } = emptiedPort();
    const read: string[] = [];
    steps.gatherVmMacs = async ({ cluster, node }, slowly) => {
      read.push(node);
      if (node === 'slow') {
        slowly();
        await new Promise((resolve) => setImmediate(resolve));
        clock.now += 120_000;
      }
      return { cluster, node, guests: [] };
    };
    coordinator.enlist([{ ...request([]), nodes: ['quick', 'slow'].map((node) => ({ cluster: 'pve', node })) }]);
    await coordinator.runBatch();
    expect(read).toEqual(['quick', 'slow', 'quick']);
  });
});

describe('an empty answer of the panel (seed 3008)', () => {
  const before = { serverId: server(301), kind: 'vm', ports: [], ips } as const;

  test("does not make a server's last known addresses forgotten, which its deletion must explain", () => {
    expect(rememberedIps([], before)).toEqual(ips);
  });

  test('is told from an answer that names addresses', () => {
    expect(rememberedIps([assigned('10.0.48.9')], before)).toEqual(['10.0.48.9']);
    expect(rememberedIps([], undefined)).toEqual([]);
  });
});

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('an event whose server changes while it is looked at', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  }, 120_000);
  afterAll(async () => {
    await workflows.stop();
  });

  test('of a VM that is deleted meanwhile: the panel is asked again too, so nobody waits for a guest that will not come (seed 3002)', async () => {
    const site = await workflows.startSite();
    const uplink = addVm(site, 301);
    addVm(site, 302);
    await site.run({ action: 'ip_assigned', serverId: 301, ip: addressOf(301) });
    expect(bound(site, uplink)).toEqual([addressOf(301), addressOf(302)]);
    site.world.cluster.nodes.set(
      'pve1',
      (site.world.cluster.nodes.get('pve1') ?? []).filter(({ vmid }) => vmid !== 3010),
    );
    const late = await site.start({ action: 'ip_assigned', serverId: 301, ip: addressOf(301) });
    const deadline = Date.now() + 30_000;
    while (site.count('findProxmoxNode') < 2 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    site.world.panel.servers.delete(server(301));
    await site.run({ action: 'server_deleted', serverId: 301 });
    expect(await site.result(late)).toMatchObject({ serverId: 301 });
    expect(bound(site, uplink)).toEqual([addressOf(302)]);
  });

  test('of a server that moved: a workflow that ends in between forgets neither its former port nor its new one', async () => {
    const asked: { readonly port: string; readonly stored: readonly string[] | undefined }[] = [];
    const site = await workflows.startSite({
      wrap: (activities, world) => ({
        enlist: async (input) => {
          const placement = await world.store.placements.get(server(101));
          asked.push({ port: input.request.port, stored: placement?.ports.map((ref) => ref.port) });
          return activities.enlist(input);
        },
      }),
    });
    const former = addDedicated(site, 101);
    await site.run({ action: 'ip_assigned', serverId: 101, ip: addressOf(101) });
    const entry = site.world.panel.servers.get(server(101));
    if (entry === undefined) throw new Error('the panel has no server 101');
    site.world.panel.add({ ...entry, attachments: [attachment(site.device, 'ge-0/0/7.0')] });
    asked.length = 0;
    site.world.device.fault = new PortwardenError('device-busy', 'somebody holds the lock');
    const id = await site.start({ action: 'ip_assigned', serverId: 101, ip: addressOf(101) });
    await site.until((state) => state.deviceError !== undefined);
    await workflows.client.workflow.getHandle(id).terminate('a crash');
    expect(asked).toEqual([{ port: 'ge-0/0/7.0', stored: [former] }]);
    expect((await site.world.store.placements.get(server(101)))?.ports.map((ref) => ref.port)).toEqual([
      'ge-0/0/7.0',
      former,
    ]);
    site.world.device.fault = undefined;
    await site.until(
      (state) =>
        state.pending.length === 0 &&
        state.running === undefined &&
        state.lastOutcomes.some((outcome) => outcome.port === former && outcome.summary.includes('0 binding')),
    );
    expect([bound(site, former), bound(site, parsePortName('ge-0/0/7.0'))]).toEqual([[], [addressOf(101)]]);
    expect((await site.world.store.placements.get(server(101)))?.ports.map((ref) => ref.port)).toEqual(['ge-0/0/7.0']);
  });
});
