import { Client, Connection } from '@temporalio/client';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import type { JunosSwitch } from '../../lab/junos';
import { LAB_SECRETS } from '../../lab/world';
import { tsToMs } from '@temporalio/common/lib/time';
import { deviceId } from '../../src/domain/values/device';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { temporalUnavailable } from '../servers/temporal';
import { Observer } from '../chaos/observer';
import { passOf } from '../chaos/passWaiters';
import { SystemUnderTest, type EventAnswer } from './site';
import { wholeHistory } from '../support/wholeHistory';
import { replayHistoriesAt } from '../support/replayHistories';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const size = { switches: 9, serversPerSwitch: 2 };
/** Changed once before, so that their interrupted commits are plain ones; those of the others are confirmed commits. */
const CHANGED_BEFORE = [1, 2, 3, 4];
const KILLED = [1, 2, 3, 4, 5, 6, 7, 8];
const STOPPED = 9;
/** The product is killed in the very moment in which the switches have made so many commits together. */
const KILL_AT_COMMIT = 4;
/** Longer than what a shutdown lets other work finish. */
const LONG_COMMIT_MS = 22_000;

interface JournalRow {
  readonly device: string;
  readonly port: string;
  readonly status: string;
  readonly commit?: string;
}

suite('commits that a crash or a shutdown interrupts', () => {
  let system: SystemUnderTest;
  const outcomes = new Map<number, EventAnswer>();
  const events = new Map<number, string>();
  /** When the product had started again after the kill. */
  let runningAt = 0;
  let stopped: { readonly how: string; readonly commits: number } | undefined;

  const device = (id: number): JunosSwitch => {
    const found = system.world.switches.get(id);
    if (found === undefined) throw new Error(`there is no switch ${id}`);
    return found;
  };
  const event = (switchId: number, server: number): { action: string; serverId: number } => ({
    action: 'ip_assigned',
    serverId: fleetServerId(size, switchId - 1, server),
  });
  const post = async (switchId: number, server: number): Promise<string> => {
    const response = await system.post(event(switchId, server));
    return ((await response.json()) as { workflowId: string }).workflowId;
  };
  const journal = async (switchId: number): Promise<JournalRow[]> => {
    const response = await fetch(`${system.running.apiUrl}/api/port-security/journal?device=junos:${switchId}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
    });
    return ((await response.json()) as { entries: JournalRow[] }).entries;
  };
  /** The log texts of the commits that changed something on a switch; those that only confirm one say so. */
  const committed = (switchId: number): string[] =>
    device(switchId)
      .commits()
      .map(({ log }) => log ?? '')
      .filter((log) => !log.endsWith(' [confirmation]'))
      .sort();

  beforeAll(async () => {
    system = await SystemUnderTest.create(
      fleetScenario(size),
      {
        switches: { defaults: { confirmedCommit: 'first-change-and-large' } },
        retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
      },
      { commitMs: 50, checkMs: 50 },
    );
    await system.start();
    const before = await Promise.all(CHANGED_BEFORE.map((id) => system.event(event(id, 0))));
    expect(before.map((answer) => answer.outcome?.status)).toEqual(CHANGED_BEFORE.map(() => 'applied'));

    const waiting = await killedInCommits();
    await system.start();
    runningAt = Date.now();
    waiting.set(STOPPED, await stoppedInCommit());
    await system.start();
    for (const [id, workflowId] of waiting) {
      events.set(id, workflowId);
      outcomes.set(id, await system.outcome(workflowId));
    }
  }, 240_000);

  afterAll(async () => {
    await system.close();
  }, 120_000);

  /** Kills the product while it commits on many switches, some of which are done. @returns what waits, by switch. */
  const killedInCommits = async (): Promise<Map<number, string>> => {
    const { pid, ended } = system.running;
    let commits = 0;
    const onCommit = (): void => {
      commits += 1;
      if (commits === KILL_AT_COMMIT) process.kill(pid, 'SIGKILL');
    };
    const waiting = new Map<number, string>();
    for (const id of KILLED) {
      device(id).faults.commitMs = 400 + 250 * id;
      device(id).events.on('commit', onCommit);
      waiting.set(id, await post(id, CHANGED_BEFORE.includes(id) ? 1 : 0));
    }
    await ended;
    for (const id of KILLED) device(id).faults.commitMs = 50;
    return waiting;
  };

  /** Stops the product, as an operator would, while it commits on a slow switch. */
  const stoppedInCommit = async (): Promise<string> => {
    const slow = device(STOPPED);
    slow.faults.commitMs = LONG_COMMIT_MS;
    const committing = new Promise<void>((resolve) => {
      slow.events.on('rpc', ({ operation, xml }) => {
        if (operation === 'commit-configuration' && xml.includes('<log>')) resolve();
      });
    });
    const workflowId = await post(STOPPED, 0);
    await committing;
    const { ended } = system.running;
    await system.stop();
    stopped = { how: await ended, commits: committed(STOPPED).length };
    slow.faults.commitMs = 50;
    return workflowId;
  };

  test.each([...KILLED, STOPPED])('every commit on switch %i is in the journal', async (id) => {
    const rows = await journal(id);
    expect(rows.map(({ commit }) => commit ?? '').sort()).toEqual(committed(id));
    expect(rows.map(({ status }) => status)).toEqual(committed(id).map(() => 'applied'));
  });

  test.each([...KILLED, STOPPED])(
    'the event of switch %i is applied, and names the commit that holds its change',
    (id) => {
      const answer = outcomes.get(id);
      expect(answer?.outcome?.status).toBe('applied');
      expect(committed(id)).toContain(answer?.outcome?.ports[0]?.commit);
      expect(device(id).pendingConfirm()).toBeUndefined();
    },
  );

  test('the pass of each interrupted commit says for which event it was: the judge of the chaos suite goes by that', async () => {
    const observer = await Observer.connect(system.running.temporalAddress);
    try {
      const waiters = await observer.passWaiters();
      for (const [id, workflowId] of events) {
        const { port, commit } = outcomes.get(id)?.outcome?.ports[0] ?? {};
        expect([id, passOf(waiters, commit)?.get(port ?? '')]).toEqual([id, [workflowId]]);
      }
    } finally {
      await observer.close();
    }
  });

  test('the passes that the kill cut off were ended before the next worker began, and no coordinator waited for the limit of their heartbeats then', async () => {
    const connection = await Connection.connect({ address: system.running.temporalAddress });
    try {
      const client = new Client({ connection });
      const failed: string[] = [];
      const timedOut: number[] = [];
      for (const id of KILLED) {
        const workflowId = coordinatorWorkflowId(deviceId('junos', id));
        for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
          const { events: history } = await wholeHistory(client, { workflowId, runId });
          for (const { eventTime, activityTaskFailedEventAttributes, activityTaskTimedOutEventAttributes } of history ??
            []) {
            const type = activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type;
            if (typeof type === 'string') failed.push(type);
            if (activityTaskTimedOutEventAttributes) timedOut.push(tsToMs(eventTime));
          }
        }
      }
      // On a machine with other work a start takes so long that some were over by then.
      expect(timedOut.filter((at) => at > runningAt)).toEqual([]);
      expect(failed.length + timedOut.length).toBeGreaterThan(0);
      // A device that is still at the commit of the killed pass has its lock until it is done: nothing overlaps.
      expect(failed.filter((type) => type !== 'device-unknown-outcome' && type !== 'device-busy')).toEqual([]);
    } finally {
      await connection.close();
    }
  });

  test('a shutdown let the commit finish, and the product ended by itself', () => {
    expect(stopped).toEqual({ how: '0', commits: 1 });
  });

  test('workflows did what they do in a replay, also where one process replays twice at a time', async () => {
    const twice = [1, 2].map((seed) => replayHistoriesAt(system.running.temporalAddress, { seed, mostOfEachType: 3 }));
    for (const { replayed } of await Promise.all(twice)) expect(replayed).toBeGreaterThan(0);
  });
});
