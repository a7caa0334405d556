import { testAnnouncement, type Announcement } from '../../../src/domain/notifications/announcement';
import type { Delivery, EndpointState } from '../../../src/domain/notifications/delivery';
import { wants, type NotificationFormat } from '../../../src/domain/notifications/endpoint';
import type { ConfiguredEndpoint, DeliveryKey, NotificationRepository } from '../../../src/store/notifications';

type Row = {
  -readonly [Key in keyof Delivery]: Delivery[Key];
} & { announcement: Announcement; scheduled: number; woken: boolean; isTest: boolean; begunAt?: string };

type Endpoint = ConfiguredEndpoint & {
  disabledAt?: string | undefined;
  failingSince?: string | undefined;
  recoveredAt?: string;
  lastError?: string | undefined;
  lastAttemptAt?: string;
  lastSuccessAt?: string;
};

/** Notifications in memory. */
export class MemoryNotifications implements NotificationRepository {
  readonly rows: Row[] = [];
  known: Endpoint[] = [];
  private announced: Announcement[] = [];
  private messages = 0;

  /** What a fact of the store is told of with. */
  announce(announcements: readonly (Announcement | undefined)[]): void {
    this.announced.push(...announcements.filter((one) => one !== undefined));
  }

  register: NotificationRepository['register'] = async (endpoints) => {
    this.known = endpoints.map((one) => ({ ...this.known.find(({ id }) => id === one.id), ...one }));
  };

  endpoints: NotificationRepository['endpoints'] = async () =>
    this.known.map(({ disabledAt, failingSince, lastError, ...one }): EndpointState => {
      const of = (state: string): number =>
        this.rows.filter((row) => row.endpoint === one.id && row.state === state).length;
      return {
        ...one,
        ...{ queued: of('queued'), sending: of('sending'), failed: of('failed') },
        ...(disabledAt === undefined ? {} : { disabledAt }),
        ...(failingSince === undefined ? {} : { failingSince }),
        ...(lastError === undefined ? {} : { lastError }),
      };
    });

  spread: NotificationRepository['spread'] = async (most) => {
    const taken = this.announced.splice(0, most);
    for (const one of taken) {
      const messageId = `msg_${(this.messages += 1)}`;
      for (const { id, ...filter } of this.known) if (wants(id, filter, one)) this.add(id, one, messageId);
    }
    return taken.length;
  };

  loads: NotificationRepository['loads'] = async (at) =>
    this.known.map(({ id, format, disabledAt, failingSince, lastAttemptAt }) => {
      const sending = this.rows.filter((row) => row.endpoint === id && row.state === 'sending');
      const active = sending.filter(
        ({ nextAttemptAt: next }) => next === undefined || Date.parse(next) <= at.getTime(),
      );
      return {
        ...{ id, format, active: active.length, waiting: sending.length - active.length },
        ...{ isDisabled: disabledAt !== undefined, isFailing: failingSince !== undefined },
        ...(lastAttemptAt === undefined ? {} : { lastTryAt: Date.parse(lastAttemptAt) }),
      };
    });

  next: NotificationRepository['next'] = async (endpoint, most, at) => {
    const { failingSince, recoveredAt = '' } = this.known.find(({ id }) => id === endpoint) ?? {};
    const own = this.rows.filter((row) => row.endpoint === endpoint);
    const waited = own.filter(
      ({ state, lastAttemptAt = '', nextAttemptAt = '' }) =>
        state === 'sending' &&
        failingSince === undefined &&
        lastAttemptAt < recoveredAt &&
        nextAttemptAt > at.toISOString(),
    );
    const woken = waited.slice(0, most);
    for (const row of woken) Object.assign(row, { woken: true, nextAttemptAt: at.toISOString() });
    return [...woken, ...own.filter(({ state }) => state === 'queued')].slice(0, most).map(keyOf);
  };

  /** One after the other: what is told together only the store knows. */
  nextGroup: NotificationRepository['nextGroup'] = async (endpoint, _times, at) =>
    (await this.next(endpoint, 1, at))[0];

  tests: NotificationRepository['tests'] = async (most) =>
    this.rows
      .filter(({ isTest, state }) => isTest && state === 'queued')
      .slice(0, most)
      .map(keyOf);

  overdue: NotificationRepository['overdue'] = async (before, most) =>
    this.rows
      .filter(({ state, begunAt = '', nextAttemptAt = '' }) => {
        const last = [begunAt, nextAttemptAt].sort()[1] ?? '';
        return state === 'sending' && last < before.toISOString();
      })
      .slice(0, most)
      .map(keyOf);

  begun: NotificationRepository['begun'] = async (key, at) => {
    const row = this.find(key);
    if (row !== undefined) Object.assign(row, { state: 'sending', begunAt: at.toISOString() });
  };

  open: NotificationRepository['open'] = async (key) => {
    const row = this.find(key);
    const endpoint = this.known.find(({ id }) => id === row?.endpoint);
    if (row === undefined || endpoint === undefined) return undefined;
    const { messageId, announcement, scheduled, woken, isTest } = row;
    const format: NotificationFormat = endpoint.format;
    const isDisabled = endpoint.disabledAt !== undefined && !isTest;
    return { ...key, endpoint: endpoint.id, format, messageId, announcement, scheduled, woken, isTest, isDisabled };
  };

  tried: NotificationRepository['tried'] = async (key, result, at) => {
    const row = this.find(key);
    const endpoint = this.known.find(({ id }) => id === row?.endpoint);
    if (row === undefined || endpoint === undefined) return;
    const now = at.toISOString();
    const wasWoken = row.woken;
    Object.assign(row, { woken: false, attempts: row.attempts + 1, lastAttemptAt: now });
    if (!wasWoken) row.scheduled += 1;
    if (result.status !== undefined) row.lastStatus = result.status;
    if (result.kind !== 'delivered' && result.error !== undefined) row.lastError = result.error;
    endpoint.lastAttemptAt = now;
    delete row.nextAttemptAt;
    if (result.kind === 'delivered') {
      Object.assign(row, { state: 'delivered', endedAt: now });
      if (endpoint.failingSince !== undefined || endpoint.disabledAt !== undefined) endpoint.recoveredAt = now;
      endpoint.failingSince = endpoint.disabledAt = endpoint.lastError = undefined;
      return;
    }
    endpoint.failingSince ??= now;
    endpoint.lastError = result.error;
    if (result.kind === 'held') {
      endpoint.disabledAt ??= now;
      Object.assign(row, { state: 'queued', round: row.round + 1, scheduled: 0 });
    } else if (result.nextInMs === undefined) Object.assign(row, { state: 'failed', endedAt: now });
    else
      Object.assign(row, { state: 'sending', nextAttemptAt: new Date(at.getTime() + result.nextInMs).toISOString() });
  };

  list: NotificationRepository['list'] = async ({ state, endpoint, type, devices, since, before, limit }) =>
    [...this.rows]
      .reverse()
      .filter(
        (row) =>
          (state ?? row.state) === row.state &&
          (endpoint ?? row.endpoint) === row.endpoint &&
          (type ?? row.type) === row.type &&
          (devices === undefined || (row.device !== undefined && devices.includes(row.device))) &&
          (since === undefined || Date.parse(row.at) >= since.getTime()) &&
          (before === undefined || Number(row.id) < Number(before)),
      )
      .slice(0, limit)
      .map(shown);

  get: NotificationRepository['get'] = async (id) => {
    const row = this.rows.find((one) => one.id === id);
    return row === undefined ? undefined : { ...shown(row), data: row.announcement.data };
  };

  replay: NotificationRepository['replay'] = async (id) => {
    const row = this.rows.find((one) => one.id === id);
    if (row === undefined) return undefined;
    if (row.state === 'queued' || row.state === 'sending') return 'under-way';
    again(row);
    return shown(row);
  };

  replayFailed: NotificationRepository['replayFailed'] = async ({ since, endpoint }, most) => {
    const failed = this.rows.filter(
      ({ state, endedAt = '', ...row }) =>
        state === 'failed' && endedAt >= since.toISOString() && (endpoint ?? row.endpoint) === row.endpoint,
    );
    for (const row of failed.slice(0, most)) again(row);
    return Math.min(failed.length, most);
  };

  test: NotificationRepository['test'] = async (endpoint, at) => {
    if (!this.known.some(({ id }) => id === endpoint)) return undefined;
    return shown(this.add(endpoint, testAnnouncement(endpoint, at.toISOString()), `msg_${(this.messages += 1)}`, true));
  };

  forget: NotificationRepository['forget'] = async () => 0;

  private add(endpoint: string, announcement: Announcement, messageId: string, isTest = false): Row {
    const { type, at, device, port, text } = announcement;
    const row: Row = {
      ...{ id: String(this.rows.length + 1), messageId, endpoint, type, at, text, announcement, isTest },
      ...(device === undefined ? {} : { device }),
      ...(port === undefined ? {} : { port }),
      ...{ state: 'queued', attempts: 0, scheduled: 0, woken: false, round: 0 },
    };
    this.rows.push(row);
    return row;
  }

  private find({ id, round }: DeliveryKey): Row | undefined {
    return this.rows.find(
      (row) => row.id === id && row.round === round && (row.state === 'queued' || row.state === 'sending'),
    );
  }
}

function keyOf({ id, round }: Row): DeliveryKey {
  return { id, round };
}

function again(row: Row): void {
  Object.assign(row, { state: 'queued', round: row.round + 1, attempts: 0, scheduled: 0 });
  delete row.endedAt;
}

/** The row without what only the store knows of it. */
function shown(row: Row): Delivery {
  const own = ['announcement', 'scheduled', 'woken', 'isTest', 'begunAt'];
  return Object.fromEntries(Object.entries(row).filter(([name]) => !own.includes(name))) as unknown as Delivery;
}
