import { z } from 'zod';
import { defineCheck } from '../form/kinds';
import { listDifference } from '../form/words';

const entries = z.array(z.string());

/**
 * What the filter of a guest's NIC has, read from the cluster: `vm1/net0: [10.0.48.101]`; `none`: there is no filter;
 * `{ aside: […] }`: a policy has put it aside.
 */
export default defineCheck({
  schema: z.record(z.string(), z.union([entries, z.strictObject({ aside: entries }), z.literal('none')])),
  differences: async (play, filters) =>
    Object.entries(filters).flatMap(([where, expected]) => {
      const [guest = '', nic = ''] = where.split('/');
      const { cluster, vmid } = play.guest(guest);
      const sets = cluster.cluster.firewalls.get(vmid)?.sets;
      const found = (['ipfilter', 'portwarden-off'] as const).flatMap((kind) => {
        const set = sets?.get(`${kind}-${nic}`);
        const words = set?.entries.map(({ cidr }) => play.names.toLocal(cidr)) ?? [];
        return set === undefined ? [] : [kind === 'ipfilter' ? 'a filter' : 'a filter put aside', ...words];
      });
      const wanted =
        expected === 'none'
          ? []
          : 'aside' in expected
            ? ['a filter put aside', ...expected.aside]
            : ['a filter', ...expected];
      const lines = listDifference(wanted, found);
      return lines.length === 0 ? [] : [`${where}:`, ...lines.map((line) => `  ${line}`)];
    }),
});
