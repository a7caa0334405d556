import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, addressOf, addVm } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/*
 * What histories cost. Temporal's own limits are per history (51,200 events) and per server (every event is a write), so
 * the length of histories is the product's capacity. The figures are printed; docs/performance.md publishes them.
 */
suite('the cost of histories', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const eventTypes = async (workflowId: string): Promise<number[]> => {
    const { events } = await workflows.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).map((event) => event.eventType ?? 0);
  };

  async function measure(name: string, site: Site, ids: readonly number[], nodes: number): Promise<void> {
    const events = await Promise.all(
      ids.map((id) => site.start({ action: 'ip_assigned', serverId: id, ip: addressOf(id) })),
    );
    await Promise.all(events.map((id) => site.result(id)));
    await site.until((state) => state.running === undefined && state.pending.length === 0);
    const lengths = (await Promise.all(events.map(async (id) => (await eventTypes(id)).length))).sort((a, b) => a - b);
    const { batches } = await site.state();
    const coordinator = (await eventTypes(site.coordinator.workflowId)).length;
    const bound = ids.length + 18 * batches * Math.max(nodes, 1);
    const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
    process.stdout.write(
      `${name}: ${ids.length} events, ${batches} batches; event history median ${median}, longest ${lengths.at(-1)}; coordinator history ${coordinator} (bound ${bound})\n`,
    );
    expect(lengths.at(-1)).toBeLessThanOrEqual(16);
    expect(coordinator).toBeLessThanOrEqual(bound);
  }

  it('of a burst of dedicated servers', async () => {
    const site = await workflows.startSite();
    site.world.device.beforeCommit = () => new Promise((resolve) => setTimeout(resolve, 1_000));
    const ids = Array.from({ length: 40 }, (_, i) => i + 1);
    for (const id of ids) addDedicated(site, id);
    await measure('dedicated', site, ids, 0);
  });

  it('of a burst of VMs on two nodes', async () => {
    const site = await workflows.startSite();
    site.world.device.beforeCommit = () => new Promise((resolve) => setTimeout(resolve, 1_000));
    const ids = Array.from({ length: 40 }, (_, i) => i + 301);
    for (const id of ids) addVm(site, id, `pve${1 + (id % 2)}`, `ae${id % 2}.0`);
    await measure('VM', site, ids, 2);
  });

  it('of lone events', async () => {
    const site = await workflows.startSite();
    addDedicated(site, 1);
    addVm(site, 301);
    await measure('lone dedicated', site, [1], 0);
    await measure('lone VM', site, [301], 1);
  });
});
