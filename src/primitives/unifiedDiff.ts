import { createTwoFilesPatch } from 'diff';

/** What a comparison may cost: it runs in the process that answers everybody's requests. */
const LONGEST_MS = 500;
const MOST_LINES = 5_000;
const CONTEXT_LINES = 3;

/**
 * The difference of two texts in the unified format of `diff -u`; empty when they are equal.
 * @returns undefined when more lines differ than can be compared in half a second.
 */
export function unifiedDiff(
  from: { readonly name: string; readonly text: string },
  to: { readonly name: string; readonly text: string },
): string | undefined {
  if (from.text === to.text) return '';
  return createTwoFilesPatch(from.name, to.name, from.text, to.text, undefined, undefined, {
    context: CONTEXT_LINES,
    timeout: LONGEST_MS,
    maxEditLength: MOST_LINES,
  })?.replace(/^=+\n/, '');
}
