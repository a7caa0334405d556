import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

/**
 * A migration phase by phase: `begin` locks the guest and starts its task, `arrive` moves it (with or without a beginning,
 * as the HA stack does when a node is lost), `end` ends the task, `abort` too, with the guest where it is.
 */
export default defineStep({
  schema: z.strictObject({
    guest: name,
    to: name.optional(),
    phase: z.enum(['begin', 'arrive', 'end', 'abort']),
  }),
  run: async (play, { guest, to, phase }) => {
    const { cluster, vmid } = play.guest(guest);
    const state = cluster.cluster;
    const task = state.tasks.find(({ id, endedAt }) => id === String(vmid) && endedAt === undefined);
    if (phase === 'begin') state.beginMigration(vmid, play.names.text(to ?? ''));
    else if (phase === 'arrive') state.move(vmid, to === undefined ? targetOf(task?.log[0]) : play.names.text(to));
    else if (task !== undefined) state.endMigration(task, phase === 'end' ? 'OK' : 'migration aborted');
    return Promise.resolve(undefined);
  },
});

function targetOf(line = ''): string {
  return /to node '([^']+)'/.exec(line)?.[1] ?? '';
}
