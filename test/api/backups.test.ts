import { deviceId } from '../../src/domain/values/device';
import type { StoredBackups } from '../../src/api/backupRoutes';
import type { Backup, BackupEntry } from '../../src/store/backups';
import { errorOf, startApi, type ApiUnderTest } from './apiUnderTest';

const backup = (id: string, configuration: string): Backup => ({
  id,
  at: '2026-11-22T03:00:00.000Z',
  device: deviceId('junos', 1),
  reason: 'before device:junos:1 batch 1',
  digest: `digest of ${configuration}`,
  size: configuration.length,
  configuration,
});
const entryOf = ({ id, at, device, reason, digest, size }: Backup): BackupEntry => ({
  id,
  at,
  device,
  reason,
  digest,
  size,
});
const stored = [backup('3', 'a\n'), backup('2', 'b\n'), backup('1', 'a\n')];
const backups: StoredBackups = {
  list: (device, limit, before) =>
    Promise.resolve(
      stored
        .filter((one) => one.device === device && (before === undefined || BigInt(one.id) < BigInt(before)))
        .slice(0, limit)
        .map(entryOf),
    ),
  runs: () => Promise.resolve([{ device: deviceId('junos', 1), succeededAt: '2026-11-22T03:00:00.000Z' }]),
  get: (device, id) => Promise.resolve(stored.find((one) => one.device === device && one.id === id)),
};

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ backups });
});
afterAll(() => api.api.close());

const PATH = '/api/devices/junos:1/backups';

test('lists them page by page, without configurations', async () => {
  const first = (await (await api.get(`${PATH}?limit=2`)).json()) as { backups: object[]; next: string };
  expect(first.backups).toMatchObject([{ id: '3' }, { id: '2' }]);
  expect(first.backups[0]).not.toHaveProperty('configuration');
  const second = await api.get(`${PATH}?limit=2&after=${first.next}`);
  expect(await second.json()).toEqual({ backups: [entryOf(backup('1', 'a\n'))] });
});

test('gives one whole', async () => {
  expect(await (await api.get(`${PATH}/2`)).json()).toEqual(stored[1]);
});

test.each([
  ['1', '2', '@@ -1,1 +1,1 @@\n-a\n+b\n'],
  ['2', '1', '@@ -1,1 +1,1 @@\n-b\n+a\n'],
  ['1', '3', ''],
])('says what differs between %s and %s', async (from, to, hunk) => {
  const name = (id: string) => `junos:1 backup ${id} of 2026-11-22T03:00:00.000Z`;
  expect(await (await api.get(`${PATH}/diff?from=${from}&to=${to}`)).json()).toEqual({
    device: 'junos:1',
    from,
    to,
    diff: hunk === '' ? '' : `--- ${name(from)}\n+++ ${name(to)}\n${hunk}`,
  });
});

test('says what differs from what the device has now, which a worker reads', async () => {
  expect(await (await api.get(`${PATH}/diff?from=1&to=now`)).json()).toEqual({
    device: 'junos:1',
    from: '1',
    to: 'now',
    diff: '-1\n+now\n',
  });
  expect((await api.get(`${PATH}/diff?from=9&to=now`)).status).toBe(404);
});

test('says how backups of each device stand', async () => {
  expect(await (await api.get('/api/backups')).json()).toEqual({
    devices: [{ device: 'junos:1', succeededAt: '2026-11-22T03:00:00.000Z' }],
  });
});

test.each([
  ['/api/devices/junos:2/backups/2', 404, 'not-found'],
  [`${PATH}/x`, 404, 'not-found'],
  [`${PATH}/diff?from=1&to=9`, 404, 'not-found'],
  [`${PATH}/diff?from=1`, 400, 'invalid-request'],
  [`${PATH}?limit=0`, 400, 'invalid-request'],
  [`${PATH}?after=${Buffer.from('["x"]').toString('base64url')}`, 400, 'invalid-request'],
  ['/api/devices/nobody/backups', 400, 'invalid-request'],
])('refuses %s with %s %s', async (path, status, code) => {
  const response = await api.get(path);
  expect(response.status).toBe(status);
  expect(await errorOf(response)).toMatchObject({ code });
});
