import { z } from 'zod';
import { address } from '../form/given';
import { defineStep } from '../form/kinds';

/** From now on these addresses must be bound on some switch of the scenario after every commit. */
export default defineStep({
  schema: z.array(address),
  run: async (play, addresses) => {
    const switches = [...play.switches().values()];
    const wanted = play.names.toWorld(addresses);
    for (const one of switches)
      one.events.on('commit', () => {
        const lines = switches.flatMap((other) => other.committedSet());
        for (const ip of wanted)
          if (!lines.some((line) => line.includes(` static-ip ${ip} `) || line.includes(` static-ipv6 ${ip} `)))
            play.violations.push(`${play.names.toLocal(ip)} was bound nowhere after a commit`);
      });
    return undefined;
  },
});
