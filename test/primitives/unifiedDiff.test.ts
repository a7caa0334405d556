import { unifiedDiff } from '../../src/primitives/unifiedDiff';

const difference = (from: string, to: string) => unifiedDiff({ name: 'old', text: from }, { name: 'new', text: to });

test('equal texts have no difference', () => {
  expect(difference('a\nb\n', 'a\nb\n')).toBe('');
});

test('is in the unified format, with three lines around it', () => {
  expect(difference('1\n2\n3\n4\n5\n', '1\n2\n3\n4\nfive\n')).toBe(
    '--- old\n+++ new\n@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+five\n',
  );
});

test('gives up on texts of which too much differs', () => {
  const lines = (word: string) => Array.from({ length: 6_000 }, (_, line) => `${word} ${line}\n`).join('');
  expect(difference(lines('a'), lines('b'))).toBeUndefined();
});
