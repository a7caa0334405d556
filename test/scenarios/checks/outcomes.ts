import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { outcome, outcomeDifferences } from '../form/outcome';

/** What events ended with, by the name that their step gave them (`as`). */
export default defineCheck({
  schema: z.record(z.string(), outcome),
  differences: async (play, events) => {
    const all: string[] = [];
    for (const [name, expected] of Object.entries(events))
      for (const workflowId of play.eventsNamed(name)) {
        const lines = await outcomeDifferences(play, workflowId, expected);
        if (lines.length > 0) all.push(`${name}:`, ...lines.map((line) => `  ${line}`));
      }
    return all;
  },
});
