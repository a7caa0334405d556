import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { phpMissing } from '../../../lab/tenantos/phpPanel';
import { projectRoot } from '../../projectRoot';

const source = join(projectRoot(), 'integrations', 'tenantos');

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can give files to another user';
  if (spawnSync('id', ['www-data']).status !== 0) return 'there is no user www-data';
  return phpMissing();
}
const missing = whyNot();
if (missing !== undefined) process.stderr.write(`skipped: the installation of the Tenantos listener: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

suite('the installation of the Tenantos listener', () => {
  let machine: string;
  beforeEach(() => {
    machine = mkdtempSync(join(tmpdir(), 'portwarden-panel-machine-'));
    chmodSync(machine, 0o755);
  });
  afterEach(() => {
    rmSync(machine, { recursive: true, force: true });
  });

  test('is five lines, which do what the pages say', () => {
    const lines = /```sh\n([\s\S]*?)```/
      .exec(readFileSync(join(source, 'README.md'), 'utf8'))?.[1]
      ?.trim()
      .split('\n');
    expect(lines).toHaveLength(5);
    const program = join(machine, 'bin', 'app');
    for (const folder of ['bin', 'etc/cron.d', 'var/spool', 'var/www/html/app/Custom/EventListeners'])
      mkdirSync(join(machine, folder), { recursive: true });
    writeFileSync(program, `#!/bin/sh\necho "$@" > ${machine}/cached\n`, { mode: 0o755 });
    const script = (lines ?? []).join('\n').replace(/ \/(var|etc)\//g, ` ${machine}/$1/`);
    const installed = spawnSync('sh', ['-ec', script], {
      cwd: source,
      env: { PATH: `${join(machine, 'bin')}:${process.env['PATH']}` },
      encoding: 'utf8',
    });
    expect(installed).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(machine, 'cached'), 'utf8')).toBe('event:cache\n');

    const settings = join(machine, 'etc', 'portwarden-listener.env');
    expect(statSync(settings).mode & 0o777).toBe(0o640);
    writeFileSync(settings, readFileSync(settings, 'utf8').replace(/TOKEN=$/m, 'TOKEN=secret-of-the-site'));
    const [, user, php, drain] =
      / (www-data) (php) (\S+drain\.php)$/m.exec(
        readFileSync(join(machine, 'etc/cron.d/portwarden-listener'), 'utf8'),
      ) ?? [];
    const as =
      (account: string) =>
      (...args: string[]): ReturnType<typeof spawnSync> =>
        spawnSync(
          'setpriv',
          [`--reuid=${account}`, `--regid=${account}`, '--init-groups', php ?? '', drain ?? '', ...args],
          {
            env: {
              PATH: process.env['PATH'],
              PORTWARDEN_LISTENER_ENV: settings,
              PORTWARDEN_LISTENER_SPOOL: join(machine, 'var/spool/portwarden'),
              PORTWARDEN_API_URL: 'http://127.0.0.1:9',
            },
            encoding: 'utf8',
          },
        );
    const asCron = as(user ?? '');
    const fresh = asCron('--status');
    expect(fresh).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(String(fresh.stdout))).toMatchObject({ settings: 'ok', waiting: 0 });
    // A job of the panel that root runs leaves files that the panel's user can send.
    expect(as('root')('--deleted', '5', '--seconds', '1')).toMatchObject({ status: 1 });
    expect(asCron('--deleted', '6', '--now', '--seconds', '1')).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(String(asCron('--status').stdout))).toMatchObject({
      waiting: 2,
      reason: expect.stringContaining('does not answer') as string,
    });
    expect(fresh.stdout).not.toContain('secret-of-the-site');
  });
});
