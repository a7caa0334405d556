import fc from 'fast-check';
import { fitting, inPayloads, payloadBytes } from '../../src/protocol/payload';

test('the size of a payload is that of its JSON in UTF-8', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'grapheme' }), (value, text) => {
      const payload = { value, text };
      expect(payloadBytes(payload)).toBe(Buffer.byteLength(JSON.stringify(payload)));
    }),
  );
  expect(payloadBytes(undefined)).toBe(0);
});

test('parts hold everything once and in order, and none is larger than allowed unless it is one item', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40 })), fc.integer({ min: 1, max: 120 }), (items, bytes) => {
      const parts = inPayloads(items, bytes);
      expect(parts.flat()).toEqual(items);
      for (const part of parts) {
        const size = part.reduce((sum, item) => sum + payloadBytes(item) + 1, 0);
        expect(part.length === 1 || size <= bytes).toBe(true);
      }
      const { fits, left } = fitting(items, bytes);
      expect([...fits, ...left]).toEqual(items);
      expect(fits.length > 0 || items.length === 0).toBe(true);
    }),
  );
});
