import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { z } from 'zod';
import { withinLimit } from '../../../src/primitives/timeLimit';
import { pauseSince } from '../../support/pause';
import { defineStep } from '../form/kinds';

const WITHIN_MS = 60_000;

/** Somebody lets a schedule of Temporal run now, as `temporal schedule trigger` does, and its run ends. Schedules concern everybody. */
export default defineStep({
  schema: z.string(),
  run: async (play, id) => {
    const connection = await Connection.connect({ address: play.temporalAddress });
    try {
      const client = new Client({ connection });
      const schedule = client.schedule.getHandle(id);
      const { numActionsTaken: before } = (await schedule.describe()).info;
      // A run that is under way, of whoever's, is waited for: else this one would be left out.
      await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
      for (const began = Date.now(); ; await pauseSince(began)) {
        const { info } = await schedule.describe();
        const newest = info.numActionsTaken > before ? info.recentActions.at(-1) : undefined;
        if (newest !== undefined) {
          const { workflowId } = newest.action.workflow;
          const run = client.workflow.getHandle(workflowId).result();
          await withinLimit(run, WITHIN_MS, () =>
            Promise.reject(new Error(`the run of the schedule ${id} did not end`)),
          );
          return undefined;
        }
        if (Date.now() > began + WITHIN_MS) throw new Error(`the schedule ${id} did not begin its run`);
      }
    } finally {
      await connection.close();
    }
  },
});
