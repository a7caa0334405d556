import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_SECRETS, startLabWorld, type LabWorld } from '../../lab/world';
import { Installation, type Member } from '../chaos/installation';
import { judgeVerdict } from '../chaos/judge';
import { Listener } from '../chaos/listener';
import { Observer } from '../chaos/observer';
import { chaosScenario, SWITCHES } from '../chaos/scenario';
import { watchSwitches, type SwitchWatch } from '../chaos/switchWatch';
import { truthNow, TruthHistory } from '../chaos/truth';
import { temporalUnavailable } from '../servers/temporal';
import { postgresMissing } from '../store/postgresServer';
import { replayHistoriesAt } from '../support/replayHistories';

const missing = temporalUnavailable() ?? postgresMissing();
if (missing !== undefined) process.stderr.write(`skipped: two workers on one PostgreSQL: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

const COMMIT_MS = 4_000;
const QUIET_MS = 180_000;
/** Until its end; a commit takes four seconds, and both workers may be busy. */
const POLICY_MS = 25_000;
/** Longer than from one look of a worker at the policies to the next. */
const LOOK_MS = 6_000;

suite('two worker processes and an API on one PostgreSQL and one Temporal server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-two-workers-'));
  let world: LabWorld;
  let history: TruthHistory;
  let watches: SwitchWatch[];
  let installation: Installation;
  let listener: Listener;

  beforeAll(async () => {
    world = await startLabWorld(chaosScenario, { commitMs: COMMIT_MS, checkMs: 100 });
    history = new TruthHistory(world);
    watches = watchSwitches(world, history);
    installation = await Installation.start('split', world, directory, {
      vlans: { allowlist: '13,100,200', nameTemplate: 'VLAN.{id}' },
      retries: {
        deviceBackoff: { initialSeconds: 1, maximumSeconds: 4, giveUpAfterHours: 1 },
        waitForOutcomeMinutes: 1,
      },
      logging: { level: 'debug' },
    });
    listener = new Listener(() => installation.apiUrl, LAB_SECRETS.bearerToken);
  }, 180_000);

  afterAll(async () => {
    await installation.stop();
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  /** The worker whose log says last that it sends a commit to the switch. */
  const committer = async (switchId: number): Promise<Member> => {
    const workers = installation.members.filter(({ role }) => role === 'worker');
    const sent = (member: Member): boolean =>
      readFileSync(join(directory, `${member.name}.log`), 'utf8')
        .split('\n')
        .some((line) => line.includes('"step":"commit"') && line.includes(`"device":"junos:${switchId}"`));
    for (let look = 0; look < COMMIT_MS / 100; look += 1) {
      const found = workers.find(sent);
      if (found !== undefined) return found;
      await sleep(50);
    }
    throw new Error('no worker says that it commits');
  };

  test('a worker killed in the middle of a commit costs nothing: the other one goes on', async () => {
    const access = watches.find(({ id }) => id === SWITCHES.access);
    const killed = new Promise<string>((resolve, reject) => {
      const onRpc = ({ operation }: { readonly operation: string }): void => {
        if (operation !== 'commit-configuration') return;
        access?.device.events.off('rpc', onRpc);
        committer(SWITCHES.access).then(async (member) => {
          await installation.kill(member);
          resolve(member.name);
        }, reject);
      };
      access?.device.events.on('rpc', onRpc);
    });
    for (let host = 50; host < 62; host += 1) {
      for (const [serverId, ip] of [
        [101, `10.0.48.${host}`],
        [102, `10.1.100.${host}`],
        [111, `10.2.200.${host}`],
      ] as const) {
        history.change(() => {
          world.panel.state.assign(serverId, [ip]);
        });
        listener.send(
          { action: 'ip_assigned', serverId, ip },
          { copies: host % 3 === 0 ? 2 : 1, delayMs: (host - 50) * 40 },
        );
      }
    }
    expect(await killed).toMatch(/^worker-[12]$/);
    await listener.settled();

    const observer = await Observer.connect(installation.temporalAddress ?? '');
    try {
      expect(await observer.quiet(QUIET_MS)).toEqual([]);
      const verdicts = await observer.verdicts();
      expect(verdicts.length).toBeGreaterThanOrEqual(36);
      expect(
        [...listener.accepted.keys()].filter((id) => !verdicts.some(({ workflowId }) => workflowId === id)),
      ).toEqual([]);
      expect(verdicts.flatMap((verdict) => judgeVerdict(verdict, watches))).toEqual([]);
      expect(verdicts.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
    } finally {
      await observer.close();
    }
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline && watches.some(({ device }) => device.sessions() > 0)) await sleep(100);
    expect(watches.flatMap((watch) => watch.leftovers())).toEqual([]);
    const actual = new Map(watches.flatMap((watch) => [...watch.bindings()]));
    for (const port of ['1 ge-0/0/1.0', '1 ge-0/0/2.0', '3 ge-0/0/1.0'])
      expect(actual.get(port)).toEqual([...(truthNow(world, history.ledger).kept.get(port) ?? [])].sort());
    expect(installation.unexpected).toEqual([]);
  }, 400_000);

  test('the burst cost few commits', () => {
    const commits = watches.reduce((sum, watch) => sum + watch.commits.length, 0);
    expect(commits).toBeLessThanOrEqual(12);
  });

  test('a policy that ends while both look for it ends once: one record, one commit, and the port is what it was', async () => {
    const port = '1 ge-0/0/2.0';
    const access = watches.find(({ id }) => id === SWITCHES.access);
    const bindings = (): readonly string[] => [...(access?.bindings().get(port) ?? [])].sort();
    const ask = async <T>(path: string, body?: object): Promise<T> => {
      const headers = { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' };
      const init =
        body === undefined
          ? { headers }
          : { method: 'POST', headers: { ...headers, prefer: 'wait=60' }, body: JSON.stringify(body) };
      return (await (await fetch(`${installation.apiUrl ?? ''}${path}`, init)).json()) as T;
    };
    const before = bindings();
    const commits = watches.flatMap((watch) => watch.commits).length;
    const expiresAt = Date.now() + POLICY_MS;
    const answer = await ask<{ outcome: { outcomes: { status: string }[] } }>('/api/policies/set', {
      ...{ server: 102, allowedAddressPairs: [{ address: '10.1.100.77' }], author: 'ada', reason: 'tests' },
      expiresAt: new Date(expiresAt).toISOString(),
    });
    expect(answer.outcome.outcomes.map(({ status }) => status)).toEqual(['applied']);
    expect(bindings()).toHaveLength(before.length + 1);

    // Stopped in their tracks until its time is over, both see it in their first look.
    const workers = installation.members.filter(({ role }) => role === 'worker');
    await sleep(Math.max(0, expiresAt - 1_000 - Date.now()));
    for (const worker of workers) installation.freeze(worker);
    await sleep(Math.max(0, expiresAt + LOOK_MS - Date.now()));
    for (const worker of workers) installation.thaw(worker);

    const changes = async (): Promise<readonly string[]> =>
      (await ask<{ changes: { change: string }[] }>('/api/policies/log?server=102')).changes.map(
        ({ change }) => change,
      );
    const deadline = Date.now() + QUIET_MS;
    while (Date.now() < deadline && (bindings().length > before.length || !(await changes()).includes('end')))
      await sleep(200);
    const observer = await Observer.connect(installation.temporalAddress ?? '');
    try {
      expect(await observer.quiet(QUIET_MS)).toEqual([]);
    } finally {
      await observer.close();
    }
    expect(bindings()).toEqual(before);
    expect(await changes()).toEqual(['end', 'set']);
    expect(watches.flatMap((watch) => watch.commits).length - commits).toBe(2);
    const journal = await ask<{ entries: { summary: string }[] }>(
      `/api/port-security/journal?device=junos:${SWITCHES.access}&policy=${encodeURIComponent('server 102')}&limit=50`,
    );
    const ends = journal.entries.filter(({ summary }) => summary.includes(' ended at '));
    expect(ends).toHaveLength(1);
    const noticed = workers.filter(({ name }) =>
      readFileSync(join(directory, `${name}.log`), 'utf8').includes('the time of a port policy is over'),
    );
    expect(noticed.length).toBeGreaterThan(0);
  }, 400_000);

  test('workflows did what they do in a replay', () => replayHistoriesAt(installation.temporalAddress ?? ''));
});
