import { getEventListeners } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { AuthContext } from 'ssh2';
import { PortwardenError } from '../../../src/domain/errors';
import { openSession } from '../../../src/clients/netconf/openSession';
import type { NetconfSession, SessionOptions } from '../../../src/clients/netconf/session';
import { failure } from './failures';
import { answering, ED25519, fingerprintOf, HELLO, RSA, ScriptedServer, type Script } from './scriptedServer';

const SECRET = 'p';
const cleanups: (() => unknown)[] = [];

async function serve(script: Script = {}): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script);
  cleanups.push(() => server.stop());
  return server;
}

async function connect(port: number, changes: Partial<SessionOptions> = {}): Promise<NetconfSession> {
  const session = await openSession({
    host: '127.0.0.1',
    port,
    username: 'u',
    password: SECRET,
    hostKeys: [fingerprintOf(ED25519)],
    timeouts: { connect: 10_000, ordinary: 5_000, load: 5_000, commit: 5_000 },
    ...changes,
  });
  cleanups.unshift(() => session.close());
  return session;
}

/** A TCP server that is no SSH server. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const QUICK = { timeouts: { connect: 400, ordinary: 400, load: 400, commit: 400 } };

describe('a session', () => {
  test('knows what was agreed on', async () => {
    const server = await serve();
    const session = await connect(server.port);
    expect(session.facts).toMatchObject({
      sessionId: '7',
      isJunos: true,
      framing: 'end-of-message',
      transport: 'subsystem',
      hostKey: fingerprintOf(ED25519),
      algorithms: { serverHostKey: 'ssh-ed25519' },
    });
    expect(Object.keys(session.facts.algorithms)).toEqual(['kex', 'serverHostKey', 'cipher', 'mac', 'compression']);
    expect(Object.values(session.facts.algorithms)).not.toContain('');
    expect(session.facts.capabilities).toContain('urn:ietf:params:netconf:base:1.0');
  });

  test('begins with our hello, even when the server waits for it', async () => {
    const server = await serve({
      speak: (channel) => channel.once('data', () => answering(() => '<ok/>')(channel)),
    });
    expect((await connect(server.port)).facts.sessionId).toBe('7');
    expect(server.received).toMatch(/^<\?xml[^>]*\?>\s*<hello/);
  });

  test('takes a hello cut at every byte', async () => {
    const server = await serve({
      speak: (channel) => {
        for (const byte of Buffer.from(`<!-- user é -->\n${HELLO}`)) channel.write(Buffer.from([byte]));
      },
    });
    expect((await connect(server.port)).facts.sessionId).toBe('7');
  });

  test('falls back to xml-mode on the same connection', async () => {
    const server = await serve({ subsystem: 'reject' });
    const session = await connect(server.port);
    expect(session.facts.transport).toBe('xml-mode');
    expect(server.received).toMatch(/^exec xml-mode netconf need-trailer\n/);
    expect(server.open).toBe(1);
    expect((await session.rpc('<x/>', 'ordinary')).errors).toEqual([]);
  });
});

describe('host keys', () => {
  test.each([
    ['the first kind', ED25519],
    ['another kind', RSA],
  ])('a pin of %s is enough', async (_what, key) => {
    const server = await serve({ keys: [RSA, ED25519] });
    const session = await connect(server.port, { hostKeys: ['SHA256:unknown', `${fingerprintOf(key).slice(7)}=`] });
    expect(session.facts.hostKey).toBe(fingerprintOf(key));
  });

  test('none pinned and nobody to ask is a refusal before any password is sent', async () => {
    const server = await serve();
    const error = await failure(connect(server.port, { hostKeys: [] }));
    expect(error.code).toBe('device-host-key');
    expect(error.message).toContain(fingerprintOf(ED25519));
    expect(server.attempts).toEqual([]);
  });

  test('an unpinned key is shown beside the pins, with every kind the device has', async () => {
    const server = await serve({ keys: [RSA, ED25519] });
    const error = await failure(connect(server.port, { hostKeys: ['SHA256:one', 'SHA256:two'] }));
    expect(error).toMatchObject({
      code: 'device-host-key',
      details: { seen: [fingerprintOf(ED25519), fingerprintOf(RSA)], pinned: ['SHA256:one', 'SHA256:two'] },
    });
    expect(server.attempts).toEqual([]);
  });
});

describe('logging in', () => {
  const interactive =
    (answer: string) =>
    (context: AuthContext): void => {
      if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive']);
      else {
        context.prompt([{ prompt: 'Password: ', echo: false }], 'u', '', (answers) => {
          if (answers[0] === answer) context.accept();
          else context.reject(['keyboard-interactive']);
        });
      }
    };

  test('answers keyboard-interactive with the password', async () => {
    const server = await serve({ authenticate: interactive(SECRET) });
    await connect(server.port);
    expect(server.attempts).toEqual(['none', 'keyboard-interactive']);
  });

  test('gives up when keyboard-interactive does not take it', async () => {
    const server = await serve({ authenticate: interactive('other') });
    expect((await failure(connect(server.port))).code).toBe('device-authentication');
    expect(server.attempts).toEqual(['none', 'keyboard-interactive']);
  });

  test('a wrong password costs one failed login', async () => {
    const server = await serve({
      authenticate: (context) => context.reject(['password', 'keyboard-interactive', 'publickey']),
    });
    const error = await failure(connect(server.port));
    expect(error.code).toBe('device-authentication');
    expect(error.message).toContain('password, keyboard-interactive, publickey');
    expect(server.attempts).toEqual(['none', 'password']);
  });

  test('tries the key before the password', async () => {
    const server = await serve({
      authenticate: (context) => {
        if (context.method === 'password') context.accept();
        else context.reject(['publickey', 'password']);
      },
    });
    await connect(server.port, { privateKey: ED25519 });
    expect(server.attempts.filter((method, index, all) => method !== all[index - 1])).toEqual([
      'none',
      'publickey',
      'password',
    ]);
  });

  test('an expired password is said so', async () => {
    const server = await serve({
      authenticate: (context) => {
        if (context.method === 'password') context.requestChange('Change it:', () => undefined);
        else context.reject(['password']);
      },
    });
    const error = await failure(connect(server.port));
    expect(error.code).toBe('device-authentication');
    expect(error.message).toContain('expired');
  });

  test('a key that cannot be read is refused without showing it', async () => {
    const server = await serve();
    const error = await failure(connect(server.port, { privateKey: '-----BEGIN SECRET KEY-----' }));
    expect(error.code).toBe('device-authentication');
    expect(error.message).not.toContain('BEGIN SECRET');
    expect(server.open).toBe(0);
  });
});

describe('algorithms', () => {
  const OLD: Script = {
    keys: [RSA],
    algorithms: {
      kex: ['diffie-hellman-group14-sha1'],
      cipher: ['aes128-cbc'],
      serverHostKey: ['ssh-rsa'],
      hmac: ['hmac-sha1'],
    },
  };

  test('nothing in common names what the device has', async () => {
    const server = await serve(OLD);
    const error = await failure(connect(server.port, { hostKeys: [fingerprintOf(RSA)] }));
    expect(error).toMatchObject({
      code: 'device-algorithms',
      details: { serverHostKey: ['ssh-rsa'], cipher: ['aes128-cbc'], hmac: ['hmac-sha1'] },
    });
    expect(error.details['kex']).toContain('diffie-hellman-group14-sha1');
    expect(error.message).toContain('aes128-cbc');
  });

  test('legacy ones work when named', async () => {
    const server = await serve(OLD);
    const session = await connect(server.port, {
      hostKeys: [fingerprintOf(RSA)],
      algorithms: { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'] },
    });
    expect(session.facts.algorithms).toMatchObject({ kex: 'diffie-hellman-group14-sha1', cipher: 'aes128-cbc' });
  });

  test('modern ones are preferred although legacy ones are allowed', async () => {
    const server = await serve();
    const session = await connect(server.port, {
      algorithms: { kex: ['diffie-hellman-group1-sha1'], cipher: ['3des-cbc'], hmac: ['hmac-md5'] },
    });
    expect(session.facts.algorithms['kex']).not.toContain('sha1');
    expect(session.facts.algorithms['cipher']).not.toContain('cbc');
  });

  test.each(['kex', 'serverHostKey', 'cipher', 'hmac'] as const)(
    'an unknown %s is refused before connecting',
    async (kind) => {
      const server = await serve();
      const error = await failure(connect(server.port, { algorithms: { [kind]: ['nonsense'] } }));
      expect(error.code).toBe('invalid-configuration');
      expect(server.attempts).toEqual([]);
    },
  );
});

describe('what goes wrong on the way', () => {
  test.each<[string, string, Script]>([
    ['channels are refused', 'device-unreachable', { session: 'reject' }],
    ['neither subsystem nor xml-mode', 'device-protocol', { subsystem: 'reject', exec: 'reject' }],
    [
      'something else than NETCONF',
      'device-protocol',
      { speak: (channel) => channel.write('% Unknown command\n]]>]]>') },
    ],
    [
      'no common version',
      'device-protocol',
      { speak: (channel) => channel.write('<hello><capabilities/></hello>]]>]]>') },
    ],
    [
      'an error in place of the hello',
      'device-unreachable',
      {
        speak: (channel) =>
          channel.write(
            '<rpc-reply><rpc-error><error-message>no more sessions</error-message></rpc-error></rpc-reply>]]>]]>',
          ),
      },
    ],
    ['the channel is closed before the hello', 'device-unreachable', { speak: (channel) => channel.end() }],
    ['the connection drops before the hello', 'device-unreachable', { speak: (_channel, server) => server.cut() }],
    [
      'the connection drops during login',
      'device-unreachable',
      { authenticate: (context) => void Reflect.get(context, 'never') },
    ],
  ])('%s: %s', async (what, code, script) => {
    const server = await serve(script);
    const opening = failure(connect(server.port));
    if (what.endsWith('during login')) {
      for (let round = 0; round < 200 && server.attempts.length === 0; round += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      server.cut();
    }
    const error = await opening;
    expect(error.code).toBe(code);
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain(`"${SECRET}"`);
  });

  test('what the device says on stderr is told', async () => {
    const server = await serve({
      speak: (channel) => {
        channel.stderr.write('netconf: too many sessions\n');
        channel.exit(1);
        channel.end();
      },
    });
    expect((await failure(connect(server.port))).message).toContain('too many sessions');
  });

  test.each<[string, Script]>([
    ['authentication', { authenticate: () => undefined }],
    ['opening the NETCONF channel', { session: 'ignore' }],
    ['opening the NETCONF channel', { subsystem: 'ignore' }],
    ['waiting for the hello', { speak: () => undefined }],
  ])('silence while %s is a timeout that says so', async (stage, script) => {
    const server = await serve(script);
    const error = await failure(connect(server.port, QUICK));
    expect(error.code).toBe('device-timeout');
    expect(error.message).toContain(stage === 'authentication' ? '(' : stage);
  });

  test('nobody listens', async () => {
    const port = await listen(() => undefined);
    for (const cleanup of cleanups.splice(0)) await cleanup();
    const error = await failure(connect(port));
    expect(error.code).toBe('device-unreachable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a name that does not resolve', async () => {
    expect((await failure(connect(22, { host: 'switch.invalid' }))).code).toBe('device-unreachable');
  });

  test('a port that accepts and closes', async () => {
    const port = await listen((socket) => socket.destroy());
    expect((await failure(connect(port))).code).toBe('device-unreachable');
  });

  test('a port that accepts and is silent', async () => {
    const port = await listen(() => undefined);
    const error = await failure(connect(port, QUICK));
    expect(error.code).toBe('device-timeout');
    expect(error.message).toContain('SSH handshake');
  });

  test.each([
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    'SSH-1.5-old\r\n',
    'SSH-2.0-x\r\n\u0000\u0000\u0000\u0005garbage garbage garbage',
  ])('a port that is no SSH server: %j', async (text) => {
    const port = await listen((socket) => socket.end(text, 'latin1'));
    expect(['device-protocol', 'device-unreachable']).toContain((await failure(connect(port))).code);
  });
});

describe('an abort', () => {
  test.each<[string, Script | 'silent']>([
    ['the SSH handshake', 'silent'],
    ['login', { authenticate: () => undefined }],
    ['opening the channel', { session: 'ignore' }],
    ['waiting for the hello', { speak: () => undefined }],
  ])('during %s closes the connection and is reported', async (_stage, script) => {
    let closed = 0;
    const port =
      script === 'silent'
        ? await listen((socket) => void socket.on('close', () => (closed += 1)).resume())
        : (await serve(script)).port;
    const abort = new AbortController();
    const opening = failure(connect(port, { signal: abort.signal }));
    await new Promise((resolve) => setTimeout(resolve, 150));
    abort.abort(new PortwardenError('stale-attempt', 'A newer attempt took over.'));
    expect(await opening).toMatchObject({ code: 'stale-attempt', message: 'A newer attempt took over.' });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    for (let round = 0; script === 'silent' && round < 200 && closed === 0; round += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    if (script === 'silent') expect(closed).toBe(1);
  });

  test('before the start connects to nothing', async () => {
    const server = await serve();
    expect((await failure(connect(server.port, { signal: AbortSignal.abort() }))).code).toBe('stale-attempt');
    expect(server.attempts).toEqual([]);
  });

  test('leaves no listener behind when sessions come and go', async () => {
    const server = await serve();
    const abort = new AbortController();
    for (let round = 0; round < 15; round += 1) {
      const session = await connect(server.port, { signal: abort.signal });
      expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
      await session.close();
    }
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});
