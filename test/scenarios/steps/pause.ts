import { z } from 'zod';
import { defineStep } from '../form/kinds';

/** Seconds pass, such as an interval of a watcher. Where something can be waited for, `then: within` is better. */
export default defineStep({
  schema: z.number().positive().max(120),
  run: async (_play, seconds) => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return undefined;
  },
});
