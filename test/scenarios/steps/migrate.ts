import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

/** A guest moves to another node: locked, moved, unlocked. */
export default defineStep({
  schema: z.strictObject({
    guest: name,
    to: name,
    /** Seconds from the lock until it moves. */
    lockSeconds: z.number().min(0).max(60).default(0),
  }),
  run: async (play, { guest, to, lockSeconds }) => {
    const { cluster, vmid } = play.guest(guest);
    await cluster.migrate(vmid, play.names.text(to), { lockMs: lockSeconds * 1000 });
    return undefined;
  },
});
