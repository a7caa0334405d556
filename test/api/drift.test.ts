import type { Drift } from '../../src/domain/drift/drift';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseSiteName } from '../../src/domain/values/scope';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { statement } from '../activities/fakes/values';
import { runAgainst } from '../cli/runAgainst';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const AT = '2026-11-30T06:00:00.000Z';

let store: MemoryStore;
let site: ApiUnderTest;
let started: DeviceId[];
let parts: Parameters<typeof startApi>[0];
beforeEach(async () => {
  store = new MemoryStore();
  started = [];
  parts = {
    drift: {
      drift: store.drift,
      states: store.reconciles,
      reconciles: {
        start: async (device) => {
          started.push(device);
          await store.reconciles.saw(seen(device), new Date());
          return { workflowId: `reconcile-${device}` };
        },
      },
    },
    sites: new Map([[parseSiteName('fra1'), [first]]]),
  };
  site = await startApi(parts);
  await store.drift.record([drifted(first), drifted(second)]);
});
afterEach(() => site.api.close());

const seen = (device: DeviceId) => ({
  ...{ device, mode: 'observe' as const, ports: 3, unreadable: 1, inDrift: 1, notes: ['so it is'] },
  underWay: [{ port: parsePortName('ge-0/0/2.0'), why: 'waits for its turn at the coordinator' }],
});
const drifted = (device: DeviceId): Drift => ({
  ...{ device, port: parsePortName('ge-0/0/1.0'), names: [parsePortName('ge-0/0/1.0')], action: 'reported' },
  statements: [
    {
      ...{ change: 'extra', statement: statement('10.0.48.9'), firstSeen: AT },
      origin: { found: 'commit', commit: { user: 'ada', at: '2026-11-29T06:00:00.000Z' } },
    },
  ],
  ...{ firstSeen: AT, lastSeen: AT },
});
const devicesOf = async (query: string): Promise<string[]> => {
  const { drift } = (await (await site.get(`/api/drift${query}`)).json()) as { drift: { device: string }[] };
  return drift.map(({ device }) => device);
};

it('drift is listed by scope, with since when and who; what was cleared by itself', async () => {
  expect(await devicesOf('')).toEqual([first, second]);
  expect(await devicesOf('?site=fra1')).toEqual([first]);
  expect(await devicesOf(`?device=${second}&port=ge-0/0/1.0`)).toEqual([second]);
  expect(await devicesOf(`?device=${second}&port=ge-0/0/1`)).toEqual([second]);
  expect(await devicesOf(`?device=${second}&port=ge-0/0/7.0`)).toEqual([]);
  expect(await devicesOf('?state=cleared')).toEqual([]);
  const answer = await (await site.get(`/api/drift?device=${first}`)).json();
  expect(answer).toMatchObject({
    drift: [
      { since: '2026-11-29T06:00:00.000Z', says: expect.stringContaining('brought by a commit of ada') as string },
    ],
  });
  for (const query of ['?state=all', '?site=ams2', '?port=ge-0/0/1.0', '?after=x', '?device=cisco:1'])
    expect((await site.get(`/api/drift${query}`)).status).toBe(query === '?device=cisco:1' ? 422 : 400);
});

it('a device is reconciled out of its turn, one that no driver serves is not', async () => {
  const post = (body: unknown): Promise<Response> =>
    fetch(`${site.api.url}/api/drift/reconcile`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });
  const answer = await post({ device: first });
  expect([answer.status, await answer.json()]).toEqual([202, { device: first, workflowId: `reconcile-${first}` }]);
  expect((await errorOf(await post({ device: 'cisco:1' })))['code']).toBe('device-kind-unknown');
  expect((await errorOf(await post({ port: 'x' })))['code']).toBe('invalid-request');
  expect(started).toEqual([first]);
});

it('the command lists, shows and checks', async () => {
  const { api } = await startApi({ ...parts, token: 'webhook-token-0123456789' });
  const run = (...args: string[]) => runAgainst(api.url, args);
  expect((await run('drift', 'list', '--site', 'fra1')).out).toMatch(
    /^junos:1 ge-0\/0\/1\.0 since 2026-11-29.* of ada.*\(reported\)\n$/,
  );
  const checked = await run('drift', 'check', first);
  expect([checked.code, checked.out]).toEqual([
    0,
    expect.stringMatching(
      /^junos:1 \(observe\) reconciled at .*: 1 of 3 port\(s\) in drift, 1 could not be judged\n.*ge-0\/0\/2\.0: ours, under way: waits for its turn.*\nso it is\nge-0\/0\/1\.0 in drift since .*\n {2}extra: 10\.0\.48\.9/,
    ),
  ]);
  await store.reconciles.failed(second, 'observe', { code: 'device-unreachable', message: 'away' }, new Date(AT));
  const failing = await run('drift', 'show', second);
  expect([failing.code, failing.out]).toEqual([
    1,
    expect.stringContaining(`cannot be reconciled since ${AT}: device-unreachable: away`),
  ]);
  expect(JSON.parse((await run('drift', '--json')).out)).toMatchObject({
    drift: [{ device: first }, { device: second }],
  });
  await store.drift.clear(first, [parsePortName('ge-0/0/1.0')], new Date());
  expect((await run('drift', 'list', '--cleared')).out).toContain('as it should be again since');
  await api.close();
});
