import { defineStep } from '../form/kinds';
import { name } from '../form/given';

/** An event for a server that changes nothing: its ports are looked at again. */
export default defineStep({
  schema: name,
  run: async (play, server) => {
    const serverId = play.names.id('server', server);
    const [ip] = play.panel.state.server(serverId).ips;
    return [await play.post({ action: 'ip_assigned', serverId, ...(ip === undefined ? {} : { ip }) })];
  },
});
