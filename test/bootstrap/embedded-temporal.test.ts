import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import {
  startEmbeddedTemporal,
  waitForTemporal,
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
} from '../../src/temporal/embedded';
import { processIdentity, runsHere } from '../../src/primitives/processIdentity';
import { readState, writeState } from '../../src/temporal/embedded/stateFile';
import { pickPort } from '../../src/temporal/embedded/ports';
import { startTemporalForTests, temporalCliForTests, temporalUnavailable } from '../servers/temporal';

/** temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING */
const OPEN: number = 1;

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('the embedded Temporal server', () => {
  let directory: string;
  let log: string[];
  const running: EmbeddedTemporal[] = [];
  const listeners: Server[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portwarden-embedded-'));
    log = [];
  });

  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
    for (const listener of listeners.splice(0)) listener.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(changes: Partial<EmbeddedTemporalOptions> = {}): Promise<EmbeddedTemporal> {
    const server = await startEmbeddedTemporal({
      cliPath: temporalCliForTests(),
      directory,
      port: 0,
      namespace: 'default',
      searchAttributes: { ServerId: 'Keyword' },
      ui: false,
      log: (line) => log.push(line),
      ...changes,
    });
    running.push(server);
    return server;
  }

  function portOf(server: EmbeddedTemporal): number {
    return Number(server.address.split(':')[1]);
  }

  /** A process that owns a server and dies like a killed portwarden, leaving the server behind. */
  function orphan(server: EmbeddedTemporal): void {
    const state = readState(directory);
    if (state === undefined) throw new Error('no record of the server');
    writeState(directory, { ...state, owner: { ...processIdentity(), started: 'another time' } });
    expect(runsHere(state.server)).toBe(true);
    expect(state.server.pid).toBe(server.pid);
  }

  async function takePort(): Promise<number> {
    const listener = createServer();
    listeners.push(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  test('serves gRPC with the search attributes, and the UI with its pages', async () => {
    const server = await start({ ui: true });
    const connection = await Connection.connect({ address: server.address });
    const attributes = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    expect(Object.keys(attributes.customAttributes)).toContain('ServerId');
    const page = await fetch(server.uiUrl ?? '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });

  test('a taken port is reported and another one used', async () => {
    const taken = await takePort();
    const server = await start({ port: taken });
    expect(portOf(server)).not.toBe(taken);
    expect(log.join('\n')).toContain(`port ${taken} is taken`);
  });

  test('a taken port that must be exact is refused', async () => {
    const taken = await takePort();
    await expect(start({ port: taken, exact: true })).rejects.toMatchObject({ code: 'port-in-use' });
    expect(readState(directory)).toBeUndefined();
  });

  test('a server left by a dead owner is adopted, and ended by its new owner', async () => {
    const first = await start();
    orphan(first);
    const second = await start();
    expect(second.adopted).toBe(true);
    expect(second.pid).toBe(first.pid);
    expect(second.address).toBe(first.address);
    const state = readState(directory);
    await second.stop();
    expect(state !== undefined && runsHere(state.server)).toBe(false);
    expect(readState(directory)).toBeUndefined();
  });

  test('a leftover that lacks what is needed is ended and replaced, histories kept', async () => {
    const first = await start();
    orphan(first);
    const second = await start({ searchAttributes: { ServerId: 'Keyword', Device: 'Keyword' } });
    expect(second.adopted).toBe(false);
    expect(second.pid).not.toBe(first.pid);
    expect(log.join('\n')).toContain('lacks the search attributes Device');
  });

  test('a leftover that does not answer is ended and replaced', async () => {
    const first = await start();
    orphan(first);
    process.kill(first.pid, 'SIGSTOP');
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(second.pid).not.toBe(first.pid);
  });

  test('a record whose process id now belongs to somebody else is ignored', async () => {
    const first = await start();
    const state = readState(directory);
    await first.stop();
    const bystander = spawn('sleep', ['60']);
    try {
      if (state === undefined || bystander.pid === undefined) throw new Error('set-up failed');
      writeState(directory, { ...state, server: { ...state.server, pid: bystander.pid } });
      const second = await start();
      expect(second.adopted).toBe(false);
      expect(bystander.exitCode).toBeNull();
      expect(bystander.signalCode).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  test('an unreadable record is no reason to fail', async () => {
    writeFileSync(join(directory, 'temporal-server.json'), '{ half a reco');
    const server = await start();
    expect(server.adopted).toBe(false);
  });

  test('two starts at once in one folder end up with one server', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.pid).toBe(other.pid);
    expect([one.adopted, other.adopted].filter(Boolean)).toHaveLength(1);
  });

  test('a crash is reported once', async () => {
    const server = await start();
    let calls = 0;
    const crashed = new Promise<void>((resolve) => {
      server.onExit(() => {
        calls += 1;
        resolve();
      });
    });
    server.kill();
    await crashed;
    await server.stop();
    expect(calls).toBe(1);
    expect(readState(directory)).toBeUndefined();
  });

  test('a program that is no Temporal server is reported with its last words', async () => {
    const impostor = join(directory, 'impostor');
    writeFileSync(impostor, '#!/bin/sh\necho "I am not the one you look for"\nexit 3\n', { mode: 0o755 });
    await expect(start({ cliPath: impostor })).rejects.toMatchObject({
      code: 'temporal-unavailable',
      message: expect.stringMatching(/ended with code 3.*not the one you look for/) as string,
    });
    await expect(start({ cliPath: join(directory, 'missing') })).rejects.toMatchObject({
      code: 'temporal-cli-not-found',
    });
  });

  test('the server is told no secrets of ours', async () => {
    process.env['TENANTOS_API_KEY'] = 'a-secret-for-this-test';
    try {
      const server = await start();
      const environment = readFileSync(`/proc/${server.pid}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      expect(environment).not.toContain('a-secret-for-this-test');
    } finally {
      delete process.env['TENANTOS_API_KEY'];
    }
  });
});

suite('the database file of the embedded Temporal server', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portwarden-database-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const start = (): Promise<EmbeddedTemporal> =>
    startEmbeddedTemporal({
      cliPath: temporalCliForTests(),
      directory,
      port: 0,
      namespace: 'default',
      searchAttributes: {},
      ui: false,
      log: () => undefined,
    });

  /** As portwarden started it before it chose a journal: SQLite's default, a rollback journal. */
  async function startWithRollbackJournal(): Promise<{ address: string; kill9(): Promise<void> }> {
    const port = await pickPort({ preferred: 0, exact: false, purpose: 'a test' });
    const server = spawn(
      temporalCliForTests(),
      [
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--headless',
        '--db-filename',
        join(directory, 'temporal.db'),
        '--log-level',
        'never',
      ],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => server.once('exit', resolve));
    const address = `127.0.0.1:${port}`;
    expect(await waitForTemporal(address, 'default', 30_000)).toBeUndefined();
    return {
      address,
      async kill9() {
        server.kill('SIGKILL');
        await ended;
      },
    };
  }

  async function startWorkflow(connection: Connection, workflowId: string): Promise<string> {
    await connection.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      workflowType: { name: 'nobody-runs-this' },
      taskQueue: { name: 'nobody-listens' },
      requestId: workflowId,
    });
    return workflowId;
  }

  async function present(address: string, ids: readonly string[]): Promise<string[]> {
    const connection = await Connection.connect({ address });
    try {
      const found: string[] = [];
      for (const workflowId of ids) {
        const { workflowExecutionInfo } = await connection.workflowService.describeWorkflowExecution({
          namespace: 'default',
          execution: { workflowId },
        });
        if (Number(workflowExecutionInfo?.status) === OPEN) found.push(workflowId);
      }
      return found;
    } finally {
      await connection.close();
    }
  }

  /** https://www.sqlite.org/fileformat.html#file_format_version_numbers: 1 is a rollback journal, 2 a write-ahead log. */
  function journalVersions(): number[] {
    return [...readFileSync(join(directory, 'temporal.db')).subarray(18, 20)];
  }

  test('one with a rollback journal, left by a killed server, is converted with everything in it', async () => {
    const before = await startWithRollbackJournal();
    const connection = await Connection.connect({ address: before.address });
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => startWorkflow(connection, `kept-${n}`)));
    await before.kill9();
    await connection.close();
    expect(journalVersions()).toEqual([1, 1]);
    const server = await start();
    try {
      expect(await present(server.address, ids)).toEqual(ids);
      expect(journalVersions()).toEqual([2, 2]);
    } finally {
      await server.stop();
    }
  });

  test('keeps whatever was acknowledged through kill -9 under load, again and again', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const server = await start();
      const crashed = new Promise((resolve) => server.onExit(resolve));
      const connection = await Connection.connect({ address: server.address, interceptors: [] });
      expect(await present(server.address, acknowledged)).toEqual(acknowledged);
      let count = 0;
      const worker = async (): Promise<void> => {
        for (;;) {
          count += 1;
          acknowledged.push(await startWorkflow(connection, `round-${round}-${count}`));
          if (acknowledged.length === (round + 1) * 40) server.kill();
        }
      };
      await Promise.allSettled(Array.from({ length: 8 }, worker));
      await crashed;
      await connection.close();
    }
    const server = await start();
    try {
      expect(acknowledged.length).toBeGreaterThanOrEqual(120);
      expect(await present(server.address, acknowledged)).toEqual(acknowledged);
      expect(journalVersions()).toEqual([2, 2]);
    } finally {
      await server.stop();
    }
  }, 180_000);
});

suite('the Temporal server for tests', () => {
  test('survives kill -9 with its histories when it has a database file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portwarden-testserver-'));
    const server = await startTemporalForTests({ dbFile: join(directory, 't.db') });
    try {
      const start = async (workflowId: string): Promise<void> => {
        const connection = await Connection.connect({ address: server.address });
        await connection.workflowService.startWorkflowExecution({
          namespace: server.namespace,
          workflowId,
          workflowType: { name: 'nobody-runs-this' },
          taskQueue: { name: 'nobody-listens' },
          requestId: workflowId,
        });
        await connection.close();
      };
      await start('kept');
      await server.kill9();
      await server.restart();
      const connection = await Connection.connect({ address: server.address });
      const described = await connection.workflowService.describeWorkflowExecution({
        namespace: server.namespace,
        execution: { workflowId: 'kept' },
      });
      await connection.close();
      expect(described.workflowExecutionInfo?.type?.name).toBe('nobody-runs-this');
    } finally {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
