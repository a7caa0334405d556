import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { lacks } from '../form/subset';
import { missingWords, words } from '../form/words';

const question = z.strictObject({
  get: z.string(),
  status: z.int().default(200),
  /** What the answer must have: named fields, whole lists, `/…/` for texts. */
  answer: z.unknown().optional(),
  words: words.exactOptional(),
});

/** What the API answers: lists, states. */
export default defineCheck({
  schema: z.union([question, z.array(question)]).transform((one) => (Array.isArray(one) ? one : [one])),
  differences: async (play, questions) => {
    const all: string[] = [];
    for (const { get, status, answer, words: expected } of questions) {
      const found = await play.api('GET', get);
      const lines = [
        ...(found.status === status
          ? []
          : [`- status ${status}`, `+ status ${found.status}: ${JSON.stringify(found.body)}`]),
        ...(answer === undefined ? [] : lacks(answer, found.body)),
        ...missingWords(expected ?? [], JSON.stringify(found.body)),
      ];
      if (lines.length > 0) all.push(`GET ${get}:`, ...lines.map((line) => `  ${line}`));
    }
    return all;
  },
});
