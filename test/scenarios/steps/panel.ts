import { z } from 'zod';
import { name, serverFields, subnetFields } from '../form/given';
import { defineStep } from '../form/kinds';
import { serverChange, serverWorld } from '../runner/world';

/** Somebody changes the panel, and nobody is told: servers, their connections and addresses, subnets. */
export default defineStep({
  schema: z.strictObject({
    add: z.record(name, serverFields).default({}),
    /** Fields that are not named stay. */
    change: z.record(name, serverFields).default({}),
    forget: z.array(name).default([]),
    subnets: z.record(name, subnetFields).default({}),
    forgetSubnets: z.array(name).default([]),
  }),
  run: async (play, { add, change, forget, subnets, forgetSubnets }) => {
    const { names, panel } = play;
    for (const [server, fields] of Object.entries(add)) panel.addServer(serverWorld(server, fields, play));
    for (const [server, fields] of Object.entries(change))
      panel.updateServer(names.id('server', server), serverChange(fields, play));
    for (const server of forget) panel.state.delete(names.id('server', server));
    for (const [subnet, { network, gateway, vlan, partOf, row, information }] of Object.entries(subnets)) {
      const [address, length] = network === undefined ? [] : names.toWorld(network).split('/');
      panel.setSubnet(names.id('subnet', subnet), {
        ...(address === undefined ? {} : { subnet: address, cidr: Number(length) }),
        ...(gateway === undefined ? {} : { gw: names.toWorld(gateway) }),
        ...(vlan === undefined ? {} : { staticAccessVlanId: vlan === 'none' ? null : vlan }),
        ...(partOf === undefined ? {} : { rootSubnetId: names.id('subnet', partOf) }),
        ...(row === undefined ? {} : { row: row === 'none' ? null : row }),
        ...(information === undefined ? {} : { information: information === 'none' ? null : information }),
      });
    }
    for (const subnet of forgetSubnets) panel.state.deleteSubnet(names.id('subnet', subnet));
    return undefined;
  },
});
