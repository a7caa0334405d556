import { existsSync, readFileSync } from 'node:fs';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const WITHIN_MS = 60_000;
const POLICY_MS = 4_000;
const PORT = 'ge-0/0/1.0';
const FURTHER = '10.0.48.77 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff';

interface LoggedChange {
  readonly version: string;
  readonly change: string;
}

suite('the end of a policy', () => {
  let system: SystemUnderTest;
  let before: string[];
  let expiresAt: number;

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario);
    await system.start();
    await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' });
    before = await bindings();
  }, 180_000);
  afterAll(() => system.close(), 60_000);

  const bindings = async (): Promise<string[]> => (await system.bindings(1, PORT)).sort();
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' };
    const init =
      body === undefined
        ? { headers }
        : { method: 'POST', headers: { ...headers, prefer: 'wait=60' }, body: JSON.stringify(body) };
    return (await (await fetch(`${system.running.apiUrl}/api/policies${path}`, init)).json()) as T;
  };
  const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
    for (const deadline = Date.now() + WITHIN_MS; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${WITHIN_MS} ms`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const changes = async (): Promise<readonly string[]> =>
    (await ask<{ changes: LoggedChange[] }>('/log?server=101')).changes.map(({ change }) => change);
  /** How often the log says that the time is over: it is appended to by every start. */
  const noticed = (): number => {
    const { logFile } = system.running;
    const text = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    return text.split('the time of a port policy is over').length - 1;
  };

  test('a policy is in force when its answer says so', async () => {
    expiresAt = Date.now() + POLICY_MS;
    const answer = await ask<{ outcome: { outcomes: { status: string }[] } }>('/set', {
      ...{ server: 101, allowedAddressPairs: [{ address: '10.0.48.77' }], author: 'ada', reason: 'tests' },
      expiresAt: new Date(expiresAt).toISOString(),
    });
    expect(answer.outcome.outcomes.map(({ status }) => status)).toEqual(['applied']);
    expect(await bindings()).toEqual([...before, FURTHER].sort());
  });

  test('killed before its end and again while it ends, the port is what it was before, and it ended once', async () => {
    await system.running.kill9();
    await until('the time of the policy', () => Date.now() > expiresAt);
    expect(await bindings()).toEqual([...before, FURTHER].sort());
    await system.start();
    await until('the end is noticed', () => noticed() > 0);
    await system.running.kill9();
    await system.start();
    await until('the port is restored', async () => (await bindings()).length === before.length);
    expect(await bindings()).toEqual(before);
    await until('the end is on record', async () => (await changes()).includes('end'));
    expect(await changes()).toEqual(['end', 'set']);
    expect(await ask('?server=101')).toEqual({ policies: [] });
  }, 240_000);

  test('workflows did what they do in a replay', () => replayHistoriesAt(system.running.temporalAddress));
});
