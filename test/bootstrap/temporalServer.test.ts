import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PortwardenError } from '../../src/domain/errors';
import { parseConfiguration, type Configuration } from '../../src/config';
import { openTemporalServer, type TemporalServer } from '../../src/app/temporalServer';
import { createLogger } from '../../src/telemetry/log';
import { RestartBudget } from '../../src/app/restartBudget';
import { checkTemporal } from '../../src/temporal/embedded';
import { readState } from '../../src/temporal/embedded/stateFile';
import { temporalCliForTests, temporalUnavailable } from '../servers/temporal';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const QUIET_MS = 10 * 60_000;

suite('the embedded server that dies', () => {
  let folder: string;
  let server: TemporalServer | undefined;
  let givenUp: PortwardenError | undefined;
  let now = 0;
  const cliBefore = process.env['TEMPORAL_CLI_PATH'];

  beforeEach(() => {
    process.env['TEMPORAL_CLI_PATH'] = temporalCliForTests();
    folder = mkdtempSync(join(tmpdir(), 'portwarden-temporal-'));
  });

  afterEach(async () => {
    await server?.stop();
    if (cliBefore === undefined) delete process.env['TEMPORAL_CLI_PATH'];
    else process.env['TEMPORAL_CLI_PATH'] = cliBefore;
    rmSync(folder, { recursive: true, force: true });
  });

  const pid = (): number | undefined => readState(join(folder, 'data', 'temporal'))?.server.pid;

  const isGivenUp = (): boolean => givenUp !== undefined;

  async function crash(): Promise<void> {
    const killed = pid();
    if (killed === undefined) throw new Error('no server runs');
    process.kill(killed, 'SIGKILL');
    await until(() => Promise.resolve(pid() !== killed), true);
  }

  async function serves(): Promise<void> {
    await until(async () => (await checkTemporal(server?.address ?? '', 'default')) === undefined);
    await until(() => Promise.resolve(pid() !== undefined));
  }

  /** Waits for a condition, at most a minute, and no longer than the server is tried. */
  async function until(holds: () => Promise<boolean>, mayBeGivenUp = false): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await holds())) {
      if (givenUp !== undefined && !mayBeGivenUp) throw givenUp;
      if (Date.now() > deadline) throw new Error('the embedded server did not come back within a minute');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  const configuration = (): Configuration =>
    parseConfiguration('panel: { url: https://panel.example.com }\ntemporal: { port: 0, uiPort: 0 }\n', {
      file: join(folder, 'portwarden.yaml'),
      cwd: folder,
      env: {
        PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
        TENANTOS_API_KEY: 'panel-key-0123456789',
      },
      role: 'all',
    });

  /** Opens the server. @returns what it gives up with */
  async function open(budget: RestartBudget): Promise<Promise<PortwardenError>[]> {
    let lose: (error: PortwardenError) => void = () => undefined;
    const lost = new Promise<PortwardenError>((resolve) => {
      lose = resolve;
    });
    givenUp = undefined;
    void lost.then((error) => (givenUp = error));
    server = await openTemporalServer(configuration(), createLogger({ level: 'fatal' }), lose, budget);
    return [lost];
  }

  test('is started again however often it did in its life, and given up when it keeps dying', async () => {
    // A start may fail by itself where others take ports: that counts too, and leaves some.
    const [lost] = await open(new RestartBudget({ restarts: 4, quietMs: QUIET_MS }, () => now));
    const address = server?.address;
    for (let crashes = 0; crashes < 4; crashes += 1) {
      await serves();
      await crash();
      now += QUIET_MS;
    }
    await serves();
    expect(server?.address).toBe(address);
    for (let crashes = 0; crashes < 5 && !isGivenUp(); crashes += 1) {
      await crash();
      await until(() => Promise.resolve(pid() !== undefined || isGivenUp()), true);
      if (!isGivenUp()) await serves();
    }
    expect((await lost)?.code).toBe('temporal-unavailable');
  }, 120_000);

  test('is not started again on an empty database in place of one that is gone', async () => {
    const [lost] = await open(new RestartBudget({ restarts: 20, quietMs: QUIET_MS }));
    const database = join(folder, 'data', 'temporal', 'temporal.db');
    rmSync(database);
    await crash();
    expect(await lost).toMatchObject({ code: 'temporal-lost', message: expect.stringContaining(database) as string });
    expect(existsSync(database)).toBe(false);
  }, 120_000);
});
