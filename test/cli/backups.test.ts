import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const PATH = '/api/devices/junos%3A1/backups';
const entry = (id: string) => ({ id, at: 'T1', reason: 'before batch 1', digest: 'd', size: 12 });

test('list shows all pages', async () => {
  cli.answers.push({ backups: [entry('3')], next: 'n' }, { backups: [entry('2')] });
  expect(await cli.run('backup', 'list', '1')).toMatchObject({
    code: 0,
    out: '3  T1  12 bytes  before batch 1\n2  T1  12 bytes  before batch 1\n',
  });
  expect(cli.asked.map(({ path }) => path)).toEqual([`${PATH}?limit=500`, `${PATH}?limit=500&after=n`]);
});

test('show prints the configuration as it is', async () => {
  cli.answers.push({ ...entry('3'), configuration: 'system { }\n' });
  expect(await cli.run('backup', 'show', 'junos:1', '3')).toMatchObject({ code: 0, out: 'system { }\n' });
  expect(cli.asked.map(({ path }) => path)).toEqual([`${PATH}/3`]);
});

test.each([
  [{ diff: '-a\n+b\n' }, 0, '-a\n+b\n'],
  [{ diff: '' }, 0, 'They are equal.\n'],
  [{ tooDifferent: true }, 1, 'Too much differs to compare them here: export them, and use a tool of your own.\n'],
])('diff answers %j with %d', async (answer, code, out) => {
  cli.answers.push(answer);
  expect(await cli.run('backup', 'diff', 'junos:1', '2', '3')).toMatchObject({ code, out });
  expect(cli.asked.map(({ path }) => path)).toEqual([`${PATH}/diff?from=2&to=3`]);
});

test('diff takes what the device has now in the place of a backup', async () => {
  cli.answers.push({ diff: '' });
  expect(await cli.run('backup', 'diff', 'junos:1', '2', '--to', 'now')).toMatchObject({ code: 0 });
  expect(cli.asked.map(({ path }) => path)).toEqual([`${PATH}/diff?from=2&to=now`]);
  expect((await cli.run('backup', 'diff', 'junos:1', '2')).code).not.toBe(0);
});

test('status says what fails, and is a failure then', async () => {
  const good = { device: 'junos:1', succeededAt: 'T1' };
  const bad = { device: 'junos:2', failing: { since: 'T0', code: 'device-unreachable', message: 'no route' } };
  cli.answers.push({ devices: [good] }, { devices: [good, bad] });
  expect(await cli.run('backup', 'status')).toMatchObject({ code: 0, out: 'junos:1  last T1\n' });
  expect(await cli.run('backup', 'status')).toMatchObject({
    code: 1,
    out: 'junos:1  last T1\njunos:2  last never  FAILING since T0: device-unreachable: no route\n',
  });
});

test('export writes files that only their owner reads, and never into a folder that is there', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'portwarden-export-'));
  try {
    const folder = join(parent, 'new');
    cli.answers.push({ backups: [entry('3')] }, { ...entry('3'), configuration: 'system { }\n' });
    expect(await cli.run('backup', 'export', 'junos:1', folder)).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual(['3.txt', 'index.json']);
    expect(readFileSync(join(folder, '3.txt'), 'utf8')).toBe('system { }\n');
    expect(statSync(join(folder, '3.txt')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))).toEqual([entry('3')]);
    cli.answers.push({ backups: [] });
    expect((await cli.run('backup', 'export', 'junos:1', folder)).code).not.toBe(0);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
