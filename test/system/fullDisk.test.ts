import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

/** A small file system of its own; only root may have one. */
function mountSmall(directory: string): string | undefined {
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory], { stdio: 'pipe', timeout: 10_000 });
    return undefined;
  } catch (error) {
    return `no file system of a given size can be mounted: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function unmount(directory: string): void {
  execFileSync('umount', ['-l', directory], { stdio: 'pipe', timeout: 10_000 });
}

function unavailable(): string | undefined {
  const trial = join('/tmp', `portwarden-mount-${process.pid}`);
  const reason = temporalUnavailable() ?? mountSmall(trial);
  if (reason === undefined) unmount(trial);
  rmSync(trial, { recursive: true, force: true });
  return reason;
}

const missing = unavailable();
if (missing !== undefined) process.stderr.write(`skipped: Temporal's database on a full disk: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly check?: string;
  readonly cause?: string;
  readonly freeMiB?: number;
}

suite('the product whose Temporal database is on a disk that fills up', () => {
  let system: SystemUnderTest;
  let disk: string;
  const event = { action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' };
  const bearer = { authorization: `Bearer ${LAB_SECRETS.bearerToken}` };

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario);
    disk = join(system.site.directory, 'data', 'temporal');
    const reason = mountSmall(disk);
    if (reason !== undefined) throw new Error(reason);
    await system.start();
  }, 180_000);
  afterAll(async () => {
    await system.stop();
    unmount(disk);
    await system.close();
  }, 120_000);

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${system.running.apiUrl}${path}`, { headers });
  const log = (): LogLine[] =>
    readFileSync(system.running.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  const ballast = (): string => join(disk, 'ballast');
  const fill = (): void => {
    const file = openSync(ballast(), 'a');
    try {
      for (;;) writeSync(file, Buffer.alloc(4096));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    } finally {
      closeSync(file);
    }
  };

  test('the figures are for holders of the token, also behind a proxy on this machine that says nothing of its callers', async () => {
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer wrong' })).status).toBe(401);
    const response = await get('/metrics', bearer);
    expect([response.status, (await response.text()).includes('portwarden_events_total')]).toEqual([200, true]);
  });

  test('while there is room it is ready, and finding that out leaves nothing behind', async () => {
    expect((await system.event(event)).state).toBe('completed');
    for (let look = 0; look < 5; look += 1) expect((await get('/readyz')).status).toBe(200);
    const connection = await Connection.connect({ address: system.running.temporalAddress });
    try {
      const types = new Set<string>();
      // Schedules, of alarms for one, start workflows at their own times.
      const query = 'TemporalScheduledById IS NULL';
      for await (const { type } of new Client({ connection }).workflow.list({ query })) types.add(type);
      expect([...types].sort()).toEqual(['deviceCoordinator', 'portSecurityEvent']);
    } finally {
      await connection.close();
    }
  });

  test('without room it is not ready, and the log has the cause', async () => {
    fill();
    let status = 202;
    for (let attempt = 0; attempt < 30 && status === 202; attempt += 1) {
      fill();
      status = (await system.post(event)).status;
    }
    expect(status).toBe(503);
    const ready = await get('/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, checks: { temporal: 'temporal-unavailable', store: 'ok' }, pauses: 0 },
    ]);
    expect((await get('/healthz')).status).toBe(200);
    const said = log().filter(({ check }) => check === 'temporal');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({
      level: 'error',
      msg: 'not ready: events cannot be accepted',
      freeMiB: expect.any(Number) as number,
    });
    expect(said[0]?.cause).toMatch(/full|shard status unknown/);
  }, 300_000);

  test('it stays not ready, however often it is asked, and says so once', async () => {
    for (let look = 0; look < 20; look += 1) expect((await get('/readyz')).status).toBe(503);
    expect(log().filter(({ check }) => check === 'temporal')).toHaveLength(1);
  });

  test('with room again it is ready by itself, and the event is accepted and proven', async () => {
    rmSync(ballast());
    for (const deadline = Date.now() + 90_000; Date.now() < deadline && (await get('/readyz')).status !== 200;)
      await sleep(250);
    expect((await get('/readyz')).status).toBe(200);
    expect(
      log()
        .filter(({ check }) => check === 'temporal')
        .map(({ level }) => level),
    ).toEqual(['error', 'info']);
    expect((await system.event(event)).outcome?.status).toBe('unchanged');
  }, 180_000);
});
