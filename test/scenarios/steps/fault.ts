import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

const keys = z.record(z.string(), z.unknown());

/** Something goes wrong from now on, until `mend` or the scenario's end. The fields are those of the labs. */
export default defineStep({
  schema: z.strictObject({
    /** For `mend`. */
    name: z.string(),
    /** lab/tenantos/faults.ts. `path` must concern this scenario alone, such as `^/servers/${server web1}$`. */
    panel: keys.exactOptional(),
    /** lab/proxmox/faults.ts. */
    hypervisor: keys.exactOptional(),
    cluster: name.exactOptional(),
    /** lab/junos/faults.ts: fields to set. */
    switch: name.exactOptional(),
    set: keys.exactOptional(),
  }),
  run: async (play, { name: fault, panel, hypervisor, cluster, switch: on, set }) => {
    const mends: (() => void)[] = [];
    if (panel !== undefined) mends.push(play.panel.fault(play.names.toWorld(panel) as never));
    if (hypervisor !== undefined) mends.push(play.cluster(cluster).addFault(play.names.toWorld(hypervisor) as never));
    if (on !== undefined && set !== undefined) {
      const { faults } = play.theSwitch(on);
      Object.assign(faults, play.names.toWorld(set));
      mends.push(() => {
        faults.reset();
      });
    }
    if (mends.length === 0) throw new Error('a fault of the panel, of a hypervisor or of a switch');
    play.mends.set(fault, () => {
      for (const mend of mends) mend();
    });
    return undefined;
  },
});
