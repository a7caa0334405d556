import fc from 'fast-check';
import { csvRecord } from '../../src/primitives/csv';

test.each([
  [['a', '', 'b'], 'a,,b\r\n'],
  [['a,b', 'say "no"', 'two\nlines', 'c\rd'], '"a,b","say ""no""","two\nlines","c\rd"\r\n'],
  [['=1+1', '+49', '-1', '@SUM', '\tx'], "'=1+1,'+49,'-1,'@SUM,'\tx\r\n"],
  [['\r=1', '=A1,"b"'], '"\'\r=1","\'=A1,""b"""\r\n'],
  [[' =1', 'a=1'], ' =1,a=1\r\n'],
])('%j is %j', (cells, record) => {
  expect(csvRecord(cells)).toBe(record);
});

/** Reads records as RFC 4180 says, without anything of the writer. */
function read(text: string): string[][] {
  const records: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    records.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') records.push([]);
  }
  expect(records.pop()).toEqual([]);
  return records;
}

test('whatever stands in cells comes back, and no cell is a formula', () => {
  const cells = fc.array(
    fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a', 'b') }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(fc.array(cells, { maxLength: 4 }), (records) => {
      const back = read(records.map(csvRecord).join(''));
      expect(back.map((row) => row.map((text) => text.replace(/^'(?=[=+\-@\t\r])/, '')))).toEqual(
        records.map((row) => row.map((text) => text.replace(/^'(?=[=+\-@\t\r])/, ''))),
      );
      for (const text of back.flat()) expect(text).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});
