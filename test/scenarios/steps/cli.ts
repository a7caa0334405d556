import { z } from 'zod';
import { defineStep } from '../form/kinds';
import { missingWords, words } from '../form/words';
import { commandWords } from '../runner/commandWords';

/** Somebody runs `portwarden …`. */
export default defineStep({
  schema: z.strictObject({ run: z.string(), exit: z.int().default(0), words: words.default([]) }),
  run: async (play, { run, exit, words: expected }) => {
    const { code, output } = await play.cli(commandWords(run));
    if (code !== exit) throw new Error(`portwarden ${run} ended with ${code} instead of ${exit}:\n${output}`);
    const missing = missingWords(expected, output);
    if (missing.length > 0) throw new Error(`portwarden ${run} does not say:\n${missing.join('\n')}`);
    return undefined;
  },
});
