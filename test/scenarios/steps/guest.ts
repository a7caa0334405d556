import { z } from 'zod';
import { guestFields, name } from '../form/given';
import { defineStep } from '../form/kinds';
import { guestWorld } from '../runner/world';

const changes = z
  .object({
    status: z.enum(['running', 'stopped']).exactOptional(),
    template: z.boolean().exactOptional(),
    /** Its configuration is answered as `{}`: no real host does. */
    hollow: z.boolean().exactOptional(),
  })
  .catchall(z.string());

/** Somebody changes guests in a cluster; `net0: none` removes a key. */
export default defineStep({
  schema: z.strictObject({
    /** The cluster for `add`, where there are several. */
    cluster: name.exactOptional(),
    add: z.record(name, guestFields).default({}),
    change: z.record(name, changes).default({}),
    /** Changes that wait for the guest's next start. */
    pending: z.record(name, z.record(z.string(), z.string())).default({}),
    /** Stop and start: pending changes take effect. */
    restart: z.array(name).default([]),
    remove: z.array(name).default([]),
  }),
  run: async (play, { cluster, add, change, pending, restart, remove }) => {
    const { names } = play;
    const keys = (config: Readonly<Record<string, string>>): Record<string, string | null> =>
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, value === 'none' ? null : names.toWorld(value)]),
      );
    for (const [guest, fields] of Object.entries(add)) play.cluster(cluster).addGuest(guestWorld(guest, fields, names));
    for (const [guest, { status, template, hollow, ...config }] of Object.entries(change)) {
      const { cluster: holder, vmid } = play.guest(guest);
      const found = holder.cluster.guest(vmid);
      if (status !== undefined) found.status = status;
      if (template !== undefined) found.template = template;
      if (hollow !== undefined) found.hollow = hollow;
      holder.setConfig(vmid, keys(config));
    }
    for (const [guest, config] of Object.entries(pending)) {
      const { cluster: holder, vmid } = play.guest(guest);
      holder.setConfig(vmid, keys(config), { pending: true });
    }
    for (const guest of restart) {
      const { cluster: holder, vmid } = play.guest(guest);
      holder.cluster.restart(vmid);
    }
    for (const guest of remove) {
      const { cluster: holder, vmid } = play.guest(guest);
      holder.removeGuest(vmid);
    }
    return undefined;
  },
});
