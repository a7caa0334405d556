import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import {
  startEmbeddedTemporal,
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
} from '../../src/temporal/embedded';
import { processIdentity, runsHere } from '../../src/primitives/processIdentity';
import { readState, writeState } from '../../src/temporal/embedded/stateFile';
import { temporalCliForTests, temporalUnavailable } from '../servers/temporal';

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
