import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { missingWords, words } from '../form/words';
import { commandWords } from '../runner/commandWords';

const question = z.strictObject({ run: z.string(), exit: z.int().default(0), words: words.default([]) });

/** What `portwarden …` prints. */
export default defineCheck({
  schema: z.union([question, z.array(question)]).transform((one) => (Array.isArray(one) ? one : [one])),
  differences: async (play, questions) => {
    const all: string[] = [];
    for (const { run, exit, words: expected } of questions) {
      const { code, output } = await play.cli(commandWords(run));
      const lines = [
        ...(code === exit ? [] : [`- exit ${exit}`, `+ exit ${code}: ${output}`]),
        ...missingWords(expected, output),
      ];
      if (lines.length > 0) all.push(`portwarden ${run}:`, ...lines.map((line) => `  ${line}`));
    }
    return all;
  },
});
