import { sendWebhook } from '../../src/clients/webhooks/webhookSender';
import { NotificationDispatch } from '../../src/app/notificationDispatch';
import type { DeliveryLimits } from '../../src/domain/notifications/admission';
import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';
import { RECOMMENDED_PAUSES_SECONDS } from '../../src/domain/notifications/retries';
import { readTarget } from '../../src/domain/notifications/target';
import { Secret } from '../../src/primitives/secret';
import { notificationWorkflowId } from '../../src/protocol/names';
import { createNotificationDeliveries } from '../../src/temporal/notifications';
import { temporalUnavailable } from '../servers/temporal';
import { entry } from '../store/journalEntry';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhookReceiver';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** Half an hour is a second here. */
const SCALE = 1_800;
/** Of 5 seconds, 5 minutes, 30 minutes and 2 hours: the one after the fifth try ends later. */
const PAUSES_IN_THREE_HOURS = 4;
const LIMITS: DeliveryLimits = { atOnce: 8, mostOpen: 20, probeEveryMs: 60_000 / SCALE };

suite('notifications', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  let receiver: WebhookReceiver;
  const dispatches: NotificationDispatch[] = [];
  beforeEach(async () => {
    receiver = await startWebhookReceiver(`whsec_${KEY}`);
  });
  afterEach(async () => {
    await Promise.all(dispatches.splice(0).map((dispatch) => dispatch.stop()));
    await receiver.close();
  });

  async function startSite(pauses = RECOMMENDED_PAUSES_SECONDS.map((pause) => (pause * 1_000) / SCALE)): Promise<Site> {
    const rules = { allowPrivate: true, allowHttp: true };
    const to = { target: readTarget(receiver.url, rules), rules, keys: [new Secret(KEY, 'KEY')], timeoutMs: 2_000 };
    const site = await workflows.startSite({
      notifications: {
        endpoints: new Map([['ops', (message) => sendWebhook(to, message)]]),
        schedule: { pauses, jitter: 0.1 },
      },
    });
    const ops = { id: 'ops', origin: 'http://127.0.0.1', format: 'standard' as const, types: NOTIFICATION_TYPES };
    await site.world.store.notifications.register([ops], new Date());
    return site;
  }

  function dispatch({ world, taskQueue }: Site, options: { readonly dying?: boolean } = {}): NotificationDispatch {
    const deliveries = createNotificationDeliveries(workflows.client, taskQueue);
    const { store, log } = world;
    const begun = options.dying === true ? () => Promise.reject(new Error('killed')) : store.notifications.begun;
    const notifications = Object.assign(Object.create(store.notifications) as typeof store.notifications, { begun });
    const made = new NotificationDispatch({
      ...{
        store: { notifications },
        deliveries,
        limits: LIMITS,
        grouping: { gatherMs: 0, pauseMs: 0 },
        keepMs: 86_400_000,
        log,
        everyMs: 50,
      },
    });
    dispatches.push(made);
    return made;
  }

  async function until(isDone: () => boolean, withinMs = 40_000): Promise<void> {
    for (const end = Date.now() + withinMs; !isDone();) {
      if (Date.now() > end) throw new Error(`it did not get there: ${JSON.stringify(receiver)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const append = (site: Site, count: number) =>
    site.world.store.journal.append(Array.from({ length: count }, () => entry(site.device)));
  const idsOf = (taken: WebhookReceiver['taken']): string[] => [...new Set(taken.map(({ id }) => id))];
  const openRuns = async (): Promise<number> =>
    (await workflows.client.workflow.count("WorkflowType = 'deliverNotification' AND ExecutionStatus = 'Running'"))
      .count;

  it('a receiver that is down for three hours loses nothing, gets nothing twice, and few workflows wait for it', async () => {
    // After three hours down the next try of the first one is hours away; here it does not come at all unless it is woken.
    const scaled = RECOMMENDED_PAUSES_SECONDS.map((pause) => (pause * 1_000) / SCALE);
    const site = await startSite(scaled.map((pause, which) => (which < PAUSES_IN_THREE_HOURS ? pause : 3_600_000)));
    const { rows } = site.world.store.notifications;
    receiver.answer = 'down';
    dispatch(site);
    let most = 0;
    const downMs = (3 * 3_600_000) / SCALE;
    for (let part = 0; part < 10; part += 1) {
      await append(site, 10);
      await new Promise((resolve) => setTimeout(resolve, downMs / 10));
      most = Math.max(most, await openRuns());
    }
    expect(receiver.taken).toEqual([]);
    expect(receiver.tries).toBeGreaterThan(3);
    receiver.answer = 204;
    await until(() => rows.length > 0 && rows.every(({ state }) => state === 'delivered'));
    expect(rows.length).toBeGreaterThanOrEqual(100);
    expect(most).toBeLessThanOrEqual(LIMITS.mostOpen);
    expect(receiver.refused).toEqual([]);
    expect(receiver.taken).toHaveLength(rows.length);
    expect(idsOf(receiver.taken).sort()).toEqual(rows.map(({ messageId }) => messageId).sort());
  }, 90_000);

  it('a dispatch that dies before it has marked what it started starts nothing twice', async () => {
    const site = await startSite();
    await append(site, 3);
    const dying = dispatch(site, { dying: true });
    await until(() => receiver.taken.length === 3);
    await dying.stop();
    dispatch(site);
    await append(site, 1);
    await until(() => receiver.taken.length === 4);
    expect(idsOf(receiver.taken)).toHaveLength(4);
  });

  it('an answer that was lost has it sent again, under the same id', async () => {
    const site = await startSite([100, 100, 100]);
    // The receiver took it, and nobody hears of that.
    receiver.answer = async (tries) => (tries === 1 ? 'down' : 204);
    await append(site, 1);
    dispatch(site);
    await until(() => receiver.taken.length === 1);
    const [row] = site.world.store.notifications.rows;
    await until(() => row?.state === 'delivered');
    expect([receiver.tries, row?.attempts, receiver.taken[0]?.id]).toEqual([2, 2, row?.messageId]);
  });

  it('what is given up is sent again by a person’s word, by another workflow and under the same id', async () => {
    const site = await startSite([50]);
    const { notifications } = site.world.store;
    receiver.answer = 500;
    await append(site, 1);
    dispatch(site);
    await until(() => notifications.rows[0]?.state === 'failed');
    expect(receiver.tries).toBe(2);
    const first = workflows.client.workflow.getHandle(notificationWorkflowId({ id: '1', round: 0 }));
    expect(await first.result()).toMatchObject({ summary: expect.stringContaining('is given up') as unknown });
    receiver.answer = 204;
    await notifications.replay('1', new Date());
    await until(() => notifications.rows[0]?.state === 'delivered');
    expect(receiver.taken.map(({ id }) => id)).toEqual([notifications.rows[0]?.messageId]);
    const second = workflows.client.workflow.getHandle(notificationWorkflowId({ id: '1', round: 1 }));
    expect(await second.result()).toMatchObject({ summary: 'port.applied was delivered to ops' });
  });

  it('after 410 nothing is sent until a test succeeds, and then what was held', async () => {
    const site = await startSite();
    const { notifications } = site.world.store;
    receiver.answer = 410;
    await append(site, 5);
    dispatch(site);
    await until(
      () =>
        notifications.rows.length === 5 &&
        notifications.rows.every(({ state, round }) => state === 'queued' && round === 1),
    );
    const { tries } = receiver;
    receiver.answer = 204;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.tries).toBe(tries);
    await notifications.test('ops', new Date());
    await until(() => notifications.rows.every(({ state }) => state === 'delivered'));
    expect(receiver.taken.map(({ type }) => type).sort()).toEqual([
      'notification.test',
      ...Array<string>(5).fill('port.applied'),
    ]);
    expect(idsOf(receiver.taken)).toHaveLength(6);
  });

  it('histories have ids only', async () => {
    const site = await startSite();
    await append(site, 1);
    dispatch(site);
    await until(() => receiver.taken.length === 1);
    const handle = workflows.client.workflow.getHandle(notificationWorkflowId({ id: '1', round: 0 }));
    await handle.result();
    const history = JSON.stringify(await handle.fetchHistory(), (_name, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
    );
    expect(history).toContain('sendNotification');
    for (const text of [KEY, receiver.url, 'one binding added', '10.0.48.5']) expect(history).not.toContain(text);
  });
});
