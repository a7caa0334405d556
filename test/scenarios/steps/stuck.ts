import { z } from 'zod';
import { pauseSince } from '../../support/pause';
import { defineStep } from '../form/kinds';

const WITHIN_MS = 60_000;

/** Waits until an event says that it waits for something. */
export default defineStep({
  schema: z.strictObject({ event: z.string(), on: z.string() }),
  run: async (play, { event, on }) => {
    const began = Date.now();
    for (const workflowId of play.eventsNamed(event)) {
      for (;;) {
        const { state, waitingFor } = await play.event(workflowId);
        if (waitingFor?.includes(on) === true) break;
        if (state !== 'running' || Date.now() > began + WITHIN_MS)
          throw new Error(`the event is ${state} and waits for ${waitingFor ?? 'nothing'}, not for ${on}`);
        await pauseSince(began);
      }
    }
    return undefined;
  },
});
