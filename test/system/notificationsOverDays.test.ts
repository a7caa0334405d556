import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createNotificationActivities } from '../../src/activities';
import { sendWebhook } from '../../src/clients/webhooks/webhookSender';
import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';
import { RECOMMENDED_PAUSES_SECONDS } from '../../src/domain/notifications/retries';
import { readTarget } from '../../src/domain/notifications/target';
import { Secret } from '../../src/primitives/secret';
import { notificationWorkflowId } from '../../src/protocol/names';
import { createNotificationDeliveries } from '../../src/temporal/notifications';
import { junos } from '../activities/fakes/values';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { timeSkippingServer } from '../servers/timeSkipping';
import { entry } from '../store/journalEntry';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhookReceiver';
import { workflowBundle } from '../workflows/workflowBundle';

const server = timeSkippingServer();
const suite = 'path' in server ? describe : describe.skip;
const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HOUR_MS = 3_600_000;
const QUEUE = 'notifications-over-days';

/** The schedule as it is in the product, on a server whose clock skips what nobody waits for. */
suite('the recommended schedule, time-skipped', () => {
  let environment: TestWorkflowEnvironment;
  let receiver: WebhookReceiver;
  let world: FakeWorld;
  let worker: Worker;
  let ended: Promise<void>;
  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    });
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: 'path' in server ? server.path : '' } },
    });
    receiver = await startWebhookReceiver(`whsec_${KEY}`);
    world = fakeWorld({}, junos(1));
    const rules = { allowPrivate: true, allowHttp: true };
    const to = { target: readTarget(receiver.url, rules), rules, keys: [new Secret(KEY, 'KEY')], timeoutMs: 5_000 };
    worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: QUEUE,
      workflowBundle: await workflowBundle(require.resolve('../../src/workflows')),
      activities: createNotificationActivities({
        ...world,
        endpoints: new Map([['ops', (message) => sendWebhook(to, message)]]),
        schedule: { pauses: RECOMMENDED_PAUSES_SECONDS.map((pause) => pause * 1_000), jitter: 0.1 },
      }),
    });
    ended = worker.run();
    const ops = { id: 'ops', origin: receiver.url, format: 'standard' as const, types: NOTIFICATION_TYPES };
    await world.store.notifications.register([ops], new Date());
  }, 240_000);
  afterAll(async () => {
    worker.shutdown();
    await ended;
    await receiver.close();
    await environment.teardown();
  });

  let lastTryAt = 0;
  /** A receiver that is down until then. */
  const downUntil = (back: number) => async (): Promise<number | 'down'> => {
    lastTryAt = await environment.currentTimeMs();
    return lastTryAt < back ? 'down' : 204;
  };

  /** Starts the deliveries of so many new notifications and waits until each has ended. @returns hours to the last try. */
  async function deliver(count: number): Promise<number> {
    const { journal, notifications } = world.store;
    await journal.append(Array.from({ length: count }, () => entry(junos(1))));
    await notifications.spread(1_000);
    const keys = await notifications.next('ops', 1_000, new Date());
    const begin = await environment.currentTimeMs();
    const { deliver: start } = createNotificationDeliveries(environment.client, QUEUE);
    for (const key of keys) await start(key);
    // One after the other: several waits at once unlock the clock of this server more often than it can bear.
    for (const key of keys) await environment.client.workflow.getHandle(notificationWorkflowId(key)).result();
    return (lastTryAt - begin) / HOUR_MS;
  }

  it('a receiver that is down for three hours loses nothing and gets nothing twice', async () => {
    receiver.answer = downUntil((await environment.currentTimeMs()) + 3 * HOUR_MS);
    const hours = await deliver(20);
    const { rows } = world.store.notifications;
    expect(rows.map(({ state }) => state)).toEqual(Array<string>(20).fill('delivered'));
    // At once, and after 5 s, 5 min, 35 min and 2 h 35 min it was down.
    expect(rows.map(({ attempts }) => attempts)).toEqual(Array<number>(20).fill(6));
    expect(hours).toBeGreaterThan(6.5);
    expect(hours).toBeLessThan(8.5);
    expect(receiver.refused).toEqual([]);
    expect(receiver.taken.map(({ id }) => id).sort()).toEqual(rows.map(({ messageId }) => messageId).sort());
  });

  it('one that never comes back is given up after three days, and no sooner', async () => {
    receiver.answer = downUntil(Infinity);
    const hours = await deliver(1);
    const row = world.store.notifications.rows.at(-1);
    expect([row?.state, row?.attempts]).toEqual(['failed', RECOMMENDED_PAUSES_SECONDS.length + 1]);
    expect(hours).toBeGreaterThan(68);
    expect(hours).toBeLessThan(84);
  });
});
