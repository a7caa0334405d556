import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { startEmbeddedTemporal, waitForTemporal, type EmbeddedTemporal } from '../../src/temporal/embedded';
import { pickPort } from '../../src/temporal/embedded/ports';
import { startTemporalForTests, temporalCliForTests, temporalUnavailable } from '../servers/temporal';

/** temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING */
const OPEN: number = 1;

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

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
