import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';
import { missingWords, words } from '../form/words';
import { commandWords } from '../runner/commandWords';

/** Somebody runs `portwarden …`. */
export default defineStep({
  schema: z.strictObject({
    run: z.string(),
    exit: z.int().default(0),
    words: words.default([]),
    /** What the group of each expression finds is `${kept name}` from then on. */
    keep: z.record(name, z.string()).default({}),
  }),
  run: async (play, { run, exit, words: expected, keep }) => {
    const { code, output } = await play.cli(commandWords(run));
    if (code !== exit) throw new Error(`portwarden ${run} ended with ${code} instead of ${exit}:\n${output}`);
    const missing = missingWords(expected, output);
    if (missing.length > 0) throw new Error(`portwarden ${run} does not say:\n${missing.join('\n')}`);
    for (const [as, expression] of Object.entries(keep)) {
      const found = new RegExp(expression).exec(output)?.[1];
      if (found === undefined) throw new Error(`portwarden ${run} has nothing like ${expression}:\n${output}`);
      play.names.keep(as, found);
    }
    return undefined;
  },
});
