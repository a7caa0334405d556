import { z } from 'zod';
import { defineStep } from '../form/kinds';

/** Waits for the end of the events of an earlier step that had `wait: false`. */
export default defineStep({
  schema: z.string(),
  run: async (play, events) => play.eventsNamed(events),
});
