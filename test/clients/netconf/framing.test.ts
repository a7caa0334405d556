import fc from 'fast-check';
import { encodeFrame, FrameDecoder, type Framing } from '../../../src/clients/netconf/framing';
import { thrownBy } from './failures';
import { fuzzRuns } from './fuzzRuns';

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [...new Set([0, ...at.map((edge) => edge % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

function decodeAll(framing: Framing, pieces: readonly Uint8Array[], limit?: number): string[] {
  const decoder = new FrameDecoder(limit);
  decoder.framing = framing;
  const messages: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(next.toString('utf8'));
  }
  return messages;
}

const FRAMINGS: readonly Framing[] = ['end-of-message', 'chunked'];

describe.each(FRAMINGS)('%s', (framing) => {
  // Neither a hello nor a reply can hold the delimiter: a serialised document has no bare "]]>".
  const message = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((text) => !`${text}]]>]]>`.slice(0, -1).includes(']]>]]>'));

  test('gives back the messages, cut at any byte', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((text) => encodeFrame(text, framing)));
        expect(decodeAll(framing, cut(bytes, cuts))).toEqual(messages);
      }),
      { numRuns: fuzzRuns(500) },
    );
  });

  test('gives back messages cut at every single byte', () => {
    const messages = ['<a>é漢😀</a>', '<b>]]></b>', '#1\n##\n'];
    const bytes = Buffer.concat(messages.map((text) => encodeFrame(text, framing)));
    expect(
      decodeAll(
        framing,
        [...bytes].map((byte) => Buffer.from([byte])),
      ),
    ).toEqual(messages);
    for (let edge = 0; edge <= bytes.length; edge += 1) {
      expect(decodeAll(framing, [bytes.subarray(0, edge), bytes.subarray(edge)])).toEqual(messages);
    }
  });

  test('takes a message of 10 MB in small pieces, and many small messages at once', () => {
    const large = 'x'.repeat(10 * 1024 * 1024);
    const bytes = encodeFrame(large, framing);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 100) pieces.push(bytes.subarray(at, at + 100));
    expect(decodeAll(framing, pieces)).toEqual([large]);
    expect(
      decodeAll(framing, [Buffer.concat(Array.from({ length: 100_000 }, () => encodeFrame('ab', framing)))]),
    ).toHaveLength(100_000);
  });

  test('bounds the size of a message', () => {
    expect(decodeAll(framing, [encodeFrame('x'.repeat(50), framing)], 50)).toHaveLength(1);
    expect(thrownBy(() => decodeAll(framing, [encodeFrame('x'.repeat(51), framing)], 50)).code).toBe('device-protocol');
    const endless = framing === 'chunked' ? Buffer.from('\n#10\n0123456789') : Buffer.from('0123456789');
    expect(
      thrownBy(() =>
        decodeAll(
          framing,
          Array.from({ length: 10 }, () => endless),
          50,
        ),
      ).code,
    ).toBe('device-protocol');
  });

  test('never throws anything but device-protocol', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .array(fc.constantFrom('\n', '#', '##', '0', '1', '5', 'abc', ']]>', ']]>]]>', ']', '\n#3\nabc', '\n##\n'), {
          maxLength: 20,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (input, cuts) => {
        const whole = outcome(framing, [Buffer.from(input)]);
        expect(outcome(framing, cut(Buffer.from(input), cuts))).toEqual(whole);
      }),
      { numRuns: fuzzRuns(1_000) },
    );
  });
});

/** The messages before the first error, and the error: how the bytes were cut must make no difference. */
function outcome(framing: Framing, pieces: readonly Uint8Array[]): unknown[] {
  const decoder = new FrameDecoder(1000);
  decoder.framing = framing;
  const seen: unknown[] = [];
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      for (let next = decoder.next(); next !== undefined; next = decoder.next()) seen.push(next.toString('latin1'));
    }
  } catch (error) {
    expect(error).toMatchObject({ name: 'PortwardenError', code: 'device-protocol' });
    seen.push('refused');
  }
  return seen;
}

describe('chunks', () => {
  test('of one message are put together', () => {
    expect(decodeAll('chunked', [Buffer.from('\n#4\n<rpc\n#18\n message-id="102"\n\n##\n')])).toEqual([
      '<rpc message-id="102"\n',
    ]);
  });

  test.each([
    'x',
    '\n#0\n',
    '\n#01\nx',
    '\n#\n',
    '\n#x\n',
    '\n#-1\n',
    '\n#4294967296\n',
    '\n##x',
    '\n##\n',
    '\n#1\na#',
    '\r\n#1\na',
  ])('a broken header is refused: %j', (text) => {
    expect(thrownBy(() => decodeAll('chunked', [Buffer.from(text)])).code).toBe('device-protocol');
  });
});

test('the framing changes behind the message at which it was changed, within one read', () => {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat([encodeFrame('<hello/>', 'end-of-message'), encodeFrame('<rpc-reply/>', 'chunked')]));
  expect(decoder.next()?.toString()).toBe('<hello/>');
  decoder.framing = 'chunked';
  expect(decoder.next()?.toString()).toBe('<rpc-reply/>');
});
