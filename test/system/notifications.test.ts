import { existsSync, readFileSync } from 'node:fs';
import { runPortwarden } from '../../lab/productCli';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { startChatReceiver, type ChatReceiver } from '../support/chatReceiver';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhookReceiver';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const WITHIN_MS = 90_000;
const ENVIRONMENT = { OPS_WEBHOOK_SECRET: `whsec_${KEY}` };

interface Alarm {
  readonly name?: string;
}

suite('notifications', () => {
  let system: SystemUnderTest;
  let ops: WebhookReceiver;
  let others: WebhookReceiver;
  let chat: ChatReceiver;

  beforeAll(async () => {
    [ops, others] = await Promise.all([startWebhookReceiver(`whsec_${KEY}`), startWebhookReceiver(`whsec_${KEY}`)]);
    chat = await startChatReceiver();
    const own = { secrets: [{ secretEnv: 'OPS_WEBHOOK_SECRET' }], allowPrivate: true, allowHttp: true };
    system = await SystemUnderTest.create(seedScenario, {
      alarms: { everySeconds: 1, notificationsFailingSeconds: 1 },
      notifications: {
        retrySeconds: [0.5, 0.5, 1, 1, ...Array.from({ length: 40 }, () => 2)],
        groupSeconds: 20,
        groupPauseSeconds: 1,
        endpoints: [
          { id: 'ops', url: ops.url, ...own },
          { id: 'others', url: others.url, events: ['alarm.raised', 'alarm.cleared'], ...own },
          { id: 'chat', url: chat.url, format: 'slack', events: ['port.applied'], allowPrivate: true, allowHttp: true },
        ],
      },
    });
    await system.start({ environment: ENVIRONMENT });
  }, 180_000);
  afterAll(async () => {
    await system.close();
    await Promise.all([ops.close(), others.close(), chat.close()]);
  });

  const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
    for (const deadline = Date.now() + WITHIN_MS; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${WITHIN_MS} ms`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const ask = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${LAB_SECRETS.bearerToken}` };
    return (await (await fetch(`${system.running.apiUrl}/api/${path}`, { headers })).json()) as T;
  };
  const about = async (state: 'open' | 'cleared'): Promise<readonly (string | undefined)[]> =>
    (await ask<{ alarms: Alarm[] }>(`alarms?alarm=notification-failing&state=${state}`)).alarms.map(({ name }) => name);
  const applied = (): readonly unknown[] =>
    ops.taken.filter(({ type }) => type === 'port.applied').map(({ data }) => data['added']);
  const portwarden = (...args: readonly string[]): Promise<string> =>
    runPortwarden(system.site, [...args, '--api', system.running.apiUrl], ENVIRONMENT);
  const assigned = async (ip: string): Promise<void> => {
    await system.delivered(await system.world.panel.assign({ serverId: 101, ip }));
  };

  test('a changed port is told of, and one that is as it should be is not', async () => {
    await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' });
    await until('the receiver has it', () => applied().length === 1);
    expect((await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' })).outcome?.status).toBe(
      'unchanged',
    );
    expect(await portwarden('notification', 'test', 'ops')).toContain('delivered  ops  notification.test');
    expect(applied()).toHaveLength(1);
    expect(ops.refused).toEqual([]);
  }, 120_000);

  test('what happens while a receiver is down, and portwarden is killed, arrives when both are back; the alarm comes and goes, once', async () => {
    ops.answer = 'down';
    await assigned('10.0.48.7');
    await system.running.kill9();
    await system.start({ environment: ENVIRONMENT });
    await until('the alarm is raised', async () => (await about('open')).length > 0);
    await assigned('10.0.48.8');
    await system.running.kill9();
    await system.start({ environment: ENVIRONMENT });
    expect(await about('open')).toEqual(['ops']);
    expect(await portwarden('notification', 'endpoints')).toMatch(
      /ops {2}standard .*takes nothing since .*unreachable/,
    );
    expect(applied()).toHaveLength(1);
    ops.answer = 204;
    await until('the receiver has all of it', () => applied().length >= 3);
    await until('the alarm is cleared', async () => (await about('open')).length === 0);
    expect(await about('cleared')).toEqual(['ops']);
    await until('the others heard of it', () => others.taken.length >= 2);
    const ids = ops.taken.map(({ id }) => id);
    expect(new Set(ids).size).toBe(new Set(applied().map((added) => JSON.stringify(added))).size + 1);
    // Not a word to ops about ops.
    expect(others.taken.map(({ type, data }) => [type, data['name']])).toEqual([
      ['alarm.raised', 'ops'],
      ['alarm.cleared', 'ops'],
    ]);
    expect(ops.taken.map(({ data }) => data['alarm'])).not.toContain('notification-failing');
    expect([ops.refused, others.refused]).toEqual([[], []]);
  }, 240_000);

  test('one is sent again by a person’s word, under the same id', async () => {
    const list = await ask<{ notifications: { id: string; messageId: string }[] }>(
      'notifications?endpoint=ops&type=port.applied',
    );
    const [last] = list.notifications;
    if (last === undefined) throw new Error('there should be one');
    const before = ops.taken.length;
    expect(await portwarden('notification', 'replay', last.id)).toContain('queued');
    await until('it came again', () => ops.taken.length > before);
    expect(ops.taken.at(-1)?.id).toBe(last.messageId);
  });

  test('a chat hears of a burst in few messages, and once of what happened while it was down and portwarden was killed; a webhook hears of each', async () => {
    const ofChat = async (): Promise<readonly { state: string }[]> =>
      (await ask<{ notifications: { state: string }[] }>('notifications?endpoint=chat&limit=500')).notifications;
    /** What its messages tell of: one thing, or as many as it counts. */
    const told = (): number =>
      chat.taken.reduce((sum, text) => sum + Number(/^(\d+) ports changed$/.exec(text)?.[1] ?? 1), 0);
    const isTold = async (): Promise<boolean> => {
      const all = await ofChat();
      return all.length > 0 && all.every(({ state }) => state === 'delivered');
    };
    const burst = async (...last: readonly number[]): Promise<void> => {
      for (const one of last) await assigned(`10.0.48.${one}`);
    };
    await until('the chat heard of what was before', isTold);
    const before = { things: (await ofChat()).length, messages: chat.taken.length, each: applied().length };
    expect(told()).toBe(before.things);
    await burst(60, 61, 62, 63);
    await until('the burst is told', async () => (await ofChat()).length >= before.things + 4 && (await isTold()));
    expect(told()).toBe((await ofChat()).length);
    expect(chat.taken.length - before.messages).toBeLessThan(4);
    await until('the webhook heard of each', () => applied().length >= before.each + 4);

    chat.isDown = true;
    const [tries, messages] = [chat.tries, chat.taken.length];
    await burst(64, 65);
    await until('it was tried', () => chat.tries > tries);
    await system.running.kill9();
    await system.start({ environment: ENVIRONMENT });
    await burst(66);
    expect(chat.taken).toHaveLength(messages);
    chat.isDown = false;
    await until('all of it is told', isTold);
    expect(told()).toBe((await ofChat()).length);
    expect((await ofChat()).length).toBe(before.things + 7);
    expect(ops.refused).toEqual([]);
  }, 300_000);

  test('no log has the secret or the path of the receiver, and workflows did what they do in a replay', async () => {
    const { logFile, temporalAddress } = system.running;
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    expect(log).toContain('not delivered');
    for (const secret of [KEY, '/hook', '/services']) expect(log).not.toContain(secret);
    await replayHistoriesAt(temporalAddress);
  });
});
