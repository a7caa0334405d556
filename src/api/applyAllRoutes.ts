import { Router, type Request, type RequestHandler } from 'express';
import type { ApplyPlan, PlanRow } from '../domain/applyAll/plan';
import { expectedSeconds } from '../domain/applyAll/progress';
import type { Decision } from '../domain/change/keep';
import { PortwardenError } from '../domain/errors';
import { parseDeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import { scopeText, type Scope } from '../domain/values/scope';
import { applyScope, DEVICES_AT_ONCE, type RunProgress } from '../protocol/applyAll';
import { fieldsOf, readDecision, readField, textOf, type Fields } from '../protocol/inputFields';
import type { PlanPortFilter, PlanTotals } from '../store/applyPlans';
import { jsonBody } from './jsonBody';
import { nextOf, queryOf, readPage } from './paging';
import { queryFields } from './queryFields';
import { readScope, type ScopeCheck } from './scopeFields';

/** How far a run is: what its workflow says while it answers, else what the store knows. */
export interface RunView extends Omit<RunProgress, 'state'> {
  readonly state: RunProgress['state'] | ApplyPlan['state'];
  /** Whether the workflow said it: what is in flight is known to nobody else. */
  readonly hasAnswered: boolean;
  readonly endedAt?: string;
}

/** Apply All, as people plan, run and steer it. @throws PortwardenError `store-unavailable`, `temporal-unavailable`. */
export interface ApplyAllService {
  /** @returns the id of the plan that is being made: of this scope one at a time. */
  plan(scope: Scope, author: string): Promise<string>;
  shown(plan: string): Promise<{ readonly plan: ApplyPlan; readonly totals: PlanTotals } | undefined>;
  ports(plan: string, filter: PlanPortFilter): Promise<readonly PlanRow[]>;
  /** @returns whether it was started now, or ran already. @throws PortwardenError `plan-unknown`, `apply-all-running`. */
  run(scope: Scope, hash: string, by: Decision): Promise<{ readonly plan: string; readonly isNew: boolean }>;
  /** The run under way of a scope, else the last one. */
  latest(scope: Scope): Promise<RunView | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly ApplyPlan[]>;
  /** @throws PortwardenError `not-found` when no run is in a state in which that can be said. */
  say(scope: Scope, what: 'pause' | 'resume' | 'cancel', by: Decision): Promise<RunView>;
}

/** What the routes of Apply All are made of. */
export interface ApplyAllRoutesDependencies extends ScopeCheck {
  readonly applyAll: ApplyAllService;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

const SCOPE_FIELDS = ['all', 'site', 'device'];
const LONGEST_NAME = 200;
const LISTED = 50;

/**
 * `POST /apply-all/plan`: plan a scope; `GET /apply-all/plans/:id` and `…/ports`: what it says, page by page; `POST /apply-all`:
 * run it by its hash; `GET /apply-all`: how far the run of a scope is, or which there were; `POST /apply-all/pause`, `/resume`,
 * `/cancel`: steer it.
 */
export function applyAllRoutes({ applyAll, bodyLimitBytes, once, ...check }: ApplyAllRoutesDependencies): Router {
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  router.post('/apply-all/plan', body, once, async (request, response) => {
    const fields = fieldsOf(request.body, [...SCOPE_FIELDS, 'author']);
    const plan = await applyAll.plan(scopeOf(fields, check), textOf(fields['author'], 'author', LONGEST_NAME));
    response.status(202).set('Cache-Control', 'no-store').json({ plan });
  });
  router.get('/apply-all/plans/:id', async (request, response) => {
    response.set('Cache-Control', 'no-store').json(planView(await known(applyAll, request.params.id)));
  });
  router.get('/apply-all/plans/:id/ports', async (request, response) => {
    const { plan } = await known(applyAll, request.params.id);
    const filter = readFilter(request);
    const ports = await applyAll.ports(plan.id, filter);
    response.set('Cache-Control', 'no-store').json({
      ports: ports.map(shownPort),
      ...nextOf(ports, filter.limit, ({ device, port }) => [device, port]),
    });
  });
  router.post('/apply-all', body, once, async (request, response) => {
    const fields = fieldsOf(request.body, [...SCOPE_FIELDS, 'planHash', 'author', 'reason']);
    const hash = textOf(fields['planHash'], 'planHash', LONGEST_NAME);
    const run = await applyAll.run(scopeOf(fields, check), hash, readDecision(fields));
    response.status(202).set('Cache-Control', 'no-store').json({ plan: run.plan, alreadyRunning: !run.isNew });
  });
  router.get('/apply-all', async (request, response) => {
    const fields = queryFields(request);
    response.set('Cache-Control', 'no-store');
    if (Object.keys(fields).length === 0) {
      response.json({ runs: (await applyAll.list(LISTED)).map(shownPlan) });
      return;
    }
    const { all, ...named } = fieldsOf(fields, SCOPE_FIELDS, 'query');
    const scope = scopeOf({ ...named, ...(all === undefined ? {} : { all: all === 'true' }) }, check);
    const run = await applyAll.latest(scope);
    if (run === undefined)
      throw new PortwardenError('not-found', `Apply All was never run over ${scopeText(scope)}, or that is forgotten`);
    response.json(run);
  });
  for (const what of ['pause', 'resume', 'cancel'] as const)
    router.post(`/apply-all/${what}`, body, once, async (request, response) => {
      const fields = fieldsOf(request.body, [...SCOPE_FIELDS, 'author', 'reason']);
      response
        .set('Cache-Control', 'no-store')
        .json(await applyAll.say(scopeOf(fields, check), what, readDecision(fields)));
    });
  return router;
}

async function known(applyAll: ApplyAllService, id: string) {
  const found = await applyAll.shown(id);
  if (found === undefined)
    throw new PortwardenError('not-found', 'There is no plan with this id (yet), or it is forgotten');
  return found;
}

function planView({ plan, totals }: { readonly plan: ApplyPlan; readonly totals: PlanTotals }) {
  const { seconds, ...others } = totals;
  return { ...shownPlan(plan), ...others, expectedSeconds: expectedSeconds(seconds, DEVICES_AT_ONCE) };
}

function shownPort(row: PlanRow) {
  const { device, port, status, summary, added, removed, additions, removals, parked, outcome, code, said } = row;
  return { device, port, status, summary, added, removed, additions, removals, parked, outcome, code, said };
}

function shownPlan(plan: ApplyPlan) {
  return { ...plan, scope: scopeText(plan.scope) };
}

function scopeOf({ all, site, device }: Fields, check: ScopeCheck): Scope {
  const text = (value: unknown, field: string) =>
    value === undefined ? undefined : textOf(value, field, LONGEST_NAME);
  const fields = { all: all === true, site: text(site, 'site'), device: text(device, 'device') };
  return readField('scope', () => applyScope(readScope(fields, check)));
}

function readFilter(request: Request): PlanPortFilter {
  const query = queryOf(request);
  const { limit, after } = readPage(query, 2);
  const [device = '', port = ''] = after ?? [];
  return {
    limit,
    notable: query.get('notable') === 'true',
    ...(after === undefined
      ? {}
      : { after: readField('after', () => ({ device: parseDeviceId(device), port: parsePortName(port) })) }),
  };
}
