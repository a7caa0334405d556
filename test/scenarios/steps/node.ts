import { z } from 'zod';
import { bridges, name } from '../form/given';
import { defineStep } from '../form/kinds';
import { bridgesWorld } from '../runner/world';

/** Somebody changes the network of nodes. */
export default defineStep({
  schema: z.strictObject({
    cluster: name.exactOptional(),
    /** Bridges that are shown from then on and run once they are applied. */
    stage: z.record(name, bridges).default({}),
    apply: z.array(name).default([]),
    revert: z.array(name).default([]),
    /** What the nodes' live bridge ports are answered with: as by Proxmox VE 9.1 and later, or not at all. */
    liveBridges: z.enum(['new', 'absent']).exactOptional(),
    online: z.record(name, z.boolean()).default({}),
  }),
  run: async (play, { cluster, stage, apply, revert, liveBridges, online }) => {
    const lab = play.cluster(cluster);
    const { names } = play;
    if (liveBridges !== undefined) lab.setBridgesForm(liveBridges);
    for (const [node, fields] of Object.entries(stage))
      lab.cluster.stageNetwork(names.text(node), bridgesWorld(fields, names));
    for (const node of apply) lab.cluster.applyNetwork(names.text(node));
    for (const node of revert) lab.cluster.revertNetwork(names.text(node));
    for (const [node, isOnline] of Object.entries(online)) {
      const found = lab.cluster.node(names.text(node));
      if (found === undefined) throw new Error(`the cluster has no node ${node}`);
      found.online = isOnline;
    }
    return undefined;
  },
});
