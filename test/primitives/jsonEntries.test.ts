import fc from 'fast-check';
import { JsonEntries } from '../../src/primitives/jsonEntries';

const LIMITS = { containers: 100_000 };

/** Reads a text that arrives in pieces of these lengths, again and again, as a list under `result`. */
function read(text: string, lengths: readonly number[] = [text.length], limits = LIMITS) {
  const taken: unknown[] = [];
  const entries = new JsonEntries('result', limits, (entry) => taken.push(entry));
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const length = Math.max(lengths[turn % lengths.length] ?? 1, 1);
    entries.write(text.slice(at, at + length));
    at += length;
  }
  return { taken, names: entries.names, ...entries.end() };
}

/** JSON as others may write it: with spaces wherever they may be. */
function spaced(value: unknown, space: string): string {
  return JSON.stringify(value, undefined, space === '' ? undefined : space);
}

const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const space = fc.constantFrom('', ' ', '\t', '    ');

test('whatever the object and however it arrives, entries and all else are those of JSON.parse', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 8 }),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
      space,
      pieces,
      (before, list, after, gap, lengths) => {
        const value = { ...before, result: list, ...after };
        delete (value as Record<string, unknown>)['__proto__'];
        const text = spaced(value, gap);
        const whole = JSON.parse(text) as { readonly result: unknown };
        if (!Array.isArray(whole.result)) return;
        expect(read(text, lengths)).toEqual({
          ...{ taken: whole.result, names: undefined, wasRead: true },
          value: { ...whole, result: [] },
        });
      },
    ),
  );
});

test('a list that is an object is told by its names', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), space, pieces, (list, gap, lengths) => {
      const text = spaced({ success: true, result: list }, gap);
      const parsed = (JSON.parse(text) as { readonly result: object }).result;
      const { taken, names, wasRead } = read(text, lengths);
      expect([taken, names, wasRead]).toEqual([Object.values(parsed), Object.keys(parsed), true]);
    }),
  );
});

test('a text that is no JSON is none in pieces either', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '[', ']', '{', '}', ':', ' 1', '\\'),
      pieces,
      (list, where, put, lengths) => {
        const text = JSON.stringify({ success: true, result: list, message: 'ok' });
        const at = where % (text.length + 1);
        // One character is replaced by something else, or by nothing.
        const broken = text.slice(0, at) + put + text.slice(at + 1);
        let isJson = true;
        try {
          JSON.parse(broken);
        } catch {
          isJson = false;
        }
        if (isJson) return;
        expect(() => read(broken, lengths)).toThrow(SyntaxError);
      },
    ),
  );
});

test.each([
  ['cut off within the list', '{"result":[{"id":1},{"id":2}'],
  ['cut off behind it', '{"result":[1]'],
  ['a comma too many', '{"result":[1,]}'],
  ['nothing between commas', '{"result":[1,,2]}'],
  ['no comma', '{"result":[{} {}]}'],
  ['another bracket at the end', '{"result":[1}}'],
  ['an entry without a name', '{"result":{1}}'],
  ['a name without an entry', '{"result":{"1":}}'],
  ['the list twice', '{"result":[1],"result":[2]}'],
])('%s is no list', (_, text) => {
  for (const lengths of [[text.length], [1], [3, 1]]) expect(() => read(text, lengths)).toThrow(SyntaxError);
});

test.each([
  ['at another depth', '{"data":{"result":[1]}}'],
  ['as a value', '{"a":"result","b":[1]}'],
  ['in a text that looks like it', '{"a":",\\"result\\":","b":[1]}'],
  ['behind very many spaces', `{"result":${' '.repeat(1_000)}[1]}`],
])('the name %s begins no list', (_, text) => {
  for (const lengths of [[text.length], [1]])
    expect(read(text, lengths)).toEqual({
      taken: [],
      names: undefined,
      wasRead: false,
      value: JSON.parse(text) as unknown,
    });
});

test('what is no list is as it is', () => {
  for (const result of [null, 'text', 7, true])
    expect(read(JSON.stringify({ result }))).toMatchObject({ value: { result }, wasRead: false });
  expect(read('{"result":[]}')).toMatchObject({ taken: [], wasRead: true });
  expect(read('{"result":{ }}')).toMatchObject({ taken: [], names: [], wasRead: true });
});

test('depth and number of objects and arrays are bounded', () => {
  const deep = (levels: number): string => `{"result":[${'['.repeat(levels)}${']'.repeat(levels)}]}`;
  expect(read(deep(62)).taken).toHaveLength(1);
  expect(() => read(deep(63))).toThrow('nested more than 64 levels deep');
  const many = (count: number): string => JSON.stringify({ result: Array.from({ length: count }, () => ({})) });
  expect(read(many(8), undefined, { containers: 10 }).taken).toHaveLength(8);
  expect(() => read(many(9), undefined, { containers: 10 })).toThrow('more than 10 objects and arrays');
});

test('what the taker throws ends the reading', () => {
  const entries = new JsonEntries('result', LIMITS, () => {
    throw new Error('enough');
  });
  expect(() => {
    entries.write('{"result":[1');
    entries.write(',2]}');
  }).toThrow('enough');
});
