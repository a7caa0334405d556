import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };
const LAST = 0x10ffff;

/** Any character of Unicode, printable or not. */
const character: fc.Arbitrary<string> = fc.integer({ min: 0, max: LAST - SURROGATES.count }).map(
  (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
  (text) => {
    const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
    if (point === undefined || text !== String.fromCodePoint(point)) throw new Error('not one character');
    return point < SURROGATES.first ? point : point - SURROGATES.count;
  },
);

/**
 * Any text at all: what `fc.string({ unit: 'binary' })` gives for the same seed, without the table of a million
 * characters that costs a second of computing and 120 MB.
 */
export function anyText(size: { readonly minLength?: number; readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...size, unit: character });
}
