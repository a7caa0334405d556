import { z } from 'zod';
import { address, name } from '../form/given';
import { defineStep } from '../form/kinds';

/** The panel assigns addresses to a server and reports it. */
export default defineStep({
  schema: z.strictObject({
    server: name,
    ip: address.exactOptional(),
    ips: z.array(address).exactOptional(),
    /** False: nobody is told. */
    tell: z.boolean().default(true),
  }),
  run: async (play, { server, ip, ips = [], tell }) => {
    const all = play.names.toWorld([...(ip === undefined ? [] : [ip]), ...ips]);
    return play.delivered(
      await play.panel.assign({ serverId: play.names.id('server', server), ips: all }, { fire: tell }),
    );
  },
});
