import { openSession } from '../../../src/clients/netconf/openSession';
import type { NetconfSession, RpcClass, SessionOptions } from '../../../src/clients/netconf/session';
import { child } from '../../../src/clients/netconf/xml';
import { failure } from './failures';
import { answering, ED25519, fingerprintOf, HELLO, raw, ScriptedServer, type Script } from './scriptedServer';

const cleanups: (() => unknown)[] = [];

async function open(
  script: Script,
  changes: Partial<SessionOptions> = {},
): Promise<{ server: ScriptedServer; session: NetconfSession }> {
  const server = await ScriptedServer.start(script);
  cleanups.push(() => server.stop());
  const session = await openSession({
    host: '127.0.0.1',
    port: server.port,
    username: 'u',
    password: 'p',
    hostKeys: [fingerprintOf(ED25519)],
    timeouts: { connect: 10_000, ordinary: 5_000, load: 5_000, commit: 5_000 },
    ...changes,
  });
  cleanups.unshift(() => session.close());
  return { server, session };
}

function reply(id: string, content: string): string {
  return `<rpc-reply message-id="${id}">${content}</rpc-reply>]]>]]>`;
}

/** Does something at every request, and does not answer. */
function silently(act: () => unknown): ReturnType<typeof raw> {
  return raw(() => {
    act();
    return undefined;
  });
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('requests', () => {
  test('are wrapped in the NETCONF namespace and numbered', async () => {
    const { server, session } = await open({});
    await session.rpc('<get-config><source><running/></source></get-config>', 'ordinary');
    await session.rpc('<commit/>', 'commit');
    expect(server.received).toContain(
      '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="101"><get-config><source><running/></source></get-config></rpc>]]>]]>' +
        '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="102"><commit/></rpc>]]>]]>',
    );
  });

  test('are sent without waiting for answers, which are given in order', async () => {
    const asked: string[] = [];
    const { session } = await open({
      speak: (channel) =>
        raw((id) => {
          asked.push(id);
          if (asked.length === 3) for (const each of asked) channel.write(reply(each, `<x>${each}</x>`));
          return asked.length > 3 ? reply(id, '<ok/>') : undefined;
        })(channel),
    });
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => session.rpc(`<${name}/>`, 'ordinary')));
    expect(replies.map(({ root }) => child(root, 'x')?.text)).toEqual(['101', '102', '103']);
  });

  test('have their time from when the ones before are answered', async () => {
    const { session } = await open(
      {
        speak: (channel) =>
          raw((id) => {
            if (id === '103')
              for (const [index, each] of ['101', '102', '103'].entries())
                setTimeout(() => channel.write(reply(each, '<ok/>')), 700 * (index + 1));
            return id > '103' ? reply(id, '<ok/>') : undefined;
          })(channel),
      },
      { timeouts: { connect: 10_000, ordinary: 1_400, load: 1, commit: 1 } },
    );
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => session.rpc(`<${name}/>`, 'ordinary')));
    expect(replies).toHaveLength(3);
  });

  test('behind a commit or a check are sent when it is answered', async () => {
    const asked: string[] = [];
    const { session } = await open({
      speak: (channel) =>
        raw((id) => {
          asked.push(id);
          if (id === '102') setTimeout(() => channel.write(reply(id, `<x>${asked.length}</x>`)), 100);
          return id === '102' ? undefined : reply(id, '<ok/>');
        })(channel),
    });
    const [, commit] = await Promise.all([
      session.rpc('<load-configuration/>', 'load'),
      session.rpc('<commit-configuration/>', 'commit'),
      session.rpc('<get-configuration/>', 'ordinary'),
    ]);
    expect(child(commit.root, 'x')?.text).toBe('2');
    expect(asked).toEqual(['101', '102', '103']);
  });

  test('wait for the one before where the server is said to need that', async () => {
    let unanswered = 0;
    let most = 0;
    const { session } = await open(
      {
        speak: (channel) =>
          raw((id) => {
            unanswered += 1;
            most = Math.max(most, unanswered);
            setTimeout(() => {
              unanswered -= 1;
              channel.write(reply(id, '<ok/>'));
            }, 20);
            return undefined;
          })(channel),
      },
      { pipelining: false },
    );
    await Promise.all(['a', 'b', 'c'].map((name) => session.rpc(`<${name}/>`, 'ordinary')));
    expect(most).toBe(1);
  });

  test('are answered one after the other', async () => {
    const seen: string[] = [];
    const { session } = await open({
      speak: answering((request) => {
        const name = /<(\w+)\/><\/rpc>/.exec(request)?.[1] ?? '';
        seen.push(name);
        return `<${name}/>`;
      }),
    });
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => session.rpc(`<${name}/>`, 'ordinary')));
    expect(replies.map((reply) => reply.root.children[0]?.name)).toEqual(['a', 'b', 'c']);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('of a megabyte arrive whole', async () => {
    const value = 'ü'.repeat(500_000);
    const { server, session } = await open({});
    await session.rpc(`<x>${value}</x>`, 'load');
    expect(server.received.includes(`<x>${value}</x></rpc>`)).toBe(true);
  });
});

describe('replies', () => {
  test.each([
    ['without a message id', () => '<rpc-reply><x>1</x></rpc-reply>]]>]]>'],
    [
      'behind one for another request',
      (id: string) =>
        `<rpc-reply message-id="${Number(id) - 1}"><x>0</x></rpc-reply>]]>]]><rpc-reply message-id="${id}"><x>1</x></rpc-reply>]]>]]>`,
    ],
    [
      'behind a notification',
      (id: string) => `<notification/>]]>]]><rpc-reply message-id="${id}"><x>1</x></rpc-reply>]]>]]>`,
    ],
    ['behind white space', (id: string) => `\n\n]]>]]>\n<rpc-reply message-id="${id}"><x>1</x></rpc-reply>\n]]>]]>\n`],
    [
      'with comments around',
      (id: string) => `<!-- a --><rpc-reply message-id="${id}"><x>1</x></rpc-reply><!-- b -->]]>]]>`,
    ],
  ])('%s', async (_what, answer) => {
    const { session } = await open({ speak: raw(answer) });
    for (let round = 0; round < 3; round += 1) {
      expect(child((await session.rpc('<x/>', 'ordinary')).root, 'x')?.text).toBe('1');
    }
  });

  test('in pieces of one byte, UTF-8 and delimiter cut', async () => {
    const { session } = await open({
      speak: (channel) => {
        const pieces = {
          write: (text: string | Buffer) => [...Buffer.from(text)].every((byte) => channel.write(Buffer.from([byte]))),
        };
        raw((id) => {
          pieces.write(`<rpc-reply message-id="${id}"><x>Zürich 漢😀</x></rpc-reply>]]>]]>`);
          return undefined;
        })(channel);
      },
    });
    expect(child((await session.rpc('<x/>', 'ordinary')).root, 'x')?.text).toBe('Zürich 漢😀');
  });

  test('of exactly 4096 bytes, and around it', async () => {
    const { session } = await open({
      speak: raw((id, request) => {
        const size = Number(/<size>(\d+)/.exec(request)?.[1]);
        const frame = `<rpc-reply message-id="${id}"><x></x></rpc-reply>]]>]]>`;
        return frame.replace('<x>', `<x>${'y'.repeat(size - frame.length)}`);
      }),
    });
    for (const size of [4090, 4095, 4096, 4097, 4102]) {
      const reply = await session.rpc(`<size>${size}</size>`, 'ordinary');
      expect(reply.raw).toHaveLength(size - 6);
    }
  });

  test('of 10 MB', async () => {
    const one = '<interface><name>ge-0/0/1.0</name></interface>';
    const count = Math.ceil((10 * 1024 * 1024) / one.length);
    const { session } = await open(
      { speak: answering(() => one.repeat(count)) },
      { timeouts: { connect: 10_000, ordinary: 50_000, load: 1, commit: 1 } },
    );
    expect((await session.rpc('<x/>', 'ordinary')).root.children).toHaveLength(count);
  });

  test('that report errors are no exceptions', async () => {
    const { session } = await open({
      speak: answering(
        () =>
          '<rpc-error><error-severity>error</error-severity><error-message>syntax error</error-message></rpc-error>',
      ),
    });
    expect((await session.rpc('<x/>', 'load')).errors).toEqual([{ severity: 'error', message: 'syntax error' }]);
    expect((await session.rpc('<x/>', 'load')).errors).toHaveLength(1);
  });

  test('that are not well formed but known are mended and marked', async () => {
    const { session } = await open({
      speak: answering(() => '<routing-engine><name>re0</name><commit-success/><ok/>'),
    });
    expect(await session.rpc('<commit-configuration/>', 'commit')).toMatchObject({ mended: true, errors: [] });
  });

  test('nobody asked for are ignored', async () => {
    const { session } = await open({
      speak: (channel) => {
        answering(() => '<ok/>')(channel);
        channel.write('<notification/>]]>]]>junk]]>]]>');
      },
    });
    expect((await session.rpc('<x/>', 'ordinary')).errors).toEqual([]);
  });
});

describe('a request that gets no proper answer names its class', () => {
  const CLASSES: readonly RpcClass[] = ['ordinary', 'load', 'commit'];

  test.each(CLASSES)('%s: no answer in time', async (rpcClass) => {
    const timeouts = { connect: 10_000, ordinary: 60_000, load: 60_000, commit: 60_000, [rpcClass]: 200 };
    const { server, session } = await open({ speak: answering(() => undefined) }, { timeouts });
    const error = await failure(session.rpc('<commit-configuration/>', rpcClass));
    expect(error).toMatchObject({ code: 'device-timeout', details: { rpcClass, operation: 'commit-configuration' } });
    for (let round = 0; round < 200 && server.open > 0; round += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.open).toBe(0);
  });

  const cut: Script = { speak: (channel, server) => silently(() => server.cut())(channel) };
  const close: Script = { speak: (channel) => silently(() => channel.end())(channel) };
  const half: Script = {
    speak: (channel) =>
      raw(() => {
        channel.write('<rpc-reply><commit-results><routing-eng');
        channel.end();
        return undefined;
      })(channel),
  };
  test.each<[string, string, Script]>([
    ['the connection drops', 'device-unreachable', cut],
    ['the channel is closed', 'device-unreachable', close],
    ['the answer breaks off', 'device-unreachable', half],
    ['the answer is not XML', 'device-protocol', { speak: raw(() => 'Segmentation fault]]>]]>') }],
    ['the answer is broken XML', 'device-protocol', { speak: answering(() => '<commit-results><x></commit-results>') }],
  ])('%s: %s', async (_what, code, script) => {
    const { session } = await open(script);
    expect(await failure(session.rpc('<commit/>', 'commit'))).toMatchObject({
      code,
      details: { rpcClass: 'commit', operation: 'commit' },
    });
    const later = await failure(session.rpc('<commit/>', 'commit'));
    expect(later.details).toEqual({});
  });

  test('an abort', async () => {
    const abort = new AbortController();
    const asked: string[] = [];
    const { session } = await open(
      {
        speak: answering((request) => {
          asked.push(request);
          abort.abort(new Error('cancelled'));
          return undefined;
        }),
      },
      { signal: abort.signal },
    );
    const first = failure(session.rpc('<commit/>', 'commit'));
    const second = failure(session.rpc('<get/>', 'ordinary'));
    expect(await first).toMatchObject({ code: 'stale-attempt', details: { rpcClass: 'commit' } });
    expect(await second).toMatchObject({ code: 'stale-attempt', details: {} });
    expect(asked).toHaveLength(1);
  });

  test('destroy', async () => {
    const { session } = await open({ speak: answering(() => undefined) });
    const waiting = failure(session.rpc('<commit/>', 'commit'));
    await new Promise((resolve) => setImmediate(resolve));
    session.destroy();
    session.destroy();
    expect(await waiting).toMatchObject({ code: 'device-unreachable', details: { rpcClass: 'commit' } });
  });
});

describe('closing', () => {
  test('says close-session, once', async () => {
    const { server, session } = await open({});
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(server.received.match(/close-session/g)).toHaveLength(1);
    expect(await failure(session.rpc('<x/>', 'commit'))).toMatchObject({ code: 'device-unreachable', details: {} });
  });

  test.each<[string, Script]>([
    ['is silent', { speak: answering(() => undefined) }],
    ['closes at once', { speak: (channel) => silently(() => channel.end())(channel) }],
    ['drops the connection', { speak: (channel, server) => silently(() => server.cut())(channel) }],
    [
      'says goodbye in a comment',
      {
        speak: raw((id) => `<rpc-reply message-id="${id}"><ok/></rpc-reply>]]>]]><!-- session end at 2026-01-01 -->\n`),
      },
    ],
  ])('ends without an error when the device %s', async (_what, script) => {
    const { server, session } = await open(script, {
      timeouts: { connect: 10_000, ordinary: 300, load: 300, commit: 300 },
    });
    await session.close();
    for (let round = 0; round < 200 && server.open > 0; round += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.open).toBe(0);
  });

  test('while a request is on its way drops the connection', async () => {
    const { server, session } = await open({ speak: answering(() => undefined) });
    const waiting = failure(session.rpc('<commit/>', 'commit'));
    await new Promise((resolve) => setImmediate(resolve));
    await session.close();
    expect((await waiting).details).toMatchObject({ rpcClass: 'commit' });
    expect(server.received).not.toContain('close-session');
  });

  test('of a dropped session is nothing', async () => {
    const { server, session } = await open({});
    server.cut();
    await session.close();
  });
});

test('a device that offers base:1.1 is spoken to in chunks', async () => {
  const { server, session } = await open({
    speak: (channel) => {
      channel.write(
        HELLO.replace('<capability>', '<capability>urn:ietf:params:netconf:base:1.1</capability><capability>'),
      );
      channel.on('data', (chunk: Buffer) => {
        const id = /message-id="(\d+)"/.exec(chunk.toString())?.[1];
        if (id === undefined) return;
        const chunks = ['<rpc-reply ', `message-id="${id}"><o`, 'k/></rpc-reply>'];
        channel.write(`${chunks.map((text) => `\n#${text.length}\n${text}`).join('')}\n##\n`);
      });
    },
  });
  expect(session.facts.framing).toBe('chunked');
  expect((await session.rpc('<x/>', 'ordinary')).root.children[0]?.name).toBe('ok');
  expect(server.received).toMatch(/\n#\d+\n<rpc [^>]*><x\/><\/rpc>\n##\n$/);
});

describe('another session over the same connection', () => {
  test('is answered for itself, and its end is not that of the first', async () => {
    const { server, session } = await open({});
    const another = await session.another();
    expect((await another?.rpc('<x/>', 'ordinary'))?.errors).toEqual([]);
    await another?.close();
    expect((await session.rpc('<x/>', 'ordinary')).errors).toEqual([]);
    expect(server.attempts).toEqual(['none', 'password']);
  });

  test('that breaks off leaves the first as it is', async () => {
    let channels = 0;
    const { session } = await open({
      speak: (channel) => {
        channels += 1;
        const isFirst = channels === 1;
        (isFirst ? answering(() => '<ok/>') : silently(() => channel.end()))(channel);
      },
    });
    const another = await session.another();
    expect(await failure(another?.rpc('<x/>', 'ordinary') ?? Promise.resolve())).toMatchObject({
      code: 'device-unreachable',
    });
    expect((await session.rpc('<x/>', 'ordinary')).errors).toEqual([]);
  });

  test('ends with the connection', async () => {
    const { session } = await open({});
    const another = await session.another();
    session.destroy();
    expect(await failure(another?.rpc('<x/>', 'ordinary') ?? Promise.resolve())).toMatchObject({
      code: 'device-unreachable',
    });
  });

  test.each([
    ['zlib@openssh.com', 'cut'],
    ['zlib@openssh.com', 'hangUp'],
    ['none', 'cut'],
    ['none', 'hangUp'],
  ] as const)('ends with a connection (compression %s) that the device ends (%s)', async (compress, how) => {
    const { server, session } = await open({
      algorithms: { compress: [compress] },
      speak: raw((id, request) => (request.includes('<slow/>') ? undefined : reply(id, '<ok/>'))),
    });
    expect(session.facts.algorithms['compression']).toBe(compress);
    const another = await session.another();
    const waiting = [session, another].map((one) => failure(one?.rpc('<slow/>', 'ordinary') ?? Promise.resolve()));
    server[how]();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'device-unreachable' });
    await Promise.all([session.close(), another?.close()]);
  });

  test.each<[string, Script]>([
    ['refuses the channel', { session: 'reject' }],
    ['refuses NETCONF on it', { subsystem: 'reject', exec: 'reject' }],
    ['does not answer', { session: 'ignore' }],
  ])('is none when the device %s', async (_what, later) => {
    const script: { -readonly [Key in keyof Script]: Script[Key] } = {};
    const timeouts = { connect: 600, ordinary: 5_000, load: 5_000, commit: 5_000 };
    const { session } = await open(script, { timeouts });
    Object.assign(script, later);
    expect(await session.another()).toBeUndefined();
    expect((await session.rpc('<x/>', 'ordinary')).errors).toEqual([]);
  });
});

describe('login methods that are known', () => {
  test('are used without asking, and learned by asking', async () => {
    const first = await open({});
    expect(first.session.facts.loginMethods).toEqual(['password']);
    const second = await open({}, { loginMethods: first.session.facts.loginMethods });
    expect([first.server.attempts, second.server.attempts]).toEqual([['none', 'password'], ['password']]);
    expect(second.session.facts.loginMethods).toEqual(['password']);
  });

  test('and are no more cost a question', async () => {
    const { server, session } = await open(
      {
        authenticate: (context) => {
          if (context.method === 'keyboard-interactive') context.prompt(['Password: '], () => context.accept());
          else context.reject(['keyboard-interactive']);
        },
      },
      { loginMethods: ['password'] },
    );
    expect(server.attempts).toEqual(['password', 'keyboard-interactive']);
    expect(session.facts.loginMethods).toEqual(['keyboard-interactive']);
  });
});
