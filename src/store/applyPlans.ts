import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  notInArray,
  or,
  sql,
  sum,
  type SQL,
} from 'drizzle-orm';
import {
  RUNNABLE,
  UNDER_WAY,
  type ApplyPlan,
  type NewPlanRow,
  type PlannedStatus,
  type PlanRow,
  type PlanState,
  type RunStatus,
  type SettledPort,
} from '../domain/applyAll/plan';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';
import { scopeText, type Scope } from '../domain/values/scope';
import { applyPlanPorts as ports, applyPlans as plans } from './applyPlanSchema';
import { rowOf, toPlan, toRow } from './applyPlanRows';
import { storable, type RunOnDatabase } from './engine/database';

/** What the ports of a plan come to. */
export interface PlanTotals {
  readonly ports: number;
  readonly byStatus: Readonly<Partial<Record<PlannedStatus, number>>>;
  readonly byOutcome: Readonly<Partial<Record<RunStatus, number>>>;
  readonly additions: number;
  readonly removals: number;
  /** What the commits of each device may take, in seconds. */
  readonly seconds: readonly number[];
}

/** Which ports of a plan are listed. */
export interface PlanPortFilter {
  readonly after?: PortRef;
  readonly limit: number;
  /** Those alone that the plan changes, parks or could not look at, or that came to something else than `unchanged`. */
  readonly notable?: boolean;
}

/** What a pass asks of the plan by which it was asked. */
export interface Expectation {
  readonly state: PlanState;
  readonly digests: ReadonlyMap<PortName, string>;
}

/** Plans of Apply All, and their runs. Everything is read by pages: a plan may have very many ports. */
export interface ApplyPlanRepository {
  /** Begins a plan, and forgets the oldest ones of its scope. Twice is the same as once. */
  begin(plan: Pick<ApplyPlan, 'id' | 'scope' | 'author'>, at: Date): Promise<void>;
  /** Puts in ports, or replaces them. */
  addPorts(plan: string, added: readonly NewPlanRow[]): Promise<void>;
  finish(plan: string, hash: string, notes: readonly string[]): Promise<void>;
  fail(plan: string, notes: readonly string[]): Promise<void>;
  get(plan: string): Promise<ApplyPlan | undefined>;
  /** The plan of this scope with this hash. */
  find(scope: Scope, hash: string): Promise<ApplyPlan | undefined>;
  /** Newest first; of one scope, or of all. */
  list(scope: Scope | undefined, limit: number): Promise<readonly ApplyPlan[]>;
  ports(plan: string, filter: PlanPortFilter): Promise<readonly PlanRow[]>;
  totals(plan: string): Promise<PlanTotals>;
  /** Devices with ports that a run has still to come to. */
  devices(plan: string, after: DeviceId | undefined, limit: number): Promise<readonly DeviceId[]>;
  /** Ports of a device that a run has still to come to. */
  open(plan: string, device: DeviceId, limit: number): Promise<readonly PlanRow[]>;
  /** Notes what became of ports; what was noted first stays. */
  settle(plan: string, settled: readonly SettledPort[]): Promise<void>;
  /**
   * Begins the run of a plan, or finds it begun by the same workflow; runs of that workflow that were cut off end.
   * @returns false when the plan cannot be run (any more).
   */
  beginRun(plan: string, run: NonNullable<ApplyPlan['run']>): Promise<boolean>;
  /** @returns whether the plan was in one of these states. */
  setState(plan: string, from: readonly PlanState[], to: PlanState, at: Date): Promise<boolean>;
  /** What was planned of ports, for the passes that carry it out; undefined when there is no such plan. */
  expectation(plan: string, device: DeviceId, wanted: readonly PortName[]): Promise<Expectation | undefined>;
  /** The runs under way of some workflows, by these. */
  runsOf(workflowIds: readonly string[]): Promise<ReadonlyMap<string, ApplyPlan>>;
}

const KEPT_OF_A_SCOPE = 5;
const ROWS_AT_ONCE = 500;

/** Plans of Apply All. */
export function applyPlanRepository(run: RunOnDatabase): ApplyPlanRepository {
  const select = async (where: SQL | undefined, limit: number): Promise<readonly ApplyPlan[]> => {
    const rows = await run((db) =>
      db.select().from(plans).where(where).orderBy(desc(plans.at), desc(plans.id)).limit(limit),
    );
    return rows.map(toPlan);
  };
  const selectPorts = async (where: SQL | undefined, limit: number): Promise<readonly PlanRow[]> => {
    const rows = await run((db) =>
      db.select().from(ports).where(where).orderBy(asc(ports.device), asc(ports.port)).limit(limit),
    );
    return rows.map(toRow);
  };
  return {
    async begin({ id, scope, author }, at) {
      const text = scopeText(scope);
      await run((db) =>
        db.transaction(async (tx) => {
          await tx
            .insert(plans)
            .values({ id, scope: text, state: 'planning', author: storable(author), at, notes: [] })
            .onConflictDoNothing();
          const kept = tx
            .select({ id: plans.id })
            .from(plans)
            .where(eq(plans.scope, text))
            .orderBy(desc(plans.at))
            .limit(KEPT_OF_A_SCOPE);
          await tx
            .delete(plans)
            .where(and(eq(plans.scope, text), notInArray(plans.state, [...UNDER_WAY]), notInArray(plans.id, kept)));
        }),
      );
    },
    async addPorts(plan, added) {
      for (let start = 0; start < added.length; start += ROWS_AT_ONCE) {
        const rows = added.slice(start, start + ROWS_AT_ONCE).map((port) => rowOf(plan, port));
        await run((db) =>
          db
            .insert(ports)
            .values(rows)
            .onConflictDoUpdate({
              target: [ports.plan, ports.device, ports.port],
              set: {
                status: sql`excluded.status`,
                digest: sql`excluded.digest`,
                summary: sql`excluded.summary`,
                added: sql`excluded.added`,
                removed: sql`excluded.removed`,
                additions: sql`excluded.additions`,
                removals: sql`excluded.removals`,
                parked: sql`excluded.parked`,
                nodes: sql`excluded.nodes`,
                seconds: sql`excluded.seconds`,
                outcome: sql`excluded.outcome`,
                said: sql`excluded.said`,
              },
            }),
        );
      }
    },
    async finish(plan, hash, notes) {
      const planned = { state: 'planned', hash, notes: notes.map(storable) } as const;
      await run((db) =>
        db
          .update(plans)
          .set(planned)
          .where(and(eq(plans.id, plan), eq(plans.state, 'planning'))),
      );
    },
    async fail(plan, notes) {
      await run((db) =>
        db
          .update(plans)
          .set({ state: 'failed', notes: notes.map(storable) })
          .where(and(eq(plans.id, plan), eq(plans.state, 'planning'))),
      );
    },
    get: async (plan) => (await select(eq(plans.id, storable(plan)), 1))[0],
    find: async (scope, hash) =>
      (await select(and(eq(plans.scope, scopeText(scope)), eq(plans.hash, storable(hash))), 1))[0],
    list: (scope, limit) => select(scope === undefined ? undefined : eq(plans.scope, scopeText(scope)), limit),
    ports: (plan, { after, limit, notable = false }) =>
      selectPorts(
        and(
          eq(ports.plan, plan),
          after === undefined
            ? undefined
            : or(gt(ports.device, after.device), and(eq(ports.device, after.device), gt(ports.port, after.port))),
          notable
            ? or(
                sql`${ports.status} <> 'unchanged'`,
                isNotNull(ports.parked),
                sql`coalesce(${ports.outcome}, 'unchanged') <> 'unchanged'`,
              )
            : undefined,
        ),
        limit,
      ),
    async totals(plan) {
      const of = eq(ports.plan, plan);
      const [statuses, outcomes, sums, devices] = await run(async (db) => [
        await db.select({ of: ports.status, count: count() }).from(ports).where(of).groupBy(ports.status),
        await db.select({ of: ports.outcome, count: count() }).from(ports).where(of).groupBy(ports.outcome),
        await db
          .select({
            additions: sql<number>`coalesce(sum(${ports.additions}), 0)::int`,
            removals: sql<number>`coalesce(sum(${ports.removals}), 0)::int`,
          })
          .from(ports)
          .where(of),
        await db
          .select({ seconds: sum(ports.seconds) })
          .from(ports)
          .where(of)
          .groupBy(ports.device),
      ]);
      return {
        ports: statuses.reduce((all, one) => all + one.count, 0),
        byStatus: Object.fromEntries(statuses.map((one) => [one.of, one.count])),
        byOutcome: Object.fromEntries(outcomes.flatMap((one) => (one.of === null ? [] : [[one.of, one.count]]))),
        additions: sums[0]?.additions ?? 0,
        removals: sums[0]?.removals ?? 0,
        seconds: devices.map(({ seconds }) => Number(seconds)).filter((seconds) => seconds > 0),
      };
    },
    async devices(plan, after, limit) {
      const rows = await run((db) =>
        db
          .selectDistinct({ device: ports.device })
          .from(ports)
          .where(
            and(eq(ports.plan, plan), isNull(ports.outcome), after === undefined ? undefined : gt(ports.device, after)),
          )
          .orderBy(asc(ports.device))
          .limit(limit),
      );
      return rows.map(({ device }) => device);
    },
    open: (plan, device, limit) =>
      selectPorts(and(eq(ports.plan, plan), eq(ports.device, device), isNull(ports.outcome)), limit),
    async settle(plan, settled) {
      if (settled.length === 0) return;
      await run((db) =>
        db.transaction(async (tx) => {
          for (const { device, port, outcome, code, said } of settled)
            await tx
              .update(ports)
              .set({ outcome, code: code ?? null, said: storable(said) })
              .where(and(eq(ports.plan, plan), eq(ports.device, device), eq(ports.port, port), isNull(ports.outcome)));
        }),
      );
    },
    beginRun: (plan, { workflowId, author, reason, startedAt }) =>
      run((db) =>
        db.transaction(async (tx) => {
          const [known] = await tx.select().from(plans).where(eq(plans.id, plan)).for('update');
          if (known === undefined) return false;
          if (UNDER_WAY.includes(known.state) && known.workflowId === workflowId) return true;
          if (!RUNNABLE.includes(known.state)) return false;
          await tx
            .update(plans)
            .set({ state: 'cancelled', endedAt: new Date(startedAt) })
            .where(and(eq(plans.workflowId, workflowId), inArray(plans.state, [...UNDER_WAY])));
          await tx
            .update(plans)
            .set({
              state: 'running',
              workflowId,
              runAuthor: storable(author),
              runReason: storable(reason),
              startedAt: new Date(startedAt),
              endedAt: null,
            })
            .where(eq(plans.id, plan));
          return true;
        }),
      ),
    async setState(plan, from, to, at) {
      const endedAt = to === 'cancelled' || to === 'done' ? { endedAt: at } : {};
      const rows = await run((db) =>
        db
          .update(plans)
          .set({ state: to, ...endedAt })
          .where(and(eq(plans.id, plan), inArray(plans.state, [...from])))
          .returning({ id: plans.id }),
      );
      return rows.length > 0;
    },
    async expectation(plan, device, wanted) {
      const [rows, found] = await run(async (db) => [
        await db.select({ state: plans.state }).from(plans).where(eq(plans.id, plan)),
        await db
          .select({ port: ports.port, digest: ports.digest })
          .from(ports)
          .where(and(eq(ports.plan, plan), eq(ports.device, device), inArray(ports.port, [...wanted]))),
      ]);
      const [known] = rows;
      return known === undefined
        ? undefined
        : { state: known.state, digests: new Map(found.map(({ port, digest }) => [port, digest])) };
    },
    async runsOf(workflowIds) {
      if (workflowIds.length === 0) return new Map();
      const found = await select(
        and(inArray(plans.workflowId, [...workflowIds]), inArray(plans.state, [...UNDER_WAY])),
        workflowIds.length,
      );
      return new Map(found.flatMap((plan) => (plan.run === undefined ? [] : [[plan.run.workflowId, plan]])));
    },
  };
}
