import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

/** The panel deletes a server and reports it. */
export default defineStep({
  schema: z.strictObject({
    server: name,
    /** False: nobody is told. */
    tell: z.boolean().default(true),
  }),
  run: async (play, { server, tell }) =>
    play.delivered(await play.panel.deleteServer(play.names.id('server', server), { fire: tell })),
});
