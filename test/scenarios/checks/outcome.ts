import { defineCheck } from '../form/kinds';
import { outcome, outcomeDifferences } from '../form/outcome';

/** What the latest step's event ended with; of several events of one step, each. */
export default defineCheck({
  schema: outcome,
  differences: async (play, expected) => {
    const all: string[] = [];
    for (const workflowId of play.eventsNamed('last'))
      all.push(...(await outcomeDifferences(play, workflowId, expected)));
    return all;
  },
});
