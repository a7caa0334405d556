import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { listenApi, type ListeningApi } from '../../src/api/listen';
import { EVENT, startApi, TOKEN, type ApiUnderTest } from './apiUnderTest';

/** A connection by hand, with everything that came on it so far. */
class Connection {
  received = '';
  readonly closed: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async open(url: string): Promise<Connection> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Resolves once what was received fits. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.received)) {
      if (this.socket.destroyed) throw new Error(`closed after ${JSON.stringify(this.received)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const head = (...lines: readonly string[]): string =>
  [
    'POST /api/port-security/event HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');
const refusal = /^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*"code":"payload-too-large"[\s\S]*\}\}$/;

describe('a body that is too large', () => {
  let under: ApiUnderTest;
  beforeEach(async () => {
    under = await startApi();
  });
  afterEach(() => under.api.close());

  test('is refused by its announced length, before any of it is sent', async () => {
    const caller = await Connection.open(under.api.url);
    caller.socket.write(head('Content-Length: 1000000000'));
    await caller.until(refusal);
    caller.socket.end();
    await caller.closed;
  });

  test('is not asked for by a caller that waits for 100 Continue, while one that fits is', async () => {
    const large = await Connection.open(under.api.url);
    large.socket.write(head('Content-Length: 1000000000', 'Expect: 100-continue'));
    await large.until(refusal);
    const body = JSON.stringify(EVENT);
    const small = await Connection.open(under.api.url);
    small.socket.write(head(`Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close'));
    await small.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    small.socket.write(body);
    await small.closed;
    expect(small.received).toContain('HTTP/1.1 202 ');
    large.socket.destroy();
  });

  test('is refused as soon as it grows over the limit when no length was announced', async () => {
    const caller = await Connection.open(under.api.url);
    caller.socket.write(head('Transfer-Encoding: chunked'));
    for (let sent = 0; sent < 5; sent += 1) caller.socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
    await caller.until(refusal);
    caller.socket.end();
    await caller.closed;
  });

  test('is refused with an answer that a caller gets who sends all of it first', async () => {
    const statuses = await Promise.all(
      Array.from(
        { length: 8 },
        async () => (await under.postEvent({ ...EVENT, pad: 'x'.repeat(4 * 1024 * 1024) })).status,
      ),
    );
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 413));
  });

  test('ends the connection of a caller that never stops sending', async () => {
    const caller = await Connection.open(under.api.url);
    caller.socket.write(head('Content-Length: 1000000000'));
    const more = (): void => {
      while (!caller.socket.destroyed && caller.socket.write('x'.repeat(65_536)));
    };
    caller.socket.on('drain', more);
    more();
    await caller.closed;
    expect((await under.postEvent(EVENT)).status).toBe(202);
  });
});

test('a body that is cut short, or is no UTF-8, starts nothing', async () => {
  const under = await startApi();
  const caller = await Connection.open(under.api.url);
  caller.socket.write(`${head('Content-Length: 100')}{"action":`);
  caller.socket.end();
  await caller.closed;
  const response = await fetch(`${under.api.url}/api/port-security/event`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
    body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  });
  expect(response.status).toBe(400);
  expect(under.events.started).toEqual([]);
  await under.api.close();
});

describe('connections', () => {
  let api: ListeningApi | undefined;
  afterEach(() => api?.close());
  const start = async (options: { maxConnections?: number; headersWithinMs?: number }): Promise<ListeningApi> => {
    api = await listenApi((_request, response) => response.end('ok'), { host: '127.0.0.1', port: 0, ...options });
    return api;
  };
  const used = async (url: string): Promise<Connection> => {
    const connection = await Connection.open(url);
    connection.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.until(/\r\n\r\nok$/);
    return connection;
  };

  test('that wait for nothing make room for new ones', async () => {
    const { url } = await start({ maxConnections: 20 });
    const idle: Connection[] = [];
    for (let i = 0; i < 60; i += 1) idle.push(await used(url));
    expect(idle.filter(({ socket }) => !socket.destroyed).length).toBeLessThanOrEqual(20);
    for (const { socket } of idle) socket.destroy();
  });

  test('are never more than the limit, and one that is refused is closed', async () => {
    const { url } = await start({ maxConnections: 10 });
    const open: Connection[] = [];
    for (let i = 0; i < 10; i += 1) open.push(await Connection.open(url));
    const tooMany = await Connection.open(url);
    await tooMany.closed;
    expect(tooMany.received).toBe('');
    for (const { socket } of open) socket.destroy();
    await Promise.all(open.map(({ closed }) => closed));
    expect((await used(url)).received).toContain('200 OK');
  });

  test('that say nothing, or never end the head of their request, are closed', async () => {
    const { url } = await start({ headersWithinMs: 200 });
    const silent = await Connection.open(url);
    const slow = await Connection.open(url);
    slow.socket.write('GET / HTTP/1.1\r\nX-Slow: ');
    await Promise.all([silent.closed, slow.closed]);
    expect((await used(url)).received).toContain('200 OK');
  });
});
