import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'policies-neutron.md'), 'utf8');

/** The rows of the table of behaviours: number, and what is said of its tests. */
const rows = PAGE.split('\n').flatMap((line): [string, string][] => {
  const cells = /^\| (\d+) \| [^|]+ \| (.+) \|$/.exec(line);
  return cells?.[1] === undefined || cells[2] === undefined ? [] : [[cells[1], cells[2]]];
});

it('has a row for each of the 17 behaviours', () => {
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
});

it.each(rows)('behaviour %s: the tests that its row names are there', (_, tests) => {
  let text = '';
  let found = 0;
  for (const [, file, title] of tests.matchAll(/`([^`]+\/[^`]+)`|"((?:[^"])+)"/g)) {
    if (file !== undefined) text = readFileSync(join(ROOT, file), 'utf8');
    else {
      found += 1;
      expect(text).toContain(title);
    }
  }
  expect(found).toBeGreaterThan(0);
});
