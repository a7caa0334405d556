import { z } from 'zod';

/** What the API answers about a plan, as far as the CLI shows it. */
export const planAnswer = z.looseObject({
  id: z.string(),
  scope: z.string(),
  state: z.string(),
  hash: z.string().optional(),
  notes: z.array(z.string()),
  ports: z.number(),
  byStatus: z.record(z.string(), z.number()),
  additions: z.number(),
  removals: z.number(),
  expectedSeconds: z.number(),
});

const planPort = z.looseObject({
  device: z.string(),
  port: z.string(),
  status: z.string(),
  summary: z.string(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  additions: z.number(),
  removals: z.number(),
  outcome: z.string().optional(),
  said: z.string().optional(),
});

/** A page of the ports of a plan. */
export const planPortsAnswer = z.looseObject({ ports: z.array(planPort), next: z.string().optional() });

/** How far a run is. */
export const runAnswer = z.looseObject({
  plan: z.string(),
  scope: z.string(),
  state: z.string(),
  total: z.number(),
  done: z.number(),
  counts: z.record(z.string(), z.number()),
  inFlight: z.number(),
  waiting: z.number(),
  reasons: z.array(z.string()),
  author: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  expectedEnd: z.string().optional(),
});

/** The plans and runs that there are. */
export const runsAnswer = z.looseObject({
  runs: z.array(
    z.looseObject({
      id: z.string(),
      scope: z.string(),
      state: z.string(),
      at: z.string(),
      author: z.string(),
      hash: z.string().optional(),
    }),
  ),
});

/** Which plan is made, or run. */
export const startedAnswer = z.looseObject({ plan: z.string(), alreadyRunning: z.boolean().optional() });

export type PlanAnswer = z.infer<typeof planAnswer>;
export type PlanPortAnswer = z.infer<typeof planPort>;
export type RunAnswer = z.infer<typeof runAnswer>;
