import type { PortHold } from '../../src/domain/holds/portHold';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { ReleasePlan, RestorePlan } from '../../src/protocol/holds';
import type { HoldFilter } from '../../src/store/holds';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DEVICE = deviceId('junos', 1);
const PORT = parsePortName('ge-0/0/1.0');
const HOLDS = ['1', '2', '3'].map((id): PortHold => ({
  ...{ id, device: DEVICE, port: PORT, askedAs: [PORT], statements: [], removes: [], brought: [], backup: '7' },
  ...{ backupAt: '2026-11-29T13:00:00.000Z', workflowId: 'w', author: 'ada', reason: 'wrong ticket' },
  ...{ createdAt: '2026-11-29T13:00:00.000Z', expiresAt: '2026-12-29T13:00:00.000Z' },
}));
const RESTORE = {
  ...{ device: 'junos:1', backup: '7', port: 'ge-0/0/1', hash: 'abc', author: 'ada', reason: 'wrong ticket' },
  expiresAt: '2027-01-31T00:00:00Z',
};
const RELEASE = { ids: ['1', '2', '1'], hash: 'abc', author: 'bob', reason: 'mended' };
const plan = { summary: 'one', hash: 'abc', ports: [] };

describe('restores and holds over HTTP', () => {
  let site: ApiUnderTest;
  let asked: unknown[];

  beforeEach(async () => {
    asked = [];
    const answering = <T>(answer: T) => {
      return async (input: unknown): Promise<T> => {
        asked.push(input);
        return answer;
      };
    };
    site = await startApi({
      holds: {
        stored: {
          list: async (filter: HoldFilter) => {
            asked.push(filter);
            return HOLDS.filter(({ id }) => Number(id) > Number(filter.after ?? 0)).slice(0, filter.limit);
          },
          get: async (ids) => HOLDS.filter(({ id }) => ids.includes(id)),
        },
        service: {
          planRestore: answering<RestorePlan>({ ...plan, device: DEVICE, backup: '7', backupAt: '', notes: [] }),
          restore: answering({ workflowId: 'restoreBackup-1', alreadyStarted: false }),
          planRelease: answering<ReleasePlan>(plan),
          release: answering({ workflowId: 'releaseHolds-1', alreadyStarted: false }),
        },
      },
    });
  });
  afterEach(() => site.api.close());

  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${site.api.url}${path}`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });

  it('plans a restore of a port as its device names it, of a whole device, and of its newest backup', async () => {
    const answer = await post('/api/restores/plan', { device: 'junos:1', backup: '7', port: 'ge-0/0/1' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await answer.json()).toMatchObject({ hash: 'abc' });
    await post('/api/restores/plan', { device: 'junos:1', backup: 'latest' });
    expect(asked).toEqual([
      { device: DEVICE, backup: '7', port: PORT },
      { device: DEVICE, backup: 'latest' },
    ]);
  });

  it('takes a restore by its hash, and says where its end is told', async () => {
    const answer = await post('/api/restores', RESTORE);
    expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/decisions/restoreBackup-1']);
    expect(asked).toEqual([{ ...RESTORE, port: PORT, expiresAt: '2027-01-31T00:00:00.000Z' }]);
  });

  it('plans the release of holds, and takes it, each named once', async () => {
    expect((await post('/api/holds/release/plan', { ids: ['1'] })).status).toBe(200);
    const answer = await post('/api/holds/release', RELEASE);
    expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/decisions/releaseHolds-1']);
    expect(asked).toEqual([{ ids: ['1'] }, { ...RELEASE, ids: ['1', '2'] }]);
  });

  it.each([
    ['/api/restores', { ...RESTORE, hash: undefined }, 'hash'],
    ['/api/restores', { ...RESTORE, expiresAt: undefined }, 'expiresAt'],
    ['/api/restores', { ...RESTORE, reason: ' ' }, 'reason'],
    ['/api/restores', { ...RESTORE, backup: '7;' }, 'backup'],
    ['/api/restores/plan', { device: 'nothing', backup: '7' }, 'device'],
    ['/api/restores/plan', { device: 'junos:1', backup: '7', force: true }, 'force'],
    ['/api/holds/release', { ...RELEASE, ids: [] }, 'ids'],
    ['/api/holds/release', { ...RELEASE, author: undefined }, 'author'],
    ['/api/holds/release/plan', { ids: ['one'] }, 'ids'],
  ])('refuses %s with %j for its %s', async (path, body, field) => {
    const answer = await post(path, body);
    expect([answer.status, (await errorOf(answer))['field']]).toEqual([400, field]);
    expect(asked).toEqual([]);
  });

  it('lists holds page by page, by device and port, and shows one', async () => {
    const first = (await (await site.get('/api/holds?device=junos:1&port=ge-0/0/1&limit=2')).json()) as {
      holds: PortHold[];
      next: string;
    };
    expect(first.holds.map(({ id }) => id)).toEqual(['1', '2']);
    const second = await (await site.get(`/api/holds?limit=2&after=${first.next}`)).json();
    expect(second).toEqual({ holds: [HOLDS[2]] });
    expect(asked).toEqual([
      { device: DEVICE, port: PORT, limit: 3 },
      { limit: 3, after: '2' },
    ]);
    expect(await (await site.get('/api/holds/2')).json()).toEqual(HOLDS[1]);
    expect((await site.get('/api/holds/9')).status).toBe(404);
  });

  it.each(['limit=0', 'color=red', 'after=x', 'device=1'])('refuses a list with %s', async (query) => {
    expect((await site.get(`/api/holds?${query}`)).status).toBe(400);
  });

  it('lists nothing in a process without a store, and still takes decisions', async () => {
    const service = {
      planRestore: () => Promise.reject(new Error('not asked')),
      restore: async () => ({ workflowId: 'restoreBackup-2', alreadyStarted: true }),
      planRelease: () => Promise.reject(new Error('not asked')),
      release: () => Promise.reject(new Error('not asked')),
    };
    const bare = await startApi({ holds: { stored: undefined, service } });
    try {
      expect((await bare.get('/api/holds')).status).toBe(404);
      const init = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(RESTORE) };
      expect((await fetch(`${bare.api.url}/api/restores`, init)).status).toBe(202);
    } finally {
      await bare.api.close();
    }
  });
});
