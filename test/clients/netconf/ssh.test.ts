import fc from 'fast-check';
import { KexInitReader } from '../../../src/clients/netconf/kexInit';
import { describeHostKey, isPinned } from '../../../src/clients/netconf/hostKeys';
import { classifySshError } from '../../../src/clients/netconf/sshErrors';
import { fuzzRuns } from './fuzzRuns';

function packet(lists: readonly string[]): Buffer {
  const fields = lists.flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return [length, Buffer.from(text)];
  });
  const payload = Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 7), ...fields, Buffer.alloc(5)]);
  const padding = 8;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + padding + 1);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}

const OFFER = packet(['k1,k2', 'h1', 'c1,c2', 'c3', 'm1', 'm2', 'none', 'none', '', '']);

describe("the server's algorithm offer", () => {
  test.each(['SSH-2.0-OpenSSH_6.0\r\n', 'Welcome\r\nto ex-1\r\nSSH-2.0-x comment\n'])(
    'is read behind %j, cut at any byte',
    (ident) => {
      const bytes = Buffer.concat([Buffer.from(ident), OFFER, Buffer.from('more')]);
      for (let edge = 0; edge <= bytes.length; edge += 1) {
        const reader = new KexInitReader();
        reader.push(bytes.subarray(0, edge));
        reader.push(bytes.subarray(edge));
        expect(reader.offer).toEqual({ kex: ['k1', 'k2'], serverHostKey: ['h1'], cipher: ['c3'], hmac: ['m2'] });
      }
    },
  );

  test('is not found in anything else, and nothing throws', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        Buffer.from('SSH-2.0-x\r\n'),
        Buffer.from('SSH-'),
        Buffer.from('\n'),
        OFFER.subarray(0, 30),
        Buffer.from([0, 0, 0, 30, 200, 20]),
      ),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 10 }), (chunks) => {
        const reader = new KexInitReader();
        for (const piece of chunks) reader.push(piece);
        expect(reader.offer).toBeUndefined();
      }),
      { numRuns: fuzzRuns(500) },
    );
  });

  test('gives up on a server that talks without end', () => {
    const reader = new KexInitReader();
    for (let round = 0; round < 100; round += 1) reader.push(Buffer.alloc(1024, 'x'));
    reader.push(Buffer.concat([Buffer.from('\nSSH-2.0-x\r\n'), OFFER]));
    expect(reader.offer).toBeUndefined();
  });
});

describe('host keys', () => {
  test('are named as OpenSSH names them', () => {
    // From `ssh-keygen -lf` for this public key.
    const key = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64');
    expect(describeHostKey(key)).toEqual({
      type: 'ssh-ed25519',
      fingerprint: 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    });
  });

  test('nonsense is described, not thrown', () => {
    for (const key of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(4, 255)])
      expect(describeHostKey(key).fingerprint).toMatch(/^SHA256:/);
  });

  test('match their pins with and without prefix and padding, and nothing else', () => {
    const fingerprint = 'SHA256:abcDEF123';
    for (const pin of ['SHA256:abcDEF123', 'abcDEF123', 'sha256:abcDEF123=', ' SHA256:abcDEF123 '])
      expect(isPinned(fingerprint, ['x', pin])).toBe(true);
    for (const pin of ['SHA256:abcdef123', '', 'SHA256:', 'SHA256:abcDEF1234'])
      expect(isPinned(fingerprint, [pin])).toBe(false);
    expect(isPinned(fingerprint, [])).toBe(false);
  });
});

describe('errors of the transport', () => {
  const context = { address: 'sw1:830', username: 'netops', stage: 'connecting' };
  const make = (message: string, extra: object = {}): Error => Object.assign(new Error(message), extra);

  test.each([
    [
      make('connect ECONNREFUSED 192.0.2.1:830', { level: 'client-socket', code: 'ECONNREFUSED' }),
      'device-unreachable',
    ],
    [make('read ECONNRESET', { level: 'client-socket', code: 'ECONNRESET' }), 'device-unreachable'],
    [make('connect EHOSTUNREACH', { level: 'client-socket', code: 'EHOSTUNREACH' }), 'device-unreachable'],
    [make('', { level: 'client-socket', code: 'ECONNREFUSED' }), 'device-unreachable'],
    [make('connect ETIMEDOUT', { level: 'client-socket', code: 'ETIMEDOUT' }), 'device-timeout'],
    [make('Connection lost before handshake', { level: 'protocol' }), 'device-unreachable'],
    [make('Keepalive timeout', { level: 'client-timeout' }), 'device-unreachable'],
    [make('Too many connections', { code: 12 }), 'device-unreachable'],
    [make('(SSH) Channel open failure: open failed', { reason: 4 }), 'device-unreachable'],
    [make('All configured authentication methods failed', { level: 'client-authentication' }), 'device-authentication'],
    [make('Too many authentication failures', { code: 2 }), 'device-authentication'],
    [make('No more authentication methods available', { code: 14 }), 'device-authentication'],
    [make('Handshake failed: no matching key exchange algorithm', { level: 'handshake' }), 'device-algorithms'],
    [make('Handshake failed: no matching C->S cipher', { level: 'handshake' }), 'device-algorithms'],
    [make('Handshake failed: signature verification failed', { level: 'handshake' }), 'device-host-key'],
    [make('Invalid identification string', { level: 'protocol' }), 'device-protocol'],
    ['not even an error', 'device-unreachable'],
  ])('%s', (error, code) => {
    const found = classifySshError(error, context);
    expect(found.code).toBe(code);
    expect(found.message).toContain('sw1:830');
  });

  test('carry the code when there is no text', () => {
    expect(classifySshError(make('', { code: 'ECONNREFUSED' }), context).message).toContain('ECONNREFUSED');
  });

  test('keep control characters and length of what a device says at bay', () => {
    const found = classifySshError(make(`\u001B[31m${'x'.repeat(5000)}\n`), context);
    expect(found.message).not.toMatch(/\p{Cc}/u);
    expect(found.message.length).toBeLessThan(500);
  });
});
