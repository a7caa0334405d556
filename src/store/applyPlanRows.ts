import type { ApplyPlan, NewPlanRow, PlanRow } from '../domain/applyAll/plan';
import { parseScopeText } from '../domain/values/scope';
import type { applyPlanPorts as ports, applyPlans as plans } from './applyPlanSchema';
import { storable } from './engine/database';

/** A port as its row is written. */
export function rowOf(plan: string, port: NewPlanRow): typeof ports.$inferInsert {
  const { parked, outcome, said, ...others } = port;
  return {
    plan,
    ...others,
    summary: storable(port.summary),
    added: port.added.map(storable),
    removed: port.removed.map(storable),
    parked: parked === undefined ? null : storable(parked),
    outcome: outcome ?? null,
    said: said === undefined ? null : storable(said),
  };
}

/** A plan by its row. */
export function toPlan(row: typeof plans.$inferSelect): ApplyPlan {
  const { id, scope, state, author, at, hash, notes, workflowId, runAuthor, runReason, startedAt, endedAt } = row;
  return {
    id,
    scope: parseScopeText(scope),
    state,
    author,
    at: at.toISOString(),
    ...(hash === null ? {} : { hash }),
    notes,
    ...(workflowId === null || startedAt === null
      ? {}
      : {
          run: {
            workflowId,
            author: runAuthor ?? '',
            reason: runReason ?? '',
            startedAt: startedAt.toISOString(),
            ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
          },
        }),
  };
}

/** A port of a plan by its row. */
export function toRow(row: typeof ports.$inferSelect): PlanRow {
  const { device, port, status, digest, summary, added, removed, additions, removals, nodes, seconds } = row;
  const { parked, outcome, code, said } = row;
  return {
    ...{ device, port, status, digest, summary, added, removed, additions, removals, nodes, seconds },
    ...(parked === null ? {} : { parked }),
    ...(outcome === null ? {} : { outcome }),
    ...(code === null ? {} : { code }),
    ...(said === null ? {} : { said }),
  };
}
