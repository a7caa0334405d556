import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';
import type { NotificationFormat } from '../../src/domain/notifications/endpoint';
import { parsePortName } from '../../src/domain/values/port';
import type { DeliveryKey, OpenDelivery, TryResult } from '../../src/store/notifications';
import type { Store } from '../../src/store/store';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';

/** What every engine must do for what is told to a chat together. */
export function notificationGroupSuite(open: () => Store): void {
  describe('notifications of a chat', () => {
    suite(open);
  });
}

const GATHER = { gatherMs: 5_000, pauseMs: 60_000 };
const DELIVERED: TryResult = { kind: 'delivered', status: 200 };
const failed = (nextInMs?: number): TryResult => ({
  ...{ kind: 'failed', status: 503, error: 'notification-refused: 503' },
  ...(nextInMs === undefined ? {} : { nextInMs }),
});

function suite(open: () => Store): void {
  /** Deliveries are queued by the store's own clock. */
  let started: number;
  /** Each test has a chat of its own. */
  let chat = '';
  let chats = 0;
  const at = (seconds: number): Date => new Date(started + seconds * 1_000);
  const register = (...formats: readonly (readonly [string, NotificationFormat])[]): Promise<void> =>
    open().notifications.register(
      formats.map(([id, format]) => ({ id, origin: `https://${id}.example.com`, format, types: NOTIFICATION_TYPES })),
      at(0),
    );
  beforeEach(async () => {
    started = Date.now();
    chat = `chat${(chats += 1)}`;
    await register([chat, 'slack']);
  });
  afterEach(() => register());

  /** So many ports were changed, and have their deliveries. */
  async function happen(count: number, status: 'applied' | 'failed' = 'applied'): Promise<void> {
    const device = freshDevice();
    const port = (n: number) => parsePortName(`ge-0/0/${n}.0`);
    const entries = Array.from({ length: count }, (_, n) => ({ ...entry(device, { status }), port: port(n) }));
    await open().journal.append(entries);
    while ((await open().notifications.spread(1_000)) === 1_000);
  }
  const next = (seconds: number): Promise<DeliveryKey | undefined> =>
    open().notifications.nextGroup(chat, GATHER, at(seconds));
  async function begun(seconds: number): Promise<OpenDelivery> {
    const { notifications } = open();
    const key = await next(seconds);
    if (key === undefined) throw new Error('nothing is to be told');
    await notifications.begun(key, at(seconds));
    const delivery = await notifications.open(key);
    if (delivery === undefined) throw new Error('nothing is to be tried');
    return delivery;
  }
  const tried = (delivery: OpenDelivery, result: TryResult, seconds: number): Promise<void> =>
    open().notifications.tried(delivery, result, at(seconds), delivery.group?.members);
  const states = async (endpoint = chat): Promise<Readonly<Record<string, number>>> => {
    const rows = await open().notifications.list({ endpoint, limit: 500 });
    const count: Record<string, number> = {};
    for (const { state } of rows) count[state] = (count[state] ?? 0) + 1;
    return count;
  };

  it('a hundred ports are one message, counted and with the first ones; a webhook beside it has each by itself', async () => {
    await register([chat, 'slack'], ['ops', 'standard']);
    await happen(100);
    await happen(3, 'failed');
    expect(await next(1)).toBeUndefined();
    const delivery = await begun(10);
    expect(delivery.group).toMatchObject({ counts: { 'port.applied': 100, 'port.failed': 3 } });
    expect(delivery.group?.members).toHaveLength(102);
    expect(delivery.group?.shown.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 10 }, () => 'port.applied'),
      ...Array.from({ length: 3 }, () => 'port.failed'),
    ]);
    expect([await next(200), await states()]).toEqual([undefined, { sending: 103 }]);
    const [load] = (await open().notifications.loads(at(11))).filter(({ id }) => id === chat);
    expect(load).toMatchObject({ format: 'slack', active: 1, waiting: 0 });
    await tried(delivery, DELIVERED, 12);
    expect(await states()).toEqual({ delivered: 103 });
    const others = await open().notifications.next('ops', 500, at(13));
    expect([others.length, await states('ops')]).toEqual([103, { queued: 103 }]);
    const [own] = others;
    expect(own && (await open().notifications.open(own))).not.toHaveProperty('group');
  });

  it('a thing by itself is a message of its own, seconds later; while many happen there is one in each pause', async () => {
    await happen(1);
    const alone = await begun(10);
    expect(alone).not.toHaveProperty('group');
    await tried(alone, DELIVERED, 10);
    await happen(1);
    await tried(await begun(11), DELIVERED, 11);
    await happen(2);
    await tried(await begun(20), DELIVERED, 20);
    await happen(2);
    expect(await next(79)).toBeUndefined();
    expect((await begun(80)).group?.members).toHaveLength(1);
  });

  it('what came into its company after it was read was not told, and is told with the next', async () => {
    await happen(2);
    const { notifications } = open();
    const key = await next(10);
    const early = key && (await notifications.open(key));
    // Its workflow was started and not marked: the next look takes it once more, and more with it.
    await happen(3);
    expect(await next(80)).toEqual(key);
    if (early === undefined) throw new Error('nothing is to be tried');
    await tried(early, DELIVERED, 81);
    expect(await states()).toEqual({ delivered: 2, queued: 3 });
    const rest = await begun(200);
    await tried(rest, DELIVERED, 200);
    expect(await states()).toEqual({ delivered: 5 });
  });

  it('a chat that is down loses nothing, and hears of all of it in one message when it is back', async () => {
    await happen(3);
    const first = await begun(10);
    await tried(first, failed(3_600_000), 10);
    expect(await states()).toEqual({ sending: 3 });
    await happen(2);
    const second = await begun(80);
    await tried(second, failed(3_600_000), 80);
    await happen(4);
    const third = await begun(150);
    expect(third.group?.members).toHaveLength(3);
    await tried(third, DELIVERED, 150);
    expect(await states()).toEqual({ sending: 5, delivered: 4 });
    const all = await begun(151);
    expect([all.woken, all.group?.members.length]).toEqual([true, 4]);
    // The workflow of the other message finds nothing more to do.
    expect(await open().notifications.open(second)).toBeUndefined();
    await tried(all, DELIVERED, 151);
    expect(await states()).toEqual({ delivered: 9 });
  });

  it('given up it is failed whole, and a replay tells of all of it in one message', async () => {
    await happen(3);
    await tried(await begun(10), failed(), 10);
    expect(await states()).toEqual({ failed: 3 });
    const { notifications } = open();
    expect(await notifications.replayFailed({ since: at(0), endpoint: chat }, 100, at(20))).toBe(3);
    const again = await begun(100);
    expect(again.group?.members).toHaveLength(2);
    await tried(again, DELIVERED, 100);
    expect(await states()).toEqual({ delivered: 3 });
  });

  it('one that wants nothing more has all of it wait, until a test succeeds', async () => {
    await happen(3);
    await tried(await begun(10), { kind: 'held', status: 410, error: 'notification-refused: 410' }, 10);
    expect(await states()).toEqual({ queued: 3 });
    const later = await begun(100);
    expect([later.isDisabled, later.group?.members.length]).toEqual([true, 2]);
    await tried(later, { kind: 'held' }, 100);
    expect(await states()).toEqual({ queued: 3 });
  });

  it('what goes with another has no workflow that could be missed, and is by itself when the endpoint is no chat any more', async () => {
    await happen(3);
    const delivery = await begun(10);
    await tried(delivery, failed(1_000), 10);
    expect(await open().notifications.overdue(at(10_000), 10)).toEqual([{ id: delivery.id, round: delivery.round }]);
    await register([chat, 'standard']);
    expect(await states()).toEqual({ sending: 1, queued: 2 });
    expect(await open().notifications.open(delivery)).not.toHaveProperty('group');
    expect(await open().notifications.next(chat, 10, at(10))).toHaveLength(2);
  });

  it('a test waits for nobody and takes nobody with it', async () => {
    const { notifications } = open();
    await happen(2);
    await notifications.test(chat, at(1));
    const tests = await notifications.tests(10);
    expect(tests).toHaveLength(1);
    expect((await begun(10)).group?.members).toHaveLength(1);
    const [own] = tests;
    expect(own && (await notifications.open(own))?.isTest).toBe(true);
  });
}
