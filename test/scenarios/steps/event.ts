import { z } from 'zod';
import { address, name } from '../form/given';
import { defineStep } from '../form/kinds';

/** An event reaches portwarden whatever the panel has: a repeat, a late one, one by hand. */
export default defineStep({
  schema: z.strictObject({
    action: z.enum(['ip_assigned', 'ip_removed', 'server_deleted']),
    server: name,
    ip: z.string().exactOptional(),
    ips: z.array(address).exactOptional(),
  }),
  run: async (play, { server, ...event }) => [await play.post({ ...event, serverId: play.names.id('server', server) })],
});
