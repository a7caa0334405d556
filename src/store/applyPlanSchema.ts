import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { PlannedStatus, PlanState, RunStatus } from '../domain/applyAll/plan';
import type { NodeSubject } from '../domain/servers/portRequest';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The tables of Apply All. What schema.ts says of migrations holds here too. */

/** Plans of Apply All, each with the run that carries it out once there is one. */
export const applyPlans = pgTable(
  'apply_plans',
  {
    id: text('id').primaryKey(),
    /** In words, as `scopeText` writes them. */
    scope: text('scope').notNull(),
    state: text('state').$type<PlanState>().notNull(),
    author: text('author').notNull(),
    at: instant('at').notNull(),
    /** Null until it is planned. */
    hash: text('hash'),
    notes: jsonb('notes').$type<readonly string[]>().notNull(),
    workflowId: text('workflow_id'),
    runAuthor: text('run_author'),
    runReason: text('run_reason'),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('apply_plans_scope').on(table.scope, table.at),
    uniqueIndex('apply_plans_hash').on(table.hash),
    index('apply_plans_workflow').on(table.workflowId),
  ],
);

/** What a plan says of each port, and what became of it. */
export const applyPlanPorts = pgTable(
  'apply_plan_ports',
  {
    plan: text('plan')
      .notNull()
      .references(() => applyPlans.id, { onDelete: 'cascade' }),
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    status: text('status').$type<PlannedStatus>().notNull(),
    digest: text('digest').notNull(),
    summary: text('summary').notNull(),
    added: jsonb('added').$type<readonly string[]>().notNull(),
    removed: jsonb('removed').$type<readonly string[]>().notNull(),
    additions: integer('additions').notNull(),
    removals: integer('removals').notNull(),
    parked: text('parked'),
    nodes: jsonb('nodes').$type<readonly NodeSubject[]>().notNull(),
    seconds: integer('seconds').notNull(),
    /** Null while a run has not come to it. */
    outcome: text('outcome').$type<RunStatus>(),
    code: text('code'),
    said: text('said'),
  },
  (table) => [primaryKey({ columns: [table.plan, table.device, table.port] })],
);
