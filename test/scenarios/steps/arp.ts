import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

/** A switch refuses ARP frames at ports; `restart` begins its counters anew. */
export default defineStep({
  schema: z.strictObject({
    switch: name,
    /** So many more, by port. */
    refused: z.record(z.string(), z.int().min(0)).default({}),
    restart: z.boolean().default(false),
  }),
  run: async (play, { switch: on, refused, restart }) => {
    const found = play.theSwitch(on);
    if (restart) found.arpInspection.clear();
    for (const [port, more] of Object.entries(refused)) {
      const { received, failed } = found.arpInspection.get(port) ?? { received: 0, failed: 0 };
      found.arpInspection.set(port, { received: received + more + 10, failed: failed + more });
    }
    return undefined;
  },
});
