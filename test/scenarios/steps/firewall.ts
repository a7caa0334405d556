import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';

const NIC = z.string().regex(/^[\w.-]+\/net\d+$/, { error: 'must be a guest and its NIC, such as vm1/net0' });

/** Somebody at the firewall of a cluster: switches on all that enforcing needs, or writes sets of guests by hand. */
export default defineStep({
  schema: z.strictObject({
    /** Guests of which all is switched on. */
    enforce: z.array(name).default([]),
    /** Entries of the set of a NIC, as they are typed. */
    put: z.record(NIC, z.array(z.string())).default({}),
  }),
  run: async (play, { enforce, put }) => {
    for (const guest of enforce) {
      const { cluster, vmid } = play.guest(guest);
      cluster.cluster.enforce(vmid);
    }
    for (const [where, entries] of Object.entries(put)) {
      const [guest = '', nic = ''] = where.split('/');
      const { cluster, vmid } = play.guest(guest);
      const cidrs = play.names.toWorld(entries);
      cluster.cluster.firewall(vmid).sets.set(`ipfilter-${nic}`, { entries: cidrs.map((cidr) => ({ cidr })) });
    }
    return undefined;
  },
});
