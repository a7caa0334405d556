import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { PanelReader } from '../../../src/clients/tenantos/reader';
import { UnreadableValue } from '../../../src/clients/tenantos/unreadableValue';

/** How a list is read that is far larger than what is kept of it. */

let server: Server;
let answer: (response: ServerResponse) => void;
let reader: PanelReader;

beforeEach(async () => {
  server = createServer((_, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  reader = new PanelReader({
    ...{ url: `http://127.0.0.1:${port}`, apiKey: 'key', concurrency: 2, timeoutMs: 5_000 },
    maxAnswerBytes: 100_000,
  });
});

afterEach(async () => {
  reader.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const never = (): AbortSignal => new AbortController().signal;
const list = (map: (entry: unknown) => unknown = (entry) => entry, signal = never()): Promise<readonly unknown[]> =>
  reader.list('/things', map, signal);

function say(text: string | Buffer, { status = 200, headers = {} } = {}): void {
  answer = (response) => {
    response.writeHead(status, headers).end(text);
  };
}

test('entries are mapped while the answer still arrives', async () => {
  const mapped = new Promise<unknown>((resolve) => {
    answer = (response) => {
      response.writeHead(200).write('{"success":true,"result":[{"id":1},{"id"');
      void first.then((entry) => {
        response.end(':2}]}');
        resolve(entry);
      });
    };
  });
  let taken: (entry: unknown) => void = () => undefined;
  const first = new Promise<unknown>((resolve) => (taken = resolve));
  const ids = await list((entry) => {
    taken(entry);
    return (entry as { readonly id: number }).id;
  });
  expect([await mapped, ids]).toEqual([{ id: 1 }, [1, 2]]);
});

test('a letter that is cut between two pieces is one letter, and a compressed answer is one', async () => {
  const text = Buffer.from('{"result":[{"name":"Zürich – Nord"}]}');
  for (let at = 1; at < text.length; at += 1) {
    answer = (response) => {
      response.writeHead(200).write(text.subarray(0, at));
      setImmediate(() => response.end(text.subarray(at)));
    };
    if (at % 7 === 0 || (text[at] ?? 0) > 127) expect(await list()).toEqual([{ name: 'Zürich – Nord' }]);
  }
  say(gzipSync(text), { headers: { 'content-encoding': 'gzip' } });
  expect(await list()).toEqual([{ name: 'Zürich – Nord' }]);
});

test('a list of PHP with gaps is one; an object with other names is none', async () => {
  say('{"result":{"0":{"id":1},"7":{"id":2}}}');
  expect(await list()).toEqual([{ id: 1 }, { id: 2 }]);
  for (const result of ['{"id":{"id":1}}', 'null', '"[]"', '7']) {
    say(`{"result":${result}}`);
    await expect(list()).rejects.toMatchObject({ code: 'panel-invalid-answer', message: /result/ });
  }
});

test.each([
  ['no JSON', 'Bad gateway', 'not a JSON object'],
  ['half of it', '{"result":[{"id":1}', 'not a JSON object'],
  ['without a result', '{"success":true}', 'result is missing'],
  ['larger than allowed', `{"result":["${'x'.repeat(200_000)}"]}`, 'larger than the limit'],
  ['of very many objects', `{"result":[${'[],'.repeat(20_000)}[]]}`, 'objects and arrays'],
])('an answer that is %s is invalid', async (_, text, message) => {
  say(text);
  await expect(list()).rejects.toMatchObject({
    code: 'panel-invalid-answer',
    message: expect.stringContaining(message) as string,
  });
});

test('an entry that cannot be understood is named', async () => {
  say('{"result":[{"id":1},{"id":"x"}]}');
  const map = ({ id }: { readonly id?: unknown }): unknown => {
    if (typeof id !== 'number') throw new UnreadableValue('id', 'must be a number');
    return id;
  };
  await expect(list((entry) => map(entry as object))).rejects.toMatchObject({
    code: 'panel-invalid-answer',
    message: expect.stringContaining('result.1.id: must be a number') as string,
  });
});

test.each([
  [401, 'panel-unauthorized'],
  [403, 'panel-forbidden'],
  [404, 'panel-invalid-answer'],
  [429, 'panel-throttled'],
  [503, 'panel-failed'],
])('%d says what is wrong, however long its page is', async (status, code) => {
  for (const page of ['{"message":"no"}', 'x'.repeat(90_000)]) {
    say(page, { status });
    await expect(list()).rejects.toMatchObject({ code });
  }
});

test('a connection that ends within the list, an answer that does not come, and a caller who leaves', async () => {
  answer = (response) => {
    response.writeHead(200).write('{"result":[{"id":1},');
    setTimeout(() => response.destroy(), 50);
  };
  await expect(list()).rejects.toMatchObject({ code: 'panel-unreachable' });
  answer = (response) => void response.writeHead(200).write('{"result":[{"id":1},');
  const impatient = new PanelReader({
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'key' },
    ...{ concurrency: 2, timeoutMs: 200 },
  });
  await expect(impatient.list('/things', (entry) => entry, never())).rejects.toMatchObject({
    code: 'panel-unreachable',
    message: expect.stringContaining('no complete answer within 0.2 s') as string,
  });
  impatient.close();
  const gone = new AbortController();
  const left = list(undefined, gone.signal);
  setTimeout(() => {
    gone.abort(new Error('nobody waits'));
  }, 50);
  await expect(left).rejects.toThrow('nobody waits');
});
