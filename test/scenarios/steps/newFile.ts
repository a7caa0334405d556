import { z } from 'zod';
import { settings } from '../form/given';
import { defineStep } from '../form/kinds';

/** Somebody writes a copy of portwarden.yaml with other settings beside it, which nothing uses yet. */
export default defineStep({
  schema: z.strictObject({
    file: z.string(),
    configuration: z.record(z.string(), settings),
  }),
  run: async (play, { file, configuration }) => {
    play.writeCopy(file, configuration);
    return undefined;
  },
});
