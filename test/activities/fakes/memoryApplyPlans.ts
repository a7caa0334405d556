import { RUNNABLE, UNDER_WAY, type ApplyPlan, type PlanRow } from '../../../src/domain/applyAll/plan';
import { scopeText } from '../../../src/domain/values/scope';
import type { ApplyPlanRepository } from '../../../src/store/applyPlans';

/** Plans of Apply All in memory, by the same rules as those of a database. */
export class MemoryApplyPlans implements ApplyPlanRepository {
  readonly plans = new Map<string, ApplyPlan>();
  private readonly rows = new Map<string, Map<string, PlanRow>>();

  /** @param use called before whatever is read or written. */
  constructor(private readonly use: () => void) {}

  begin: ApplyPlanRepository['begin'] = async (plan, at) => {
    this.use();
    if (this.plans.has(plan.id)) return;
    this.plans.set(plan.id, { ...plan, state: 'planning', at: at.toISOString(), notes: [] });
    this.rows.set(plan.id, new Map());
  };

  addPorts: ApplyPlanRepository['addPorts'] = async (plan, added) => {
    this.use();
    for (const row of added) this.rows.get(plan)?.set(`${row.device} ${row.port}`, row);
  };

  finish: ApplyPlanRepository['finish'] = async (plan, hash, notes) =>
    this.change(plan, (one) => (one.state === 'planning' ? { ...one, state: 'planned', hash, notes } : one));

  fail: ApplyPlanRepository['fail'] = async (plan, notes) =>
    this.change(plan, (one) => (one.state === 'planning' ? { ...one, state: 'failed', notes } : one));

  get: ApplyPlanRepository['get'] = async (plan) => {
    this.use();
    return this.plans.get(plan);
  };

  find: ApplyPlanRepository['find'] = async (scope, hash) =>
    (await this.list(scope, 100)).find((plan) => plan.hash === hash);

  list: ApplyPlanRepository['list'] = async (scope, limit) => {
    this.use();
    return [...this.plans.values()]
      .filter((plan) => scope === undefined || scopeText(plan.scope) === scopeText(scope))
      .reverse()
      .slice(0, limit);
  };

  ports: ApplyPlanRepository['ports'] = async (plan, { after, limit, notable = false }) =>
    this.sorted(plan)
      .filter(
        ({ device, port }) =>
          after === undefined || device > after.device || (device === after.device && port > after.port),
      )
      .filter(
        ({ status, parked, outcome = 'unchanged' }) =>
          !notable || status !== 'unchanged' || parked !== undefined || outcome !== 'unchanged',
      )
      .slice(0, limit);

  totals: ApplyPlanRepository['totals'] = async (plan) => {
    const rows = this.sorted(plan);
    const counts = (of: (row: PlanRow) => string | undefined): Record<string, number> => {
      const sums: Record<string, number> = {};
      for (const key of rows.flatMap((row) => of(row) ?? [])) sums[key] = (sums[key] ?? 0) + 1;
      return sums;
    };
    const sum = (of: (row: PlanRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
    const seconds = new Map<string, number>();
    for (const row of rows) seconds.set(row.device, (seconds.get(row.device) ?? 0) + row.seconds);
    return {
      ports: rows.length,
      byStatus: counts(({ status }) => status),
      byOutcome: counts(({ outcome }) => outcome),
      additions: sum(({ additions }) => additions),
      removals: sum(({ removals }) => removals),
      seconds: [...seconds.values()].filter((one) => one > 0),
    };
  };

  devices: ApplyPlanRepository['devices'] = async (plan, after, limit) => {
    const open = this.sorted(plan).filter(({ outcome }) => outcome === undefined);
    const devices = [...new Set(open.map(({ device }) => device))];
    return devices.filter((device) => after === undefined || device > after).slice(0, limit);
  };

  open: ApplyPlanRepository['open'] = async (plan, wanted, limit) =>
    this.sorted(plan)
      .filter(({ device, outcome }) => device === wanted && outcome === undefined)
      .slice(0, limit);

  settle: ApplyPlanRepository['settle'] = async (plan, settled) => {
    this.use();
    const rows = this.rows.get(plan);
    for (const { device, port, outcome, code, said } of settled) {
      const row = rows?.get(`${device} ${port}`);
      if (row === undefined || row.outcome !== undefined) continue;
      rows?.set(`${device} ${port}`, { ...row, outcome, said, ...(code === undefined ? {} : { code }) });
    }
  };

  beginRun: ApplyPlanRepository['beginRun'] = async (id, run) => {
    this.use();
    const plan = this.plans.get(id);
    if (plan === undefined) return false;
    if (UNDER_WAY.includes(plan.state) && plan.run?.workflowId === run.workflowId) return true;
    if (!RUNNABLE.includes(plan.state)) return false;
    for (const [other, one] of this.plans)
      if (UNDER_WAY.includes(one.state) && one.run?.workflowId === run.workflowId)
        this.plans.set(other, { ...one, state: 'cancelled' });
    this.plans.set(id, { ...plan, state: 'running', run });
    return true;
  };

  setState: ApplyPlanRepository['setState'] = async (id, from, state, at) => {
    this.use();
    const plan = this.plans.get(id);
    if (plan === undefined || !from.includes(plan.state)) return false;
    const isOver = state === 'cancelled' || state === 'done';
    const { run } = plan;
    this.plans.set(id, {
      ...plan,
      state,
      ...(run === undefined || !isOver ? {} : { run: { ...run, endedAt: at.toISOString() } }),
    });
    return true;
  };

  expectation: ApplyPlanRepository['expectation'] = async (id, device, wanted) => {
    this.use();
    const plan = this.plans.get(id);
    if (plan === undefined) return undefined;
    const rows = this.sorted(id).filter((row) => row.device === device && wanted.includes(row.port));
    return { state: plan.state, digests: new Map(rows.map(({ port, digest }) => [port, digest])) };
  };

  runsOf: ApplyPlanRepository['runsOf'] = async (workflowIds) => {
    this.use();
    return new Map(
      [...this.plans.values()].flatMap((plan) =>
        plan.run !== undefined && UNDER_WAY.includes(plan.state) && workflowIds.includes(plan.run.workflowId)
          ? [[plan.run.workflowId, plan] as const]
          : [],
      ),
    );
  };

  private async change(id: string, change: (plan: ApplyPlan) => ApplyPlan): Promise<void> {
    this.use();
    const plan = this.plans.get(id);
    if (plan !== undefined) this.plans.set(id, change(plan));
  }

  private sorted(plan: string): readonly PlanRow[] {
    this.use();
    return [...(this.rows.get(plan)?.values() ?? [])].sort((a, b) =>
      a.device === b.device ? (a.port < b.port ? -1 : 1) : a.device < b.device ? -1 : 1,
    );
  }
}
