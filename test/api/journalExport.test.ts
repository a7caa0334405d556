import { exportEntries } from '../../src/api/journalExport';
import { deviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import type { JournalEntry, JournalRepository } from '../../src/store/journal';
import { errorOf, startApi, type ApiUnderTest } from './apiUnderTest';

const COUNT = 350;
const device = deviceId('junos', 1);
const entry = (id: number): JournalEntry => ({
  ...{ id: String(id), at: '2026-11-22T03:00:00.000Z', device, port: parsePortName('ge-0/0/1.0') },
  ...{ workflowId: 'device:junos:1', status: 'applied', summary: '=cmd, "x"' },
  added: [{ key: 'a', text: '192.0.2.1 vlan web', ip: parseIp('192.0.2.1') }],
  removed: [
    { key: 'b', text: '192.0.2.2', because: 'named' },
    { key: 'c', text: '192.0.2.3' },
  ],
  ...{ commands: ['set a', 'commit'], diff: '+ a', author: '@ada', reason: 'é', events: ['e1', 'e2'] },
  ...{ policies: ['server 7'], commit: 'c', commitSeconds: 2.5 },
});

let entries: JournalEntry[];
let reads: number[];
let failsAt: number | undefined;
const journal: JournalRepository = {
  append: () => Promise.reject(new Error('the API writes nothing')),
  changesSince: () => Promise.resolve(0),
  get: () => Promise.resolve(undefined),
  list: ({ limit, before }) => {
    reads.push(limit);
    if (reads.length === failsAt) return Promise.reject(new Error('the store is away'));
    return Promise.resolve(entries.filter(({ id }) => Number(id) < Number(before ?? Infinity)).slice(0, limit));
  },
  idBehind: ({ before }, count) =>
    Promise.resolve(entries.filter(({ id }) => Number(id) < Number(before ?? Infinity))[count]?.id),
  figures: async () => ({ rows: 0 }),
  forgetOlder: () => Promise.reject(new Error('workers do this')),
  commitSeconds: () => Promise.reject(new Error('workers ask for this')),
};

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ journal });
});
afterAll(() => api.api.close());
beforeEach(() => {
  entries = Array.from({ length: COUNT }, (_, index) => entry(COUNT - index));
  reads = [];
  failsAt = undefined;
});

test('JSON lines are whole entries, each once', async () => {
  const response = await api.get('/api/journal/export');
  const [first = '', ...others] = (await response.text()).split('\n').filter((line) => line !== '');
  expect(response.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
  expect(response.headers.has('link')).toBe(false);
  expect(JSON.parse(first)).toEqual(entries[0]);
  expect(others).toHaveLength(COUNT - 1);
  expect(reads).toEqual([100, 100, 100, 100]);
});

test('CSV has all columns, and no formulas', async () => {
  entries = [entry(7), { ...entry(6), diff: 'd', author: 'a', summary: 's' }];
  const response = await api.get('/api/journal/export?format=csv');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="journal.csv"');
  const bindings = '192.0.2.1 vlan web,"192.0.2.2 (named)\n192.0.2.3"';
  const cells = (id: number, summary: string, author: string, diff: string): string =>
    `${id},2026-11-22T03:00:00.000Z,junos:1,ge-0/0/1.0,applied,${summary},${bindings},${author},é,device:junos:1,"e1\ne2",server 7,c,2.5,"set a\ncommit",${diff}`;
  expect((await response.text()).split('\r\n')).toEqual([
    'id,at,device,port,status,summary,added,removed,author,reason,workflowId,events,policies,commit,commitSeconds,commands,diff',
    cells(7, `"'=cmd, ""x"""`, "'@ada", "'+ a"),
    cells(6, 's', 'a', 'd'),
    '',
  ]);
});

test('`Link` leads through everything, each entry once and one line of names, whatever comes meanwhile', async () => {
  let path: string | undefined = '/api/journal/export?format=csv&limit=120&device=junos:1';
  const lines: string[] = [];
  let requests = 0;
  while (path !== undefined) {
    const response: Response = await api.get(path);
    lines.push(...(await response.text()).split('\r\n').filter((line) => line !== ''));
    entries = [entry(COUNT + ++requests), ...entries];
    path = /^<(\/api\/journal\/export\?[^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  expect(requests).toBe(3);
  const ids = lines.slice(1).map((line) => line.split(',')[0]);
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, index) => String(COUNT - index)));
});

test('what comes while it is sent does not push it over its end', async () => {
  const parts: string[] = [];
  const behind = String(COUNT - 120);
  for await (const part of exportEntries(journal, {}, { format: 'jsonl', behind })) {
    parts.push(part);
    entries = [entry(COUNT + parts.length), ...entries];
  }
  const ids = parts
    .join('')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids).toEqual(Array.from({ length: 120 }, (_, index) => String(COUNT - index)));
});

test('an export that cannot be finished breaks off, where it would look whole', async () => {
  failsAt = 3;
  const response = await api.get('/api/journal/export');
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test.each([
  ['format', 'format=xlsx'],
  ['limit', 'limit=100001'],
  ['limit', 'limit=0'],
  ['header', 'header=no'],
  ['after', 'after=WyIxIl0'],
  ['ip', 'ip=x'],
])('a wrong %s is named (%s)', async (field, query) => {
  const response = await api.get(`/api/journal/export?${query}`);
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({ code: 'invalid-request', field });
});

test('nothing is exported without the token', async () => {
  expect((await api.get('/api/journal/export', {})).status).toBe(401);
});
