import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { listDifference } from '../form/words';

/** What the filter of a guest's NIC has, read from the cluster: `vm1/net0: [10.0.48.101]`; `none`: there is no filter. */
export default defineCheck({
  schema: z.record(z.string(), z.union([z.array(z.string()), z.literal('none')])),
  differences: async (play, filters) =>
    Object.entries(filters).flatMap(([where, expected]) => {
      const [guest = '', nic = ''] = where.split('/');
      const { cluster, vmid } = play.guest(guest);
      const entries = cluster.cluster.firewalls.get(vmid)?.sets.get(`ipfilter-${nic}`)?.entries;
      const found = entries?.map(({ cidr }) => play.names.toLocal(cidr));
      const lines =
        expected === 'none' || found === undefined
          ? listDifference([expected === 'none' ? 'none' : 'a filter'], [found === undefined ? 'none' : 'a filter'])
          : listDifference(expected, found);
      return lines.length === 0 ? [] : [`${where}:`, ...lines.map((line) => `  ${line}`)];
    }),
});
