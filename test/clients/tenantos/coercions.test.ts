import fc from 'fast-check';
import { z } from 'zod';

import {
  metaEntry,
  optionalPanelInteger,
  optionalPanelText,
  panelBoolean,
  panelInteger,
  panelMeta,
  phpList,
} from '../../../src/clients/tenantos/coercions';

describe('panelBoolean', () => {
  test.each([true, 1, '1', 'true'])('%p is true', (value) => {
    expect(panelBoolean.parse(value)).toBe(true);
  });
  test.each([false, 0, '0', 'false', '', null, undefined])('%p is false', (value) => {
    expect(panelBoolean.parse(value)).toBe(false);
  });
  test('an absent field is false', () => {
    expect(z.object({ flag: panelBoolean }).parse({})).toEqual({ flag: false });
  });
  test('anything else is refused, never guessed', () => {
    const known: readonly unknown[] = [true, 1, '1', 'true', false, 0, '0', 'false', '', null, undefined];
    fc.assert(
      fc.property(fc.anything(), (value) => {
        fc.pre(!known.some((one) => Object.is(one, value)) && value !== 0);
        expect(panelBoolean.safeParse(value).success).toBe(false);
      }),
    );
  });
});

describe('integers', () => {
  test('a number and its text are the same', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('', ' '), (value, space) => {
        expect(panelInteger.parse(value)).toBe(value);
        expect(panelInteger.parse(`${space}${value}${space}`)).toBe(value);
        expect(optionalPanelInteger.parse(String(value))).toBe(value);
      }),
    );
  });
  test.each([
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1.5',
    '-1',
    '0x10',
    '1e3',
    'x',
    true,
    [],
    {},
    2 ** 53,
    '99999999999999999',
  ])('%p is refused', (value) => {
    expect(panelInteger.safeParse(value).success).toBe(false);
    expect(optionalPanelInteger.safeParse(value).success).toBe(false);
  });
  test.each([null, undefined, '', ' '])('%p means none where there may be none', (value) => {
    expect(optionalPanelInteger.parse(value)).toBeUndefined();
    expect(panelInteger.safeParse(value).success).toBe(false);
  });
});

test('text: null and blank mean none, numbers become text', () => {
  expect([null, undefined, '', '  ', 'x', 22].map((value) => optionalPanelText.parse(value))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'x',
    '22',
  ]);
  expect(optionalPanelText.safeParse({}).success).toBe(false);
});

describe('panelMeta', () => {
  const entries = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
    noNullPrototype: true,
  });

  test('an object and its JSON text are the same', () => {
    fc.assert(
      fc.property(entries, (meta) => {
        const plain: unknown = JSON.parse(JSON.stringify(meta));
        expect(panelMeta.parse(plain)).toEqual(plain);
        expect(panelMeta.parse(JSON.stringify(plain))).toEqual(plain);
      }),
    );
  });
  test.each([[[]], ['[]'], [null], [undefined], [''], ['null']])('%p has no entries', (value) => {
    expect(panelMeta.parse(value)).toEqual({});
  });
  test('JSON inside JSON that is nested without end is refused, not built', () => {
    expect(panelMeta.safeParse(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`).success).toBe(false);
    expect(panelMeta.safeParse(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`).success).toBe(false);
  });
  test.each(['{broken', 'text', '"text"', [1], 7, true])('%p is refused', (value) => {
    expect(panelMeta.safeParse(value).success).toBe(false);
  });
  test('the first entry that is there counts', () => {
    expect(metaEntry({ vmid: null, vmId: '', vm_id: '7' }, 'vmid', 'vmId', 'vm_id')).toBe('7');
    expect(metaEntry({}, 'vmid')).toBeUndefined();
  });
});

test('phpList reads a list and the object that PHP makes of one with gaps', () => {
  const list = phpList(panelInteger);
  fc.assert(
    fc.property(fc.array(fc.nat()), (values) => {
      const asObject = Object.fromEntries(values.map((value, index) => [String(index * 3), value]));
      expect(list.parse(values)).toEqual(values);
      expect(list.parse(asObject)).toEqual(values);
    }),
  );
  expect(list.safeParse({ a: 1 }).success).toBe(false);
  expect(list.safeParse(null).success).toBe(false);
});
