import pino from 'pino';
import type { ApplyAllService } from '../../src/api/applyAllRoutes';
import { createPauseService } from '../../src/app/pausing';
import { PortwardenError } from '../../src/domain/errors';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { MemoryKeyedAnswers } from '../store/memoryKeyedAnswers';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const said = { reason: 'new line card', author: 'alice' };
const PAUSE = { device: 'junos:1', ...said };
const RUN = { all: true, planHash: 'abc', ...said };

let store: MemoryStore;
let site: ApiUnderTest;
/** How often Apply All was run, and what it does then. */
let runs: number;
let run: ApplyAllService['run'];

beforeEach(async () => {
  store = new MemoryStore();
  runs = 0;
  run = async () => ({ plan: 'p1', isNew: true });
  const refuse = (): Promise<never> => Promise.reject(new Error('not asked'));
  site = await startApi({
    keyedAnswers: store.keyedAnswers,
    pauses: createPauseService({
      ...{ store, sites: new Map(), log: pino({ level: 'silent' }) },
      coordinators: { pausesChanged: () => Promise.resolve() },
    }),
    applyAll: {
      ...{ plan: refuse, shown: refuse, ports: refuse, latest: refuse, list: refuse, say: refuse },
      run: (...asked) => {
        runs += 1;
        return run(...asked);
      },
    },
  });
});
afterEach(() => site.api.close());

const post = (path: string, body: unknown, key?: string): Promise<Response> =>
  fetch(`${site.api.url}${path}`, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...(key === undefined ? {} : { 'Idempotency-Key': key }) },
    body: JSON.stringify(body),
  });

it('a pause that is sent again with its key gets the first answer again, in whatever order its fields stand', async () => {
  const first = await post('/api/pauses', PAUSE, 'k1');
  const answer = (await first.json()) as { pause: { since: string } };
  expect([first.status, answer]).toMatchObject([201, { pause: { scope: 'device junos:1' } }]);
  const { device, ...others } = PAUSE;
  const again = await post('/api/pauses', { ...others, device }, 'k1');
  expect([again.status, await again.json()]).toEqual([201, { ...answer, repeated: true }]);
  expect(await store.pauses.active(new Date())).toMatchObject([{ since: answer.pause.since }]);
  expect(await store.pauses.ended(10)).toEqual([]);
});

it('a key may be used for each route, and without one everything is carried out', async () => {
  await post('/api/pauses', PAUSE, 'k1');
  const resumed = await post('/api/pauses/resume', PAUSE, 'k1');
  expect(await resumed.json()).toMatchObject({ ended: { scope: 'device junos:1' }, still: [] });
  const again = await post('/api/pauses/resume', PAUSE);
  expect(await again.json()).toEqual({ ended: null, still: [] });
  const repeated = await post('/api/pauses/resume', PAUSE, 'k1');
  expect(await repeated.json()).toMatchObject({ ended: { scope: 'device junos:1' }, repeated: true });
});

it('the same key with another request is refused, and so is one that is no key', async () => {
  await post('/api/apply-all', RUN, 'k1');
  const other = await post('/api/apply-all', { ...RUN, planHash: 'def' }, 'k1');
  expect([other.status, (await errorOf(other))['code']]).toEqual([422, 'idempotency-key-reused']);
  const none = await post('/api/apply-all', RUN, 'x'.repeat(201));
  expect([none.status, (await errorOf(none))['field']]).toEqual([400, 'Idempotency-Key']);
  expect(runs).toBe(1);
});

it('Apply All runs once, also while the first request is carried out, whose answer comes later', async () => {
  let end: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  run = async () => {
    await until;
    return { plan: 'p1', isNew: true };
  };
  const first = post('/api/apply-all', RUN, 'k1');
  while (runs === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const meanwhile = await post('/api/apply-all', RUN, 'k1');
  expect([meanwhile.status, (await errorOf(meanwhile))['code']]).toEqual([409, 'idempotency-key-busy']);
  end();
  expect(await (await first).json()).toEqual({ plan: 'p1', alreadyRunning: false });
  const again = await post('/api/apply-all', RUN, 'k1');
  expect([again.status, await again.json()]).toEqual([202, { plan: 'p1', alreadyRunning: false, repeated: true }]);
  expect(runs).toBe(1);
});

it('a request that is refused, or fails, can be sent again with its key', async () => {
  run = () => Promise.reject(new PortwardenError('temporal-unavailable', 'gone'));
  expect((await post('/api/apply-all', RUN, 'k1')).status).toBe(503);
  run = () => Promise.reject(new PortwardenError('plan-unknown', 'no such plan'));
  expect(await errorOf(await post('/api/apply-all', RUN, 'k1'))).toMatchObject({ code: 'plan-unknown' });
  run = async () => ({ plan: 'p1', isNew: true });
  expect((await post('/api/apply-all', RUN, 'k1')).status).toBe(202);
  expect(runs).toBe(3);
});

it('an answer that cannot be remembered is given all the same, and the log says so', async () => {
  jest.spyOn(MemoryKeyedAnswers.prototype, 'answered').mockRejectedValueOnce(new Error('no disk'));
  expect((await post('/api/pauses', PAUSE, 'k1')).status).toBe(201);
  expect(site.lines.join('\n')).toContain('could not be remembered');
  expect((await post('/api/pauses', PAUSE, 'k1')).status).toBe(409);
});
