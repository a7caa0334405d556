import pino from 'pino';
import { createApplyAllService } from '../../src/app/applying';
import type { RunProgress } from '../../src/protocol/applyAll';
import { NOTHING_DONE } from '../../src/domain/applyAll/progress';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseSiteName, scopeText, type Scope } from '../../src/domain/values/scope';
import type { ApplyAllWorkflows } from '../../src/temporal/applyAll';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { planRow } from '../domain/applyAll/planRow';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const device = deviceId('junos', 1);
const sites = new Map([[parseSiteName('fra1'), [device]]]);
const said = { author: 'ada', reason: 'after the import' };

let store: MemoryStore;
let site: ApiUnderTest;
/** What was started and told. */
let asked: string[];
let running: RunProgress | undefined;
const workflows: ApplyAllWorkflows = {
  plan: async (plan, scope, author) => {
    asked.push(`plan ${scopeText(scope)} ${author}`);
    await store.applyPlans.begin({ id: plan, scope, author }, new Date());
    return plan;
  },
  run: async (plan, scope) => {
    asked.push(`run ${scopeText(scope)}`);
    return (
      running === undefined &&
      store.applyPlans.beginRun(plan, { workflowId: 'w', ...said, startedAt: '2031-01-01T00:00:00.000Z' })
    );
  },
  progress: async () => running,
  tell: async (scope, what) => {
    asked.push(`${what} ${scopeText(scope)}`);
    return true;
  },
};

beforeEach(async () => {
  store = new MemoryStore();
  asked = [];
  running = undefined;
  site = await startApi({
    sites,
    applyAll: createApplyAllService({ store, workflows, log: pino({ level: 'silent' }) }),
  });
});
afterEach(() => site.api.close());

const post = (path: string, body: unknown, headers = JSON_HEADERS): Promise<Response> =>
  fetch(`${site.api.url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
const json = async (response: Promise<Response>): Promise<unknown> => (await response).json();

/** A plan of a site with two ports, ready to be run. */
async function planned(hash = 'h1'): Promise<string> {
  const { plan } = (await json(post('/apply-all/plan', { site: 'fra1', author: 'ada' }))) as { plan: string };
  const rows = [1, 2].map((n) =>
    planRow({
      device,
      port: parsePortName(`ge-0/0/${n}.0`),
      ...(n === 1 ? { status: 'change', additions: 1, added: ['10.0.48.5'], seconds: 4 } : {}),
    }),
  );
  await store.applyPlans.addPorts(plan, rows);
  await store.applyPlans.finish(plan, hash, ['a note']);
  return plan;
}

it('a plan is made, shown with its ports by pages, and run by its hash', async () => {
  const plan = await planned();
  expect(await json(site.get(`/api/apply-all/plans/${plan}`))).toMatchObject({
    ...{ id: plan, scope: 'site fra1', state: 'planned', hash: 'h1', notes: ['a note'] },
    ...{ ports: 2, byStatus: { change: 1, unchanged: 1 }, additions: 1, removals: 0, expectedSeconds: 4 },
  });
  const page = (await json(site.get(`/api/apply-all/plans/${plan}/ports?limit=1`))) as {
    ports: object[];
    next: string;
  };
  expect(page.ports).toMatchObject([{ port: 'ge-0/0/1.0', added: ['10.0.48.5'] }]);
  const next = await json(site.get(`/api/apply-all/plans/${plan}/ports?after=${page.next}`));
  expect(next).toMatchObject({ ports: [{ port: 'ge-0/0/2.0' }] });
  expect(await json(site.get(`/api/apply-all/plans/${plan}/ports?notable=true`))).toMatchObject({
    ports: [{ status: 'change' }],
  });
  expect(await json(post('/apply-all', { site: 'fra1', planHash: 'h1', ...said }))).toEqual({
    plan,
    alreadyRunning: false,
  });
  expect(asked).toEqual(['plan site fra1 ada', 'run site fra1']);
  expect(await json(site.get('/api/apply-all'))).toMatchObject({
    runs: [{ id: plan, state: 'running', scope: 'site fra1' }],
  });
});

it('how far a run is comes from its workflow, and from the store when that does not answer', async () => {
  const plan = await planned();
  await post('/apply-all', { site: 'fra1', planHash: 'h1', ...said });
  await store.applyPlans.settle(plan, [{ device, port: parsePortName('ge-0/0/1.0'), outcome: 'applied', said: 'ok' }]);
  expect(await json(site.get('/api/apply-all?site=fra1'))).toMatchObject({
    ...{ plan, state: 'running', total: 2, done: 1, hasAnswered: false, counts: { applied: 1 } },
  });
  running = {
    ...{ plan, scope: 'site fra1', state: 'running', total: 2, done: 2, counts: NOTHING_DONE, inFlight: 0, waiting: 0 },
    ...{ reasons: [], devices: [], ...said, startedAt: 'T1' },
  };
  expect(await json(site.get('/api/apply-all?site=fra1'))).toMatchObject({ done: 2, hasAnswered: true });
});

it('is paused, resumed and cancelled: the row first, then the workflow; what cannot be said is refused', async () => {
  const plan = await planned();
  await post('/apply-all', { site: 'fra1', planHash: 'h1', ...said });
  asked.length = 0;
  const state = async () => (await store.applyPlans.get(plan))?.state;
  expect(await json(post('/apply-all/pause', { site: 'fra1', ...said }))).toMatchObject({ state: 'paused' });
  expect(await state()).toBe('paused');
  expect(await json(post('/apply-all/pause', { site: 'fra1', ...said }))).toMatchObject({ state: 'paused' });
  expect(await json(post('/apply-all/resume', { site: 'fra1', ...said }))).toMatchObject({ state: 'running' });
  await post('/apply-all/cancel', { site: 'fra1', ...said });
  expect(await state()).toBe('cancelled');
  expect(asked).toEqual(['pauseRun site fra1', 'pauseRun site fra1', 'resumeRun site fra1', 'cancelRun site fra1']);
  const late = await post('/apply-all/resume', { site: 'fra1', ...said });
  expect([late.status, await errorOf(late)]).toMatchObject([404, { code: 'not-found' }]);
});

it.each<[string, object, number, string]>([
  ['/apply-all', { site: 'fra1', planHash: 'nobody', ...said }, 404, 'plan-unknown'],
  ['/apply-all', { all: true, planHash: 'h1', ...said }, 404, 'plan-unknown'],
  ['/apply-all', { site: 'fra1', ...said }, 400, 'invalid-request'],
  ['/apply-all', { site: 'fra1', planHash: 'h1', author: 'ada' }, 400, 'invalid-request'],
  ['/apply-all/plan', { author: 'ada' }, 400, 'invalid-request'],
  ['/apply-all/plan', { site: 'nowhere', author: 'ada' }, 400, 'invalid-request'],
  ['/apply-all/plan', { device: 'junos:1', port: 'ge-0/0/1.0', author: 'ada' }, 400, 'invalid-request'],
  ['/apply-all/plan', { device: 'nobody:1', author: 'ada' }, 422, 'device-kind-unknown'],
  ['/apply-all/pause', { device: 'junos:1', ...said }, 404, 'not-found'],
])('%s %j is %i %s', async (path, body, status, code) => {
  await planned();
  const refused = await post(path, body);
  expect([refused.status, await errorOf(refused)]).toMatchObject([status, { code }]);
});

it('a run of another plan of the scope is an error that says who runs it', async () => {
  await planned('h1');
  running = {
    ...{
      plan: 'other',
      scope: 'site fra1',
      state: 'running',
      total: 9,
      done: 2,
      counts: NOTHING_DONE,
      inFlight: 0,
      waiting: 0,
    },
    ...{ reasons: [], devices: [], ...said, startedAt: 'T1' },
  };
  const refused = await post('/apply-all', { site: 'fra1', planHash: 'h1', ...said });
  expect([refused.status, await errorOf(refused)]).toMatchObject([409, { code: 'apply-all-running' }]);
});

it('nobody without the token sees or does anything', async () => {
  const headers = { ...JSON_HEADERS, Authorization: 'Bearer wrong' };
  const scope: Scope['kind'] = 'all';
  expect((await post('/apply-all/plan', { [scope]: true, author: 'ada' }, headers)).status).toBe(401);
  expect((await site.get('/api/apply-all', { Authorization: 'Bearer wrong' })).status).toBe(401);
  expect(asked).toEqual([]);
});
