import { setTimeout as sleep } from 'node:timers/promises';
import { fleetScenario } from '../../lab/scenarios/fleet';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** More switches than are worked on at a time: at the kill some are done, some in their commit, some not begun. */
const size = { switches: 12, serversPerSwitch: 3 };
const PORTS = size.switches * size.serversPerSwitch;
const KILL_AT_COMMIT = 3;
const WITHIN_MS = 120_000;
const SITE = 'fleet';

interface Run {
  readonly plan: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly counts: Readonly<Record<string, number>>;
}

suite('a run of Apply All whose worker is killed', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    const devices = Array.from({ length: size.switches }, (_, index) => `junos:${index + 1}`);
    system = await SystemUnderTest.create(
      fleetScenario(size),
      {
        sites: { [SITE]: { devices } },
        retries: {
          deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 },
          waitForOutcomeMinutes: 1,
        },
      },
      { commitMs: 600, checkMs: 50 },
    );
    await system.start();
  }, 180_000);
  afterAll(() => system.close(), 120_000);

  const ask = async (path: string, said?: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const response = await fetch(`${system.running.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
      ...(said === undefined ? {} : { method: 'POST', body: JSON.stringify(said) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const until = async <T>(path: string, holds: (body: T) => boolean): Promise<T> => {
    for (const began = Date.now(); Date.now() < began + WITHIN_MS; await sleep(100)) {
      const { status, body } = await ask(path);
      if (status === 200 && holds(body as T)) return body as T;
    }
    throw new Error(`${path} did not get there in time`);
  };

  it('goes on by itself, does nothing twice, and tells how far it is', async () => {
    const { body } = await ask('/api/apply-all/plan', { site: SITE, author: 'ada' });
    const { plan } = body as { plan: string };
    const { hash } = await until<{ hash?: string }>(`/api/apply-all/plans/${plan}`, (one) => one.hash !== undefined);
    const { pid, ended } = system.running;
    const switches = [...system.world.switches.values()];
    let commits = 0;
    for (const one of switches)
      one.events.on('commit', () => {
        commits += 1;
        if (commits === KILL_AT_COMMIT) process.kill(pid, 'SIGKILL');
      });
    await ask('/api/apply-all', { site: SITE, planHash: hash, author: 'ada', reason: 'first day' });
    await ended;
    const madeBefore = switches.filter((one) => one.commits().length > 0).length;
    expect(madeBefore).toBeLessThan(size.switches);

    await system.start();
    const told: number[] = [];
    const run = await until<Run>(`/api/apply-all?site=${SITE}`, ({ done, state }) => {
      told.push(done);
      return state === 'done' || state === 'cancelled';
    });
    expect(run).toMatchObject({ plan, state: 'done', total: PORTS, done: PORTS });
    expect((run.counts['applied'] ?? 0) + (run.counts['unchanged'] ?? 0)).toBe(PORTS);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(Math.max(...told)).toBe(PORTS);
    expect(switches.map((one) => one.commits().length)).toEqual(switches.map(() => 1));
    for (const id of system.world.switches.keys()) {
      expect((await system.committed(id)).filter((line) => line.includes(' static-ip '))).toHaveLength(
        size.serversPerSwitch,
      );
      const journal = await ask(`/api/port-security/journal?device=junos:${id}`);
      const { entries } = journal.body as { entries: readonly { port: string; status: string; author?: string }[] };
      const applied = entries.filter(({ status }) => status === 'applied');
      expect(new Set(applied.map(({ port }) => port)).size).toBe(size.serversPerSwitch);
      expect(applied).toHaveLength(size.serversPerSwitch);
    }
    expect((await ask('/api/apply-all', { site: SITE, planHash: hash, author: 'ada', reason: 'twice' })).status).toBe(
      404,
    );
  }, 240_000);

  it('did what it does in a replay', () => replayHistoriesAt(system.running.temporalAddress), 60_000);
});
