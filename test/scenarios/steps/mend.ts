import { z } from 'zod';
import { defineStep } from '../form/kinds';

/** A fault ends. */
export default defineStep({
  schema: z.string(),
  run: async (play, fault) => {
    const mend = play.mends.get(fault);
    if (mend === undefined) throw new Error(`there is no fault ${fault}`);
    mend();
    play.mends.delete(fault);
    return undefined;
  },
});
