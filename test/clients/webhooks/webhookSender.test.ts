import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { makeIdentity } from '../../../lab/proxmox/certificates';
import type { ResolveAll } from '../../../src/clients/webhooks/guardedLookup';
import { sendWebhook, type WebhookTarget } from '../../../src/clients/webhooks/webhookSender';
import { readTarget } from '../../../src/domain/notifications/target';
import { Secret } from '../../../src/primitives/secret';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const RULES = { allowPrivate: true, allowHttp: true };
const BODY = '{"type":"port.applied","timestamp":"2026-11-30T12:00:00.000Z","data":{"text":"ä€"}}';

interface Got {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly url: string;
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const got: Got[] = [];
beforeEach(() => void got.splice(0));

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function receiver(answer: (response: ServerResponse) => void): Promise<number> {
  return listen(createServer(taking(answer)));
}

function taking(answer: (response: ServerResponse) => void) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8'),
        url: request.url ?? '',
      });
      answer(response);
    });
  };
}

const target = (url: string, keys: readonly string[] = [KEY]): WebhookTarget => ({
  target: readTarget(url, RULES),
  rules: RULES,
  keys: keys.map((key) => new Secret(key, 'KEY')),
  timeoutMs: 2_000,
});
const send = (to: WebhookTarget) => sendWebhook(to, { id: 'msg_1', body: BODY });
const ok = (response: ServerResponse): void => void response.writeHead(204).end();

test('a message is verified by a foreign implementation, and not when a letter of it is another', async () => {
  const port = await receiver(ok);
  expect(await send(target(`http://127.0.0.1:${port}/in?x=1`))).toEqual({ kind: 'delivered', status: 204 });
  const [one] = got;
  if (one === undefined) throw new Error('nothing came');
  expect([one.url, one.body, one.headers['content-type']]).toEqual(['/in?x=1', BODY, 'application/json']);
  expect(new Webhook(`whsec_${KEY}`).verify(one.body, one.headers)).toEqual(JSON.parse(BODY));
  expect(() => new Webhook(`whsec_${KEY}`).verify(one.body.replace('applied', 'failed!'), one.headers)).toThrow();
  expect(() => new Webhook(`whsec_${OTHER}`).verify(one.body, one.headers)).toThrow();
  expect(() => new Webhook(`whsec_${KEY}`).verify(one.body, { ...one.headers, 'webhook-id': 'msg_2' })).toThrow();
});

test('while a secret is changed, receivers with the old one and with the new one verify it', async () => {
  const port = await receiver(ok);
  await send(target(`http://127.0.0.1:${port}/`, [OTHER, KEY]));
  const [one] = got;
  for (const key of [KEY, OTHER])
    expect(new Webhook(`whsec_${key}`).verify(one?.body ?? '', one?.headers ?? {})).toEqual(JSON.parse(BODY));
});

test('without a secret, as chats take them, there is no signature', async () => {
  const port = await receiver(ok);
  await send(target(`http://127.0.0.1:${port}/`, []));
  expect(got[0]?.headers['webhook-signature']).toBeUndefined();
  expect(got[0]?.headers['webhook-id']).toBe('msg_1');
});

test('an answer is read: its status, Retry-After, and a code where the body is one', async () => {
  const port = await receiver((response) => void response.writeHead(429, { 'Retry-After': '30' }).end('rate_limited'));
  expect(await send(target(`http://127.0.0.1:${port}/`))).toEqual({
    ...{ kind: 'failed', status: 429, retryAfterMs: 30_000 },
    error: 'notification-refused: The receiver answered with 429 (rate_limited)',
  });
  const chatty = await receiver((response) => void response.writeHead(500).end('<html>secret of the receiver</html>'));
  expect(await send(target(`http://127.0.0.1:${chatty}/`))).toEqual({
    ...{ kind: 'failed', status: 500, error: 'notification-refused: The receiver answered with 500' },
  });
});

test('a redirect is not followed', async () => {
  const elsewhere = await receiver(ok);
  const port = await receiver((response) => {
    response.writeHead(307, { Location: `http://127.0.0.1:${elsewhere}/` }).end();
  });
  expect(await send(target(`http://127.0.0.1:${port}/`))).toMatchObject({ kind: 'failed', status: 307 });
  expect(got).toHaveLength(1);
});

test('an answer without an end is taken by its status, one that does not come has failed', async () => {
  const endless = await receiver((response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      response.once('drain', more);
    };
    more();
  });
  expect(await send(target(`http://127.0.0.1:${endless}/`))).toEqual({ kind: 'delivered', status: 200 });
  const silent = await receiver(() => undefined);
  expect(await send({ ...target(`http://127.0.0.1:${silent}/`), timeoutMs: 200 })).toEqual({
    kind: 'failed',
    error: 'notification-unreachable: The receiver does not answer: no answer within 0.2 s',
  });
  expect(await send(target('http://127.0.0.1:1/'))).toEqual({
    kind: 'failed',
    error: 'notification-unreachable: The receiver does not answer: ECONNREFUSED',
  });
});

test('a name that leads to an address that must not be reached is not connected to, whatever it said before', async () => {
  const port = await receiver(ok);
  let times = 0;
  const rebinding: ResolveAll = (_host, _options, answer) => {
    times += 1;
    answer(null, [{ address: times === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
  };
  const to = target(`http://hooks.example.com:${port}/`);
  const message = { id: 'msg_1', body: BODY };
  expect(await sendWebhook(to, message, { resolve: rebinding })).toMatchObject({ kind: 'delivered' });
  expect(await sendWebhook(to, message, { resolve: rebinding })).toEqual({
    kind: 'failed',
    error:
      'notification-target-refused: The endpoint must not lead to a link-local, metadata, multicast or reserved address',
  });
  expect([got.length, times]).toEqual([1, 2]);
});

test('an address is judged although there is no name to look up', async () => {
  const port = await receiver(ok);
  const to = { ...target(`http://127.0.0.1:${port}/`), rules: { allowPrivate: false, allowHttp: true } };
  expect(await send(to)).toMatchObject({ kind: 'failed', error: expect.stringContaining('allowPrivate') as unknown });
  expect(got).toEqual([]);
});

test('a certificate is checked against the configured ones', async () => {
  const { key, cert, caPem: ca } = makeIdentity({ names: ['127.0.0.1'] });
  const port = await listen(createSecureServer({ key, cert }, taking(ok)));
  const to = target(`https://127.0.0.1:${port}/`);
  expect(await send(to)).toMatchObject({ kind: 'failed', error: expect.stringContaining('unreachable') as unknown });
  expect(await send({ ...to, ca })).toEqual({ kind: 'delivered', status: 204 });
});
