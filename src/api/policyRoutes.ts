import { setTimeout as sleep } from 'node:timers/promises';
import { Router, type Request, type Response } from 'express';
import { EXPIRY_NOTICE_MS, policyState, scopeKey, type PolicyScope } from '../domain/policies/policy';
import { policyOf, versionOfScope, type StoredPolicy } from '../domain/policies/storedPolicy';
import { invalidField, PortwardenError } from '../domain/errors';
import { parseServerId } from '../domain/event/event';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import type { ChangePolicyInput } from '../protocol/policies';
import { readChangePolicyInput, readPolicyScope, readPreviewPolicyInput } from '../protocol/policyInput';
import type { PolicyFilter, PolicyRepository } from '../store/policies';
import type { DecisionService } from '../temporal/decisions';
import type { PolicyService } from '../temporal/policies';
import { asObject, jsonBody } from './jsonBody';
import { readIdempotencyKey } from './idempotencyKey';
import { cursorOf, queryOf, readPage } from './paging';
import { queryFields } from './queryFields';
import { contextOf } from './requestContext';

/** What the routes of port policies are made of. */
export interface PolicyRoutesDependencies {
  /** Absent in a process without a store: asking for policies is `api-without-store`. */
  readonly stored: Pick<PolicyRepository, 'get' | 'list' | 'changes'> | undefined;
  readonly service: PolicyService;
  /** What became of a change. */
  readonly decisions: Pick<DecisionService, 'status'>;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
}

const SHOWN_CHANGES = 20;
const LONGEST_WAIT_SECONDS = 60;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/**
 * `GET /`: policies in force, by scope, page by page; `GET /show`: that of one scope, with what was done to it; `GET /log`:
 * what was done, newest first; `POST /set` and `/unset`: change one (`If-Match` names the version that it was decided
 * for, `Idempotency-Key` makes a repeat harmless, `Prefer: wait=30` waits for the outcome); `POST /preview`: what that would do. Workers carry them out.
 */
export function policyRoutes(dependencies: PolicyRoutesDependencies): Router {
  const { stored, service, bodyLimitBytes } = dependencies;
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  if (stored !== undefined) addReading(router, stored, dependencies);
  for (const change of ['set', 'unset'] as const)
    router.post(`/${change}`, body, async (request, response) => {
      const input = readChangePolicyInput({ ...asObject(request.body), ...versionOf(request), change });
      knownDevice(input, dependencies);
      const started = await service.change(input, readIdempotencyKey(request));
      await accept(request, response, started, dependencies);
    });
  router.post('/preview', body, async (request, response) => {
    const input = readPreviewPolicyInput({ change: 'set', ...asObject(request.body) });
    knownDevice(input.proposed, dependencies);
    answer(response, await service.preview(input));
  });
  return router;
}

function addReading(
  router: Router,
  stored: NonNullable<PolicyRoutesDependencies['stored']>,
  { requireDriver }: PolicyRoutesDependencies,
): void {
  router.get('/', async (request, response) => {
    const { filter, page } = readFilter(queryOf(request));
    if (filter.device !== undefined) requireDriver(filter.device);
    const now = new Date();
    const policies = await stored.list({ ...filter, limit: page + 1 }, now);
    const shown = policies.slice(0, page);
    const last = policies.length > page ? shown.at(-1) : undefined;
    const next = last === undefined ? {} : { next: cursorOf([scopeKey(last.scope)]) };
    answer(response, { policies: shown.map((policy) => withState(policy, now)), ...next });
  });
  router.get('/show', async (request, response) => {
    const scope = readPolicyScope(queryFields(request));
    const now = new Date();
    const policy = await stored.get(scope, now);
    const changes = await stored.changes({ scope, limit: SHOWN_CHANGES });
    if (policy === undefined && changes.length === 0)
      throw new PortwardenError('policy-missing', `There is no policy of ${scopeKey(scope)}, and never was.`);
    const version = versionOfScope(policy, changes[0]);
    response.set('ETag', `"${version}"`);
    answer(response, { ...(policy === undefined ? {} : { policy: withState(policy, now) }), version, changes });
  });
  router.get('/log', async (request, response) => {
    const query = queryOf(request);
    const { limit, after } = readPage(query, 1);
    const named = Object.fromEntries([...query].filter(([name]) => name !== 'limit' && name !== 'after'));
    const scope = Object.keys(named).length === 0 ? undefined : readPolicyScope(named);
    const [before] = after ?? [];
    if (before !== undefined && !/^\d{1,18}$/.test(before))
      throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
    const filter = { ...(scope === undefined ? {} : { scope }), ...(before === undefined ? {} : { before }) };
    const changes = await stored.changes({ ...filter, limit: limit + 1 });
    const shown = changes.slice(0, limit);
    const last = changes.length > limit ? shown.at(-1) : undefined;
    answer(response, { changes: shown, ...(last === undefined ? {} : { next: cursorOf([last.version]) }) });
  });
}

/** 202 with where to ask; 200 with the outcome when the caller wants to wait and it comes in time. */
async function accept(
  request: Request,
  response: Response,
  { workflowId, alreadyStarted, change }: Awaited<ReturnType<PolicyService['change']>>,
  { decisions }: PolicyRoutesDependencies,
): Promise<void> {
  contextOf(response).workflowId = workflowId;
  const statusUrl = `/api/decisions/${encodeURIComponent(workflowId)}`;
  if (change !== undefined) response.set('ETag', `"${change.version}"`);
  const repeated = alreadyStarted ? { repeated: true } : {};
  const accepted = { workflowId, statusUrl, ...repeated, ...(change === undefined ? {} : { change }) };
  response.location(statusUrl);
  const seconds = wantedWait(request);
  if (seconds === 0) return answer(response.status(202), accepted);
  response.set('Preference-Applied', `wait=${seconds}`);
  const until = Date.now() + seconds * 1000;
  for (let pause = FIRST_PAUSE_MS; Date.now() < until; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const status = await decisions.status(workflowId);
    if (status !== undefined && status.state !== 'running') return answer(response, { ...accepted, ...status });
    await sleep(Math.min(pause, Math.max(until - Date.now(), 0)));
  }
  return answer(response.status(202), accepted);
}

/** `Prefer: wait=30` (RFC 7240); a longer wait than the longest is shortened, whatever else is preferred is not ours. */
function wantedWait(request: Request): number {
  const [, seconds] = /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?/i.exec(request.get('Prefer') ?? '') ?? [];
  return Math.min(Number(seconds ?? 0), LONGEST_WAIT_SECONDS);
}

/** The version that a change was decided for, from the request's conditions. @throws PortwardenError `invalid-request`. */
function versionOf(request: Request): { readonly version?: string } {
  const match = request.get('If-Match');
  const none = request.get('If-None-Match');
  if (none !== undefined) {
    if (none.trim() !== '*' || match !== undefined)
      throw invalidField('invalid-request', 'If-None-Match', 'must be *, without If-Match: there is no policy yet');
    return { version: '0' };
  }
  if (match === undefined) return {};
  const [, version] = /^"(\d{1,18})"$/.exec(match.trim()) ?? [];
  if (version === undefined)
    throw invalidField('invalid-request', 'If-Match', 'must be one ETag as `GET /api/policies/show` gives it');
  return { version };
}

function readFilter(query: URLSearchParams): { readonly filter: Omit<PolicyFilter, 'limit'>; readonly page: number } {
  const known = ['limit', 'after', 'device', 'server', 'kind', 'ending'];
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${known.join(', ')}`);
  const { limit, after } = readPage(query, 1);
  const device = optional(query, 'device', parseDeviceId);
  const serverId = optional(query, 'server', parseServerId);
  const kind = optional(query, 'kind', parseKind);
  const ending = optional(query, 'ending', parseSoon);
  const [key] = after ?? [];
  return {
    page: limit,
    filter: {
      ...(device === undefined ? {} : { device }),
      ...(serverId === undefined ? {} : { serverId }),
      ...(kind === undefined ? {} : { kind }),
      ...(ending === undefined ? {} : { endingUntil: ending }),
      ...(key === undefined ? {} : { after: key }),
    },
  };
}

const KINDS: readonly PolicyScope['kind'][] = ['port', 'server', 'network', 'device'];

function parseKind(text: string): PolicyScope['kind'] {
  const known = KINDS.find((kind) => kind === text);
  if (known !== undefined) return known;
  throw new RangeError(`must be one of ${KINDS.join(', ')}`);
}

function parseSoon(text: string): Date {
  if (text === 'soon') return new Date(Date.now() + EXPIRY_NOTICE_MS);
  throw new RangeError('must be soon');
}

function optional<T>(query: URLSearchParams, name: string, parse: (text: string) => T): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidField('invalid-request', name, error.message);
  }
}

function knownDevice(input: ChangePolicyInput, { requireDriver }: PolicyRoutesDependencies): void {
  const scope = input.change === 'set' ? input.policy.scope : input.scope;
  if (scope.kind !== 'server') requireDriver(scope.device);
}

function withState(policy: StoredPolicy, now: Date): StoredPolicy & { readonly state: string } {
  return { ...policy, state: policyState(policyOf(policy), now) };
}

function answer(response: Response, what: object): void {
  response.set('Cache-Control', 'no-store').json(what);
}
