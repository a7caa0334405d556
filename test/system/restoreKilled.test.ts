import { setTimeout as sleep } from 'node:timers/promises';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const size = { switches: 1, serversPerSwitch: 1 };
const DEVICE = 'junos:1';
const PORT = 'ge-0/0/0.0';
const WITHIN_MS = 120_000;

interface Decision {
  readonly state: string;
  readonly outcome?: { readonly outcomes: readonly { readonly status: string }[] };
}

suite('a restore and a release whose worker is killed at their commit', () => {
  let system: SystemUnderTest;
  beforeAll(async () => {
    system = await SystemUnderTest.create(
      fleetScenario(size),
      {
        retries: {
          deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 },
          waitForOutcomeMinutes: 1,
        },
      },
      { commitMs: 400, checkMs: 50 },
    );
    await system.start();
  }, 180_000);
  afterAll(() => system.close(), 120_000);

  const ask = async <T>(path: string, said?: object): Promise<T> => {
    const response = await fetch(`${system.running.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
      ...(said === undefined ? {} : { method: 'POST', body: JSON.stringify(said) }),
    });
    return (await response.json()) as T;
  };
  /** Sends a decision, kills the product at the commit that it leads to, starts it again, and waits for the decision's end. */
  const killedAtCommit = async (path: string, said: object): Promise<Decision> => {
    const { pid, ended } = system.running;
    for (const one of system.world.switches.values())
      one.events.once('commit', () => void process.kill(pid, 'SIGKILL'));
    const { statusUrl } = await ask<{ statusUrl: string }>(path, said);
    await ended;
    await system.start();
    for (const began = Date.now(); Date.now() < began + WITHIN_MS; await sleep(200)) {
      const decision = await ask<Decision>(statusUrl);
      if (decision.state !== 'running') return decision;
    }
    throw new Error(`${statusUrl} did not end in time`);
  };
  const commits = (): number => [...system.world.switches.values()].reduce((sum, one) => sum + one.commits().length, 0);
  const holds = async (): Promise<number> => (await ask<{ holds: unknown[] }>('/api/holds')).holds.length;
  const applied = async (): Promise<number> => {
    const { entries } = await ask<{ entries: { status: string }[] }>(`/api/journal?device=${DEVICE}&status=applied`);
    return entries.length;
  };

  it('go on by themselves, commit once each, are journaled once each, and are told as applied', async () => {
    const event = { action: 'ip_assigned', serverId: fleetServerId(size, 0, 0), ip: '10.1.0.2' };
    expect((await system.event(event)).outcome?.status).toBe('applied');
    expect(await system.bindings(1, PORT)).toHaveLength(1);
    const said = { author: 'ada', reason: 'back to before' };

    // Before its first change the port had nothing.
    const subject = { device: DEVICE, backup: 'latest', port: PORT };
    const plan = await ask<{ hash: string; backup: string; ports: unknown[] }>('/api/restores/plan', subject);
    expect(plan.ports).toMatchObject([{ port: PORT, status: 'change', added: [], bindings: 0 }]);
    const { hash, backup } = plan;
    const expiresAt = '2099-01-01T00:00:00Z';
    const restored = await killedAtCommit('/api/restores', { ...subject, backup, hash, expiresAt, ...said });
    expect(restored).toMatchObject({ state: 'completed', outcome: { outcomes: [{ status: 'applied' }] } });
    expect(await system.bindings(1, PORT)).toEqual([]);
    expect([commits(), await applied(), await holds()]).toEqual([2, 2, 1]);
    expect((await system.event(event)).outcome?.status).toBe('held');

    const { holds: found } = await ask<{ holds: { id: string }[] }>('/api/holds');
    const ids = found.map(({ id }) => id);
    const end = await ask<{ hash: string }>('/api/holds/release/plan', { ids });
    const released = await killedAtCommit('/api/holds/release', { ids, hash: end.hash, ...said });
    expect(released).toMatchObject({ state: 'completed', outcome: { outcomes: [{ status: 'applied' }] } });
    expect(await system.bindings(1, PORT)).toHaveLength(1);
    expect([commits(), await applied(), await holds()]).toEqual([3, 3, 0]);
    expect((await system.event(event)).outcome?.status).toBe('unchanged');
  }, 300_000);

  it('did what they do in a replay', () => replayHistoriesAt(system.running.temporalAddress), 60_000);
});
