import { randomUUID } from 'node:crypto';
import type { RunStatus } from '../../src/domain/applyAll/plan';
import type { PortName } from '../../src/domain/values/port';
import type { Scope } from '../../src/domain/values/scope';
import type { ApplyAllResult, PlanApplyAllResult, RunProgress } from '../../src/protocol/applyAll';
import { applyAllId, planApplyAllId } from '../../src/protocol/names';
import { createApplyAllService } from '../../src/app/applying';
import { createApplyAll, type ApplyAllWorkflows } from '../../src/temporal/applyAll';
import { temporalUnavailable } from '../servers/temporal';
import { addListed, bound, held, resume } from './siteWorld';
import { startWorkflowServer, type Site, type SiteOptions, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const BY_ADA = { author: 'ada', reason: 'after the import' };

suite('Apply All, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(() => workflows.stop());

  /** A device with so many servers that were never seen, and Apply All for it. */
  async function fleet(servers: number, options: SiteOptions = {}) {
    const site = await workflows.startSite(options);
    const ports = Array.from({ length: servers }, (_, index) => addListed(site, index + 1));
    const service = createApplyAll(workflows.client, site.taskQueue);
    const scope: Scope = { kind: 'device', device: site.device };
    return { site, ports, service, scope, plans: site.world.store.applyPlans };
  }

  async function planned(service: ApplyAllWorkflows, scope: Scope): Promise<PlanApplyAllResult> {
    const plan = await service.plan(randomUUID(), scope, 'ada');
    const made = (await workflows.client.workflow.getHandle(planApplyAllId(scope)).result()) as PlanApplyAllResult;
    expect(made).toMatchObject({ plan });
    return made;
  }

  const resultOf = (scope: Scope): Promise<ApplyAllResult> =>
    workflows.client.workflow.getHandle(applyAllId(scope)).result() as Promise<ApplyAllResult>;

  async function until(
    { service, scope }: { readonly service: ApplyAllWorkflows; readonly scope: Scope },
    holds: (progress: RunProgress) => boolean,
  ): Promise<RunProgress> {
    for (let tries = 0; tries < 300; tries += 1) {
      const progress = await service.progress(scope);
      if (progress !== undefined && holds(progress)) return progress;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the run did not get there');
  }

  const outcomesOf = async ({ world }: Site, plan: string): Promise<Map<PortName, RunStatus | undefined>> =>
    new Map((await world.store.applyPlans.ports(plan, { limit: 1_000 })).map(({ port, outcome }) => [port, outcome]));

  it('plans without touching anything, and then carries out exactly that, in as few commits as there are batches', async () => {
    const { site, ports, service, scope, plans } = await fleet(130);
    const { plan, hash, ports: count } = await planned(service, scope);
    expect(count).toBe(130);
    expect(site.world.device.commits).toBe(0);
    expect(await plans.totals(plan)).toMatchObject({ byStatus: { change: 130 }, additions: 130, removals: 0 });
    expect(await plans.find(scope, hash)).toMatchObject({ id: plan, state: 'planned' });

    expect(await service.run(plan, scope, BY_ADA)).toBe(true);
    expect(await resultOf(scope)).toMatchObject({ state: 'done', total: 130, counts: { applied: 130 } });
    expect(site.world.device.commits).toBeLessThanOrEqual(2);
    expect(bound(site, ports[7] as PortName)).toEqual([held(8).ip]);
    expect(await plans.get(plan)).toMatchObject({ state: 'done', run: { author: 'ada' } });
    const [entry] = site.world.store.entries;
    expect(entry).toMatchObject({ events: [applyAllId(scope)], author: 'ada' });
    expect(entry?.reason).toContain(plan);
  });

  it('leaves alone a port whose difference is not the planned one any more, and goes on with the others', async () => {
    const { site, ports, service, scope } = await fleet(3);
    const { plan } = await planned(service, scope);
    site.world.device.actual.set(ports[1] as PortName, [held(2, '00:50:56:ff:ff:ff')]);
    await service.run(plan, scope, BY_ADA);
    expect(await resultOf(scope)).toMatchObject({ counts: { applied: 2, differs: 1 } });
    const outcomes = await outcomesOf(site, plan);
    expect(outcomes.get(ports[1] as PortName)).toBe('differs');
    expect(site.world.device.actual.get(ports[1] as PortName)).toEqual([held(2, '00:50:56:ff:ff:ff')]);
  });

  /** A run whose device is paused, so that nothing of it can go on: five ports are asked for, and wait. */
  async function stuck() {
    const fleetOf = await fleet(12, { settings: { batchPorts: 5 } });
    const { site, service, scope } = fleetOf;
    const applying = createApplyAllService({ ...site.world, workflows: service });
    const { plan, hash } = await planned(service, scope);
    await site.world.store.pauses.begin({ scope, author: 'bob', reason: 'a new line card' }, new Date());
    await applying.run(scope, hash, BY_ADA);
    const progress = await until(fleetOf, ({ waiting }) => waiting === 5);
    expect(progress).toMatchObject({ plan, total: 12, done: 0, inFlight: 5, state: 'running', author: 'ada' });
    expect(progress.reasons.join()).toContain('a new line card');
    expect(progress.expectedEnd).toBeUndefined();
    return { ...fleetOf, applying, plan, hash };
  }

  it('that is paused asks for nothing more, and what was asked for is not done before it is resumed', async () => {
    const run = await stuck();
    const { site, scope, applying } = run;
    expect(await applying.say(scope, 'pause', BY_ADA)).toMatchObject({ state: 'paused' });
    await resume(site);
    await site.until(({ pending }) => pending.length === 0);
    expect(site.world.device.commits).toBe(0);
    expect(await until(run, ({ inFlight }) => inFlight === 0)).toMatchObject({ state: 'paused', done: 0 });
    expect(await applying.say(scope, 'resume', BY_ADA)).toMatchObject({ state: 'running' });
    expect(await resultOf(scope)).toMatchObject({ state: 'done', counts: { applied: 12 } });
    await expect(applying.say(scope, 'pause', BY_ADA)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that is cancelled begins nothing more, and its plan can be run again for the rest', async () => {
    const { site, scope, applying, plan, hash } = await stuck();
    await applying.say(scope, 'cancel', BY_ADA);
    expect(await resultOf(scope)).toMatchObject({ state: 'cancelled', counts: { applied: 0 } });
    await resume(site);
    await site.until(({ pending }) => pending.length === 0);
    expect(site.world.device.commits).toBe(0);
    expect(await applying.run(scope, hash, BY_ADA)).toEqual({ plan, isNew: true });
    expect(await resultOf(scope)).toMatchObject({ state: 'done', counts: { applied: 12 } });
    await expect(applying.run(scope, hash, BY_ADA)).rejects.toMatchObject({ code: 'plan-unknown' });
    expect(await applying.latest(scope)).toMatchObject({ state: 'done', done: 12, hasAnswered: false });
  });

  it.each(['cancel', 'pause'] as const)(
    'whose workflow was terminated is over by the next %s, and its plan can be run again for the rest',
    async (what) => {
      const { site, scope, applying, plan, hash } = await stuck();
      await workflows.client.workflow.getHandle(applyAllId(scope)).terminate('by hand');
      expect(await applying.latest(scope)).toMatchObject({ plan, state: 'running', hasAnswered: false });
      if (what === 'cancel')
        expect(await applying.say(scope, what, BY_ADA)).toMatchObject({ plan, state: 'cancelled', done: 0 });
      else await expect(applying.say(scope, what, BY_ADA)).rejects.toThrow('was terminated. Its plan can be run again');
      await expect(applying.say(scope, what, BY_ADA)).rejects.toMatchObject({ code: 'not-found' });
      expect(await applying.latest(scope)).toMatchObject({ state: 'cancelled', hasAnswered: false });
      await resume(site);
      await site.until(({ pending }) => pending.length === 0);
      expect(site.world.device.commits).toBe(0);
      expect(await applying.run(scope, hash, BY_ADA)).toEqual({ plan, isNew: true });
      expect(await resultOf(scope)).toMatchObject({ state: 'done', counts: { applied: 12 } });
    },
    60_000,
  );

  it('goes on with other workers, and there is one run of a scope at a time', async () => {
    const { site, service, scope, applying, plan, hash } = await stuck();
    expect(await applying.run(scope, hash, BY_ADA)).toEqual({ plan, isNew: false });
    const other = await planned(service, scope);
    await expect(applying.run(scope, other.hash, BY_ADA)).rejects.toMatchObject({ code: 'apply-all-running' });
    await site.restart({});
    await resume(site);
    expect(await resultOf(scope)).toMatchObject({ state: 'done', counts: { applied: 12 } });
  });

  it('of many ports continues as new, and loses and doubles nothing', async () => {
    const { site, service, scope } = await fleet(60, { settings: { batchPorts: 5, historyLimit: 40 } });
    const { plan } = await planned(service, scope);
    await service.run(plan, scope, BY_ADA);
    expect(await resultOf(scope)).toMatchObject({ state: 'done', total: 60, counts: { applied: 60 } });
    const { events = [] } = await workflows.client.workflow.getHandle(applyAllId(scope)).fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    expect(events?.length).toBeLessThan(120);
    expect([...(await outcomesOf(site, plan)).values()].every((outcome) => outcome === 'applied')).toBe(true);
  });
});
