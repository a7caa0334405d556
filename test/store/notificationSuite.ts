import { NOTIFICATION_TYPES, type NotificationType } from '../../src/domain/notifications/announcement';
import type { DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { DeliveryKey } from '../../src/store/notifications';
import type { Store } from '../../src/store/store';
import { statement } from '../activities/fakes/values';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';

/** What every engine must do for notifications. */
export function notificationSuite(open: () => Store): void {
  describe('notifications', () => {
    suite(open);
  });
}

function suite(open: () => Store): void {
  const at = (seconds: number): Date => new Date(Date.parse('2031-06-01T00:00:00.000Z') + seconds * 1_000);
  const port = parsePortName('ge-0/0/1.0');
  const failed = (nextInMs?: number) => ({
    ...{ kind: 'failed' as const, status: 503, error: 'notification-refused: 503' },
    ...(nextInMs === undefined ? {} : { nextInMs }),
  });

  const endpoint = (
    id: string,
    devices?: readonly DeviceId[],
    types: readonly NotificationType[] = NOTIFICATION_TYPES,
  ) => ({
    ...{ id, origin: `https://${id}.example.com`, format: 'standard' as const, types },
    ...(devices === undefined ? {} : { devices }),
  });
  const register = (...endpoints: readonly ReturnType<typeof endpoint>[]): Promise<void> =>
    open().notifications.register(endpoints, at(0));
  afterEach(() => register());

  /** Gives everything new its deliveries; those of an endpoint, oldest first. */
  async function spread(id: string) {
    await open().notifications.spread(1_000);
    return [...(await open().notifications.list({ endpoint: id, limit: 100 }))].reverse();
  }

  /** The next delivery of an endpoint, begun. */
  async function begin(id: string, seconds: number): Promise<DeliveryKey> {
    const { notifications } = open();
    const [key] = await notifications.next(id, 1, at(seconds));
    if (key === undefined) throw new Error(`${id} has nothing to be begun`);
    await notifications.begun(key, at(seconds));
    return key;
  }

  it('are written with the facts that they tell of, for those who want them', async () => {
    const { journal, alarms, drift, notifications } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    await register(endpoint('a1', [one]), endpoint('a2', [one, two], ['port.failed', 'alarm.cleared']));
    const [id] = await journal.append([
      entry(one, { summary: 'odd \u0000 \ud800' }),
      entry(one, { status: 'unchanged' }),
      entry(one, { status: 'skipped' }),
      entry(two, { status: 'failed' }),
    ]);
    const alarm = { id: 'parked' as const, device: one, port, since: at(0).toISOString(), text: 'x' };
    const none = { isUnknown: () => true, unread: [] };
    await alarms.reconcile({ ...none, found: [alarm] }, at(1));
    await alarms.reconcile({ ...none, found: [alarm] }, at(2));
    await alarms.reconcile({ unread: [], found: [], isUnknown: (open_) => open_.device !== one }, at(3));
    const drifted = {
      ...{ device: one, port, names: [port], action: 'reported' as const },
      statements: [{ change: 'extra' as const, statement: statement('10.0.48.9'), firstSeen: at(4).toISOString() }],
      ...{ firstSeen: at(4).toISOString(), lastSeen: at(4).toISOString() },
    };
    await drift.record([drifted]);
    await drift.record([{ ...drifted, lastSeen: at(5).toISOString() }]);
    const first = await spread('a1');
    expect(first.map(({ type }) => type)).toEqual(['port.applied', 'alarm.raised', 'alarm.cleared', 'drift.found']);
    expect(first[0]).toMatchObject({ device: one, port, text: 'odd \ufffd \ufffd', state: 'queued', attempts: 0 });
    expect((await notifications.get(first[0]?.id ?? ''))?.data).toMatchObject({
      journalId: id,
      added: [expect.any(String)],
    });
    const second = await spread('a2');
    expect(second.map(({ type, device }) => [type, device])).toEqual([
      ['port.failed', two],
      ['alarm.cleared', one],
    ]);
    expect(second[1]?.messageId).toBe(first[2]?.messageId);
    expect(await notifications.spread(1_000)).toBe(0);
  });

  it('of a policy are written when its end is announced, once', async () => {
    const { policies } = open();
    const device = freshDevice();
    await register(endpoint('b1', [device]));
    const now = new Date();
    const policy = {
      ...{ scope: { kind: 'port' as const, device, port }, portSecurity: 'off' as const },
      ...{ author: 'ada', reason: 'a test', expiresAt: new Date(now.getTime() + 600_000).toISOString() },
    };
    await policies.change({ change: 'set', policy }, { at: now, workflowId: 'w', entries: () => [] });
    await policies.announce(now);
    await policies.announce(now);
    expect(await spread('b1')).toMatchObject([{ type: 'policy.expiring', device, port }]);
  });

  it('are not written where the fact is not', async () => {
    const { journal } = open();
    const device = freshDevice();
    await register(endpoint('c1', [device]));
    const broken = { ...entry(device), status: null as unknown as 'applied' };
    await expect(journal.append([entry(device), broken])).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await spread('c1')).toEqual([]);
  });

  it('wait for their turn, are tried, and are tried again until they were taken or given up', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('d1', [device]));
    await journal.append([entry(device), entry(device)]);
    await spread('d1');
    const [first, second] = await notifications.next('d1', 10, at(10));
    if (first === undefined || second === undefined) throw new Error('there should be two');
    await notifications.begun(first, at(10));
    expect(await notifications.loads(at(10))).toMatchObject([{ id: 'd1', active: 1, waiting: 0, isFailing: false }]);
    expect(await notifications.open(first)).toMatchObject({
      ...{ ...first, endpoint: 'd1', format: 'standard', scheduled: 0, woken: false, isDisabled: false },
      announcement: { type: 'port.applied', device },
    });
    await notifications.tried(first, failed(5_000), at(11));
    expect(await notifications.loads(at(12))).toEqual([
      {
        id: 'd1',
        format: 'standard',
        active: 0,
        waiting: 1,
        isDisabled: false,
        isFailing: true,
        lastTryAt: at(11).getTime(),
      },
    ]);
    expect((await notifications.loads(at(17)))[0]).toMatchObject({ active: 1, waiting: 0 });
    expect(await notifications.get(first.id)).toMatchObject({
      ...{ state: 'sending', attempts: 1, lastStatus: 503, nextAttemptAt: at(16).toISOString() },
    });
    expect(await notifications.endpoints()).toMatchObject([
      { id: 'd1', queued: 1, sending: 1, failingSince: at(11).toISOString(), lastError: 'notification-refused: 503' },
    ]);
    await notifications.tried(first, failed(), at(20));
    await notifications.tried(second, { kind: 'delivered', status: 204 }, at(21));
    expect(await notifications.get(first.id)).toMatchObject({
      state: 'failed',
      attempts: 2,
      endedAt: at(20).toISOString(),
    });
    expect(await notifications.get(second.id)).toMatchObject({ state: 'delivered', lastStatus: 204 });
    expect(await notifications.open(second)).toBeUndefined();
    await notifications.tried(second, failed(), at(22));
    expect(await notifications.get(second.id)).toMatchObject({ state: 'delivered' });
    const [state] = await notifications.endpoints();
    expect(state).toMatchObject({ failed: 1, queued: 0, sending: 0, lastSuccessAt: at(21).toISOString() });
    expect(state?.failingSince).toBeUndefined();
  });

  it('that waited are tried before their time once the endpoint takes something, and use nothing of the schedule up', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('e1', [device]));
    await journal.append([entry(device), entry(device)]);
    await spread('e1');
    const waits = await begin('e1', 10);
    await notifications.tried(waits, failed(7_200_000), at(11));
    const next = await begin('e1', 12);
    expect(next.id).not.toBe(waits.id);
    await notifications.tried(next, { kind: 'delivered', status: 200 }, at(13));
    expect(await notifications.next('e1', 10, at(14))).toEqual([waits]);
    expect(await notifications.open(waits)).toMatchObject({ woken: true, scheduled: 1 });
    await notifications.tried(waits, failed(7_200_000), at(15));
    expect(await notifications.open(waits)).toMatchObject({ woken: false, scheduled: 1 });
    expect(await notifications.next('e1', 10, at(16))).toEqual([]);
  });

  it('are held while their endpoint wants nothing, and a test that succeeds has it used again', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('f1', [device]));
    await journal.append([entry(device)]);
    await spread('f1');
    const key = await begin('f1', 10);
    await notifications.tried(key, { kind: 'held', status: 410, error: 'notification-refused: 410' }, at(11));
    expect(await notifications.open(key)).toBeUndefined();
    const again = { ...key, round: 1 };
    expect(await notifications.open(again)).toMatchObject({ isDisabled: true, scheduled: 0 });
    expect(await notifications.loads(at(12))).toMatchObject([{ isDisabled: true }]);
    expect(await notifications.endpoints()).toMatchObject([{ disabledAt: at(11).toISOString(), queued: 1 }]);
    expect(await notifications.test('f9', at(13))).toBeUndefined();
    const test = await notifications.test('f1', at(13));
    expect(test).toMatchObject({ type: 'notification.test', state: 'queued' });
    const [testKey] = await notifications.tests(5);
    if (testKey === undefined) throw new Error('there should be a test');
    expect(testKey.id).toBe(test?.id);
    expect(await notifications.open(testKey)).toMatchObject({ isTest: true, isDisabled: false });
    await notifications.begun(testKey, at(13));
    expect(await notifications.tests(5)).toEqual([]);
    await notifications.tried(testKey, { kind: 'delivered', status: 200 }, at(14));
    expect(await notifications.open(again)).toMatchObject({ isDisabled: false });
    expect(await notifications.next('f1', 5, at(15))).toEqual([again]);
  });

  it('of which nothing is heard are found', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('g1', [device]));
    await journal.append([entry(device), entry(device)]);
    await spread('g1');
    const [lost, waits] = [await begin('g1', 100), await begin('g1', 100)];
    await notifications.tried(waits, failed(5_000_000), at(101));
    expect(await notifications.overdue(at(100), 5)).toEqual([]);
    expect(await notifications.overdue(at(101), 5)).toEqual([lost]);
    expect(await notifications.overdue(at(5_200), 5)).toEqual([lost, waits]);
    await notifications.begun(lost, at(5_200));
    expect(await notifications.overdue(at(5_200), 5)).toEqual([waits]);
  });

  it('are sent again by a person’s word, under the same id, once they have ended', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('h1', [device]));
    await journal.append([entry(device), entry(device), entry(device)]);
    await spread('h1');
    const [one, two, three] = [await begin('h1', 10), await begin('h1', 10), await begin('h1', 10)];
    for (const key of [one, two]) await notifications.tried(key, failed(), at(11));
    const before = await notifications.get(one.id);
    expect(await notifications.replay(three.id, at(12))).toBe('under-way');
    expect(await notifications.replay('999999999', at(12))).toBeUndefined();
    expect(await notifications.replay('x', at(12))).toBeUndefined();
    expect(await notifications.replay(one.id, at(12))).toMatchObject({
      ...{ state: 'queued', round: 1, attempts: 0, messageId: before?.messageId },
    });
    expect(await notifications.open(one)).toBeUndefined();
    expect(await notifications.replayFailed({ since: at(12) }, 10, at(13))).toBe(0);
    expect(await notifications.replayFailed({ since: at(11), endpoint: 'h2' }, 10, at(13))).toBe(0);
    expect(await notifications.replayFailed({ since: at(11), endpoint: 'h1' }, 10, at(13))).toBe(1);
    expect(await notifications.next('h1', 5, at(14))).toEqual([
      { ...one, round: 1 },
      { ...two, round: 1 },
    ]);
  });

  it('are listed by state, endpoint, type, device and time, newest first and page by page', async () => {
    const { journal, notifications } = open();
    const [one, two] = [freshDevice(), freshDevice()];
    await register(endpoint('i1', [one, two]));
    await journal.append([entry(one), entry(two, { status: 'failed' })]);
    const [older, newer] = (await spread('i1')).map(({ id }) => id);
    const list = async (filter: object): Promise<readonly string[]> =>
      (await notifications.list({ endpoint: 'i1', limit: 10, ...filter })).map(({ id }) => id);
    expect(await list({})).toEqual([newer, older]);
    expect(await list({ limit: 1 })).toEqual([newer]);
    expect(await list({ before: newer })).toEqual([older]);
    expect(await list({ type: 'port.failed' })).toEqual([newer]);
    expect(await list({ devices: [one] })).toEqual([older]);
    expect(await list({ state: 'delivered' })).toEqual([]);
    expect(await list({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  });

  it('of an endpoint that is no longer configured are given up; one that is elsewhere is tried anew', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('j1', [device]), endpoint('j2', [device]));
    await journal.append([entry(device)]);
    const [gone] = await spread('j1');
    const key = await begin('j2', 10);
    await notifications.tried(key, { kind: 'held', status: 410, error: 'gone' }, at(11));
    await register(endpoint('j2', [device]));
    expect(await notifications.endpoints()).toMatchObject([{ id: 'j2', disabledAt: at(11).toISOString() }]);
    expect(await notifications.get(gone?.id ?? '')).toMatchObject({
      ...{ state: 'failed', lastError: expect.stringContaining('no longer configured') as unknown },
    });
    expect(await notifications.replayFailed({ since: at(-1), endpoint: 'j1' }, 10, at(12))).toBe(0);
    await register({ ...endpoint('j2', [device]), origin: 'https://elsewhere.example.com' });
    const [moved] = await notifications.endpoints();
    expect(moved?.disabledAt).toBeUndefined();
    expect(await notifications.next('j2', 5, at(13))).toEqual([{ ...key, round: 1 }]);
  });

  it('are forgotten when they have ended long ago; what waits too long is given up first', async () => {
    const { journal, notifications } = open();
    const device = freshDevice();
    await register(endpoint('k1', [device]), endpoint('k2', [device], ['port.applied']));
    await journal.append([entry(device), entry(device, { status: 'failed' })]);
    const [both] = await spread('k1');
    const key = await begin('k1', 10);
    await notifications.tried(key, { kind: 'delivered', status: 200 }, new Date(Date.now() - 1_000));
    await notifications.forget(new Date(Date.now() - 60_000), 1_000);
    expect(await notifications.get(both?.id ?? '')).toMatchObject({ state: 'delivered' });
    // The other endpoint's delivery of it still waits.
    await notifications.forget(new Date(Date.now() + 60_000), 1_000);
    const left = await notifications.list({ endpoint: 'k2', limit: 5 });
    expect(left).toEqual([]);
    expect(await notifications.list({ endpoint: 'k1', limit: 5 })).toEqual([]);
  });
}
