import { deviceId, parseDeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseSiteName } from '../../src/domain/values/scope';
import type { JournalEntry, JournalRepository } from '../../src/store/journal';
import { errorOf, startApi, type ApiUnderTest } from './apiUnderTest';

const entry = (id: string, port: string): JournalEntry => ({
  id,
  at: '2026-11-22T03:00:00.000Z',
  device: deviceId('junos', 1),
  port: parsePortName(port),
  workflowId: 'device:junos:1',
  status: 'applied',
  summary: '1 added, 0 removed',
  added: [],
  removed: [],
  commands: ['set …', 'commit'],
  commit: 'portwarden device:junos:1 batch 1',
  diff: '+ static-ip',
});

const asked: Parameters<JournalRepository['list']>[0][] = [];
const entries = [entry('2', 'ge-0/0/2.0'), entry('1', 'ge-0/0/1.0')];
const journal: JournalRepository = {
  append: () => Promise.reject(new Error('the API writes nothing')),
  changesSince: () => Promise.resolve(0),
  get: (id) => Promise.resolve(entries.find((candidate) => candidate.id === id)),
  list: (filter) => {
    asked.push(filter);
    return Promise.resolve(
      entries.filter((candidate) => filter.port === undefined || candidate.port === filter.port).slice(0, filter.limit),
    );
  },
  idBehind: () => Promise.resolve(undefined),
  figures: async () => ({ rows: 0 }),
  forgetOlder: () => Promise.reject(new Error('workers do this')),
  commitSeconds: () => Promise.reject(new Error('workers ask for this')),
};

describe('the change journal over HTTP', () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApi({
      journal,
      sites: new Map([[parseSiteName('fra1'), [deviceId('junos', 1), parseDeviceId('neutron:lab')]]]),
    });
  });
  afterAll(() => api.api.close());

  test('lists what was decided, without the commands of whole batches', async () => {
    const response = await api.get('/api/port-security/journal');
    const body = (await response.json()) as { entries: Record<string, unknown>[] };
    expect(body.entries.map(({ id }) => id)).toEqual(['2', '1']);
    expect(body.entries[0]).not.toHaveProperty('commands');
    expect(asked.at(-1)).toEqual({ limit: 50 });
  });

  test('filters by device and port', async () => {
    const response = await api.get('/api/port-security/journal?device=junos:1&port=ge-0/0/1.0&limit=5');
    expect(((await response.json()) as { entries: { id: string }[] }).entries.map(({ id }) => id)).toEqual(['1']);
    expect(asked.at(-1)).toEqual({ device: 'junos:1', port: 'ge-0/0/1.0', limit: 5 });
  });

  test('takes the port as people name it, without the unit that entries have', async () => {
    await api.get('/api/journal?device=junos:1&port=ge-0/0/1');
    expect(asked.at(-1)).toMatchObject({ device: 'junos:1', port: 'ge-0/0/1.0' });
  });

  test('filters by a policy that had a part in it', async () => {
    const scope = encodeURIComponent('port neutron:lab aa11');
    await api.get(`/api/port-security/journal?policy=${scope}`);
    expect(asked.at(-1)).toEqual({ policy: 'port neutron:lab aa11', limit: 50 });
  });

  test('filters by every column', async () => {
    const response = await api.get(
      '/api/journal?since=2026-11-01&until=2026-11-30T08:00:00%2B01:00&site=fra1&status=parked&workflow=w&event=e' +
        '&author=ada&policy=server%207&commit=c&ip=2001:DB8::1&mac=02-00-00-00-00-0A&vlan=13&statement=s&before=99',
    );
    expect(response.status).toBe(200);
    expect(asked.at(-1)).toEqual({
      since: new Date('2026-11-01T00:00:00Z'),
      until: new Date('2026-11-30T07:00:00Z'),
      devices: ['junos:1', 'neutron:lab'],
      ...{ status: 'parked', workflowId: 'w', event: 'e', author: 'ada', policy: 'server 7', commit: 'c' },
      ...{ ip: '2001:db8::1', mac: '02:00:00:00:00:0a', vlan: 13, statement: 's', before: '99', limit: 50 },
    });
  });

  test('names the next page, until one is not full', async () => {
    const page = async (query: string) =>
      (await (await api.get(`/api/journal?${query}`)).json()) as { entries: { id: string }[]; next?: string };
    const { next = '' } = await page('limit=2');
    await page(`limit=2&after=${next}`);
    expect(asked.at(-1)).toEqual({ limit: 2, before: '1' });
    expect(await page('limit=3')).not.toHaveProperty('next');
  });

  test('shows one entry whole', async () => {
    const response = await api.get('/api/port-security/journal/2');
    expect(await response.json()).toEqual(entries[0]);
  });

  test.each([
    ['device', 'device=switch-1'],
    ['device', 'port=ae0'],
    ['since', 'since=yesterday'],
    ['until', 'until=2026-11-30T08:00:00'],
    ['status', 'status=done'],
    ['ip', 'ip=10.0.0.256'],
    ['mac', 'mac=02'],
    ['vlan', 'vlan=4095'],
    ['author', 'author='],
    ['before', 'before=last'],
    ['before', `after=${Buffer.from('["x"]').toString('base64url')}`],
    ['after', 'after=1'],
    ['site', 'site=fra9'],
    ['device', 'device=junos:1&device=junos:2'],
    ['switch', 'switch=1'],
    ['port', 'port=ge%200'],
    ['limit', 'limit=0'],
    ['limit', 'limit=501'],
    ['limit', 'limit=many'],
  ])('a wrong %s is named (%s)', async (field, query) => {
    const response = await api.get(`/api/port-security/journal?${query}`);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid-request', field });
  });

  test('a device of a kind that nothing can change is refused, with the kinds that there are', async () => {
    const before = asked.length;
    const response = await api.get('/api/port-security/journal?device=cisco:cloud1');
    expect(response.status).toBe(422);
    expect(await errorOf(response)).toMatchObject({
      code: 'device-kind-unknown',
      message: expect.stringMatching(/^cisco:cloud1 .*there are: junos/) as string,
    });
    expect(asked).toHaveLength(before);
  });

  test.each(['3', 'abc', '1%27'])('there is no entry %s', async (id) => {
    expect((await api.get(`/api/port-security/journal/${id}`)).status).toBe(404);
  });

  test('nothing is shown without the token', async () => {
    expect((await api.get('/api/port-security/journal', {})).status).toBe(401);
  });

  test('a process without a store has no journal', async () => {
    const without = await startApi();
    expect((await without.get('/api/port-security/journal')).status).toBe(501);
    await without.api.close();
  });
});
