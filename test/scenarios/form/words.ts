import { z } from 'zod';

/** Texts that must occur; `/…/` is a regular expression. One alone needs no list. */
export const words = z
  .union([z.string(), z.array(z.string())])
  .transform((one) => (typeof one === 'string' ? [one] : one));

/** Which of the words do not occur, in lines for the failure. */
export function missingWords(expected: readonly string[], found: string): readonly string[] {
  const missing = expected.filter((text) => {
    const [, pattern] = /^\/([\s\S]+)\/$/.exec(text) ?? [];
    return pattern === undefined ? !found.includes(text) : !new RegExp(pattern).test(found);
  });
  return missing.length === 0 ? [] : [...missing.map((text) => `- ${text}`), `in: ${found}`];
}

/** Two lists compared as sets: what is missing with -, what is too much with +. */
export function listDifference(expected: readonly string[], found: readonly string[]): readonly string[] {
  const left = [...found];
  const missing = expected.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...missing.map((one) => `- ${one}`), ...left.map((one) => `+ ${one}`)];
}
