import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtFile } from '../../lab/productProcess';
import { fleetScenario } from '../../lab/scenarios/fleet';
import { runsHere } from '../../src/primitives/processIdentity';
import { readState, type ServerState } from '../../src/temporal/embedded/stateFile';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const WITHIN_MS = 60_000;

suite('nothing that was started is left', () => {
  let system: SystemUnderTest;

  beforeAll(async () => {
    system = await SystemUnderTest.create(fleetScenario({ switches: 1, serversPerSwitch: 1 }));
  }, 120_000);
  afterAll(() => system.close(), 60_000);

  /** The record of the embedded Temporal server, once it has been started. */
  async function serverState(): Promise<ServerState> {
    for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await sleep(20)) {
      const state = readState(join(system.site.directory, 'data', 'temporal'));
      if (state !== undefined) return state;
    }
    throw new Error('no Temporal server was started');
  }

  async function gone({ owner, server }: ServerState): Promise<boolean> {
    for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await sleep(50))
      if (!runsHere(owner) && !runsHere(server)) return true;
    return false;
  }

  test('by a product that is told to end while it still starts', async () => {
    const starting = system.start();
    const state = await serverState();
    process.kill(state.owner.pid, 'SIGTERM');
    await starting;
    expect(await system.running.ended).toBe('0');
    expect(await gone(state)).toBe(true);
  }, 120_000);

  test('by the program that started a product and is killed itself', async () => {
    const starter = spawn(
      process.execPath,
      [
        '-e',
        `require(${JSON.stringify(join(builtFile('app/main.js'), '..', '..', '..', 'lab', 'productProcess.js'))})
           .startProductProcess({ site: ${JSON.stringify(system.site)} }).then(() => console.log('ready'));`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => starter.stdout.once('data', resolve));
    const state = await serverState();
    expect([runsHere(state.owner), runsHere(state.server)]).toEqual([true, true]);
    starter.kill('SIGKILL');
    expect(await gone(state)).toBe(true);
  }, 120_000);
});
