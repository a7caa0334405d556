import { PortwardenError } from '../../../src/domain/errors';
import { classifyErrors } from '../../../src/clients/netconf/classify';
import { openSession } from '../../../src/clients/netconf/openSession';
import type { NetconfSession, SessionOptions } from '../../../src/clients/netconf/session';
import { descendants, element, serialize } from '../../../src/clients/netconf/xml';
import { describeNetconfd, startNetconfd, type NetconfdHandle } from '../../servers/netconfd';
import { failure } from './failures';

const LOCK = '<lock><target><candidate/></target></lock>';
const UNLOCK = '<unlock><target><candidate/></target></unlock>';
const COMMIT = '<commit/>';
const READ = '<get-config><source><running/></source></get-config>';

function addBinding(namespace: string, port: string, ip: string): string {
  return serialize(
    element(
      'edit-config',
      {},
      element('target', {}, element('candidate')),
      element(
        'config',
        {},
        element(
          'configuration',
          { xmlns: namespace },
          element(
            'ethernet-switching-options',
            {},
            element(
              'secure-access-port',
              {},
              element(
                'interface',
                {},
                element('name', {}, port),
                element(
                  'static-ip',
                  {},
                  element('name', {}, ip),
                  element('vlan', {}, 'v100'),
                  element('mac', {}, '02:00:00:00:00:11'),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

// netconfd loses a first request that a busy machine hands it together with our hello; such a test is run again, and says so.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

describeNetconfd('NETCONF client against a real netconfd', () => {
  let server: NetconfdHandle;
  let started: NetconfdHandle | undefined;
  const open: NetconfSession[] = [];

  const connect = async (changes: Partial<SessionOptions> = {}): Promise<NetconfSession> => {
    const session = await openSession({
      host: server.host,
      port: server.port,
      username: server.user,
      ...(changes.privateKey === undefined ? { password: server.password } : {}),
      hostKeys: [server.hostKey],
      timeouts: { connect: 20_000, ordinary: 20_000, load: 20_000, commit: 20_000 },
      ...changes,
    });
    open.push(session);
    return session;
  };

  beforeAll(async () => {
    started = await startNetconfd();
    server = started;
  }, 400_000);
  afterAll(() => started?.stop());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()));
  });

  describe.each([
    { proto: '1.0', framing: 'end-of-message' },
    { proto: '1.1', framing: 'chunked' },
    { proto: 'both', framing: 'chunked' },
  ] as const)('offering base $proto', ({ proto, framing }) => {
    beforeAll(() => server.reset({ proto }));

    test('locks, edits, validates, commits and reads back', async () => {
      const session = await connect();
      expect(session.facts).toMatchObject({ framing, transport: 'subsystem', isJunos: false, hostKey: server.hostKey });
      expect(session.facts.capabilities).toContain('urn:ietf:params:netconf:capability:candidate:1.0');
      expect(session.facts.algorithms['kex']).toMatch(/\w/);
      for (const [payload, rpcClass] of [
        [LOCK, 'ordinary'],
        [addBinding(server.namespace, 'ge-0/0/1.0', '192.0.2.11'), 'load'],
        ['<validate><source><candidate/></source></validate>', 'commit'],
        [COMMIT, 'commit'],
        [UNLOCK, 'ordinary'],
      ] as const) {
        const reply = await session.rpc(payload, rpcClass);
        expect(reply.errors).toEqual([]);
        expect(descendants(reply.root, 'ok')).toHaveLength(1);
      }
      await session.close();
      const fresh = await connect();
      const reply = await fresh.rpc(READ, 'ordinary');
      const names = descendants(reply.root, 'static-ip').map((binding) => binding.children[0]?.text);
      expect(names).toContain('192.0.2.11');
      expect(descendants(reply.root, 'configuration')[0]?.namespace).toBe(server.namespace);
    });

    test('carries a request and a reply of many chunks', async () => {
      const session = await connect();
      await session.rpc(LOCK, 'ordinary');
      for (let batch = 0; batch < 4; batch += 1) {
        const bindings = Array.from({ length: 250 }, (_, index) =>
          element(
            'static-ip',
            {},
            element('name', {}, `198.51.${100 + batch}.${index}`),
            element('vlan', {}, 'v100'),
            element('mac', {}, '02:00:00:00:00:11'),
          ),
        );
        const reply = await session.rpc(
          serialize(
            element(
              'edit-config',
              {},
              element('target', {}, element('candidate')),
              element(
                'config',
                {},
                element(
                  'configuration',
                  { xmlns: server.namespace },
                  element(
                    'ethernet-switching-options',
                    {},
                    element(
                      'secure-access-port',
                      {},
                      element('interface', {}, element('name', {}, 'ge-0/0/3.0'), ...bindings),
                    ),
                  ),
                ),
              ),
            ),
          ),
          'load',
        );
        expect(reply.errors).toEqual([]);
      }
      const reply = await session.rpc('<get-config><source><candidate/></source></get-config>', 'ordinary');
      expect(descendants(reply.root, 'static-ip').length).toBeGreaterThanOrEqual(1000);
      expect((await session.rpc('<discard-changes/>', 'ordinary')).errors).toEqual([]);
    });
  });

  describe('offering both', () => {
    beforeAll(() => server.reset({}));

    test('tells that another session holds the lock', async () => {
      const holder = await connect();
      await holder.rpc(LOCK, 'ordinary');
      const other = await connect();
      const refusal = classifyErrors('lock', await other.rpc(LOCK, 'ordinary'));
      expect(refusal?.code).toBe('device-busy');
      expect(refusal?.details).toMatchObject({ sessionId: holder.facts.sessionId });
      const edit = classifyErrors(
        'load',
        await other.rpc(addBinding(server.namespace, 'ge-0/0/1.0', '192.0.2.12'), 'load'),
      );
      expect(edit?.code).toBe('device-busy');
      await holder.close();
      expect(classifyErrors('lock', await other.rpc(LOCK, 'ordinary'))).toBeUndefined();
    });

    test('tells that somebody left uncommitted edits', async () => {
      const careless = await connect();
      expect((await careless.rpc(addBinding(server.namespace, 'ge-0/0/1.0', '192.0.2.13'), 'load')).errors).toEqual([]);
      const other = await connect();
      expect(classifyErrors('lock', await other.rpc(LOCK, 'ordinary'))?.code).toBe('device-foreign-edits');
      await careless.rpc('<discard-changes/>', 'ordinary');
      expect(classifyErrors('lock', await other.rpc(LOCK, 'ordinary'))).toBeUndefined();
    });

    test('tells that a confirmed commit of another session is pending', async () => {
      const owner = await connect();
      await owner.rpc(LOCK, 'ordinary');
      await owner.rpc(addBinding(server.namespace, 'ge-0/0/1.0', '192.0.2.14'), 'load');
      const confirmed = '<commit><confirmed/><confirm-timeout>60</confirm-timeout></commit>';
      expect((await owner.rpc(confirmed, 'commit')).errors).toEqual([]);
      const other = await connect();
      expect(classifyErrors('lock', await other.rpc(LOCK, 'ordinary'))?.code).toBe('device-busy');
      expect((await owner.rpc('<cancel-commit/>', 'commit')).errors).toEqual([]);
    });

    test('tells that a login may not edit', async () => {
      const session = await connect({ username: server.readonlyUser });
      await session.rpc(LOCK, 'ordinary');
      const refusal = classifyErrors(
        'load',
        await session.rpc(addBinding(server.namespace, 'ge-0/0/1.0', '192.0.2.15'), 'load'),
      );
      expect(refusal?.code).toBe('device-permission');
    });

    test('tells what the device rejects', async () => {
      const session = await connect();
      await session.rpc(LOCK, 'ordinary');
      const refusal = classifyErrors(
        'load',
        await session.rpc(addBinding('urn:wrong', 'ge-0/0/1.0', '192.0.2.16'), 'load'),
      );
      expect(refusal?.code).toBe('device-rejected');
      expect(refusal?.details['badElement']).toMatch(/^(\w+:)?configuration$/);
    });

    test('answers the first request of nearly every new session: our hello goes out before it', async () => {
      let unanswered = 0;
      for (let round = 0; round < 15; round += 1) {
        const session = await connect({ timeouts: { connect: 20_000, ordinary: 3_000, load: 3_000, commit: 3_000 } });
        try {
          expect((await session.rpc(READ, 'ordinary')).errors).toEqual([]);
          await session.close();
        } catch (error) {
          if (!(error instanceof PortwardenError) || error.code !== 'device-timeout') throw error;
          unanswered += 1;
          session.destroy();
        }
      }
      // A request written right behind the hello is lost by netconfd in most sessions; behind the server's hello only
      // when a busy machine hands netconfd both at once.
      expect(unanswered).toBeLessThanOrEqual(3);
    });

    test('sends requests of concurrent callers one after the other', async () => {
      const session = await connect();
      const replies = await Promise.all(Array.from({ length: 8 }, () => session.rpc(READ, 'ordinary')));
      expect(replies.map((reply) => reply.root.attributes['message-id'])).toEqual([
        '101',
        '102',
        '103',
        '104',
        '105',
        '106',
        '107',
        '108',
      ]);
    });

    test('logs in with a key', async () => {
      const session = await connect({ privateKey: server.key });
      expect((await session.rpc(READ, 'ordinary')).errors).toEqual([]);
    });

    test('reports a wrong password without showing it', async () => {
      const error = await failure(connect({ password: 'not-the-password' }));
      expect(error.code).toBe('device-authentication');
      expect(error.message).toContain('publickey, password');
      expect(JSON.stringify([error.message, error.details])).not.toContain('not-the-password');
    });

    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('accepts the pin of the %s host key', async (type) => {
      const session = await connect({ hostKeys: ['SHA256:bm90IHRoaXMga2V5', server.hostKeys[type]] });
      expect(session.facts.hostKey).toBe(server.hostKeys[type]);
    });

    test('refuses a device none of whose host keys is pinned, and shows them', async () => {
      const pin = 'SHA256:bm90IHRoaXMga2V5';
      const error = await failure(connect({ hostKeys: [pin] }));
      expect(error.code).toBe('device-host-key');
      for (const fingerprint of [pin, ...Object.values(server.hostKeys)]) expect(error.message).toContain(fingerprint);
    });

    test('asks once about an unknown host key', async () => {
      const asked: string[] = [];
      const answer = (trust: boolean) => (fingerprint: string) => asked.push(fingerprint) > 0 && trust;
      const session = await connect({ hostKeys: [], acceptUnknownHostKey: answer(true) });
      expect(session.facts.hostKey).toBe(server.hostKeys.ed25519);
      expect((await failure(connect({ hostKeys: [], acceptUnknownHostKey: answer(false) }))).code).toBe(
        'device-host-key',
      );
      const replaced = await connect({ hostKeys: ['SHA256:bm90IHRoaXMga2V5'], acceptUnknownHostKey: answer(true) });
      expect(replaced.facts.hostKey).toBe(server.hostKeys.ed25519);
      expect(asked).toEqual([server.hostKeys.ed25519, server.hostKeys.ed25519, server.hostKeys.ed25519]);
    });

    test('an abort ends a waiting request at once', async () => {
      const abort = new AbortController();
      const session = await connect({ signal: abort.signal });
      await server.pause();
      try {
        const request = session.rpc(COMMIT, 'commit');
        await new Promise((resolve) => setImmediate(resolve));
        abort.abort(new PortwardenError('stale-attempt', 'A newer attempt took over.'));
        const error = await failure(request);
        expect(error.code).toBe('stale-attempt');
        expect(error.details).toMatchObject({ rpcClass: 'commit' });
      } finally {
        await server.resume();
      }
    });

    test('a device that hangs is a timeout that names what was asked', async () => {
      const session = await connect({ timeouts: { connect: 20_000, ordinary: 300, load: 300, commit: 400 } });
      await server.pause();
      try {
        const error = await failure(session.rpc(COMMIT, 'commit'));
        expect(error.code).toBe('device-timeout');
        expect(error.details).toMatchObject({ rpcClass: 'commit', operation: 'commit' });
        const later = await failure(session.rpc(READ, 'ordinary'));
        expect(later.details['rpcClass']).toBeUndefined();
        const opening = await failure(connect({ timeouts: { connect: 1_500, ordinary: 300, load: 300, commit: 300 } }));
        expect(opening.code).toBe('device-timeout');
        expect(opening.message).toContain('hello');
      } finally {
        await server.resume();
      }
    });

    test('a device that dies is unreachable, and names what was asked', async () => {
      const session = await connect();
      await server.pause();
      const request = failure(session.rpc(COMMIT, 'commit'));
      await server.crash();
      const error = await request;
      expect(error.code).toBe('device-unreachable');
      expect(error.details).toMatchObject({ rpcClass: 'commit' });
      expect((await failure(connect())).code).toBe('device-unreachable');
      await server.start();
      expect((await (await connect()).rpc(READ, 'ordinary')).errors).toEqual([]);
    });
  });

  describe('with legacy SSH only', () => {
    beforeAll(() => server.reset({ ssh: 'legacy' }));

    test('is refused with the lists of what the device offers', async () => {
      const error = await failure(connect({ hostKeys: [server.hostKeys.rsa] }));
      expect(error.code).toBe('device-algorithms');
      expect(error.message).toContain('diffie-hellman-group14-sha1');
      expect(error.details).toMatchObject({ serverHostKey: ['ssh-rsa'], hmac: ['hmac-sha1'] });
      expect(error.details['cipher']).toEqual(['aes128-cbc', '3des-cbc']);
    });

    test('works when exactly these algorithms are allowed', async () => {
      const session = await connect({
        hostKeys: [server.hostKeys.rsa],
        algorithms: { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'] },
      });
      expect(session.facts.algorithms).toMatchObject({
        kex: 'diffie-hellman-group14-sha1',
        cipher: 'aes128-cbc',
        serverHostKey: 'ssh-rsa',
        mac: 'hmac-sha1',
      });
      expect((await session.rpc(READ, 'ordinary')).errors).toEqual([]);
    });
  });
});
