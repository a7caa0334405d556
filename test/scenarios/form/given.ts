import { z } from 'zod';

const ADDRESS = /^(10\.0\.\d{1,3}\.\d{1,3}|2001:db8:0:[0-9a-f:]+)(\/\d{1,3})?$/i;
/** Addresses that are the same everywhere, and nobody's: unspecified, loopback, link-local, multicast, reserved. */
const SPECIAL =
  /^((0|127|22[4-9]|2[34]\d|25[0-5])\.\d{1,3}|169\.254)\.\d{1,3}\.\d{1,3}$|^(::1?|(fe80|ff0[0-9a-f]):[0-9a-f:]+)$/i;
const PORT = /^[\w-]+ [\w/.:-]+$/;

/** An address of the scenario, a whole subnet, or a special address. */
export const address = z.string().refine((text) => ADDRESS.test(text) || SPECIAL.test(text), {
  error:
    'must be in 10.0.0.0/16 or 2001:db8:0::/48 (each scenario gets such a range of its own), such a subnet, or special',
});
/** Kept apart by its fourth part. */
const mac = z
  .string()
  .regex(/^(?:[0-9a-f]{2}:){3}00(?::[0-9a-f]{2}){2}$/i, { error: 'must be a MAC with 00 in the fourth place' });
export const name = z.string().regex(/^[\w.-]+$/, { error: 'must be a name: letters, digits, dots, hyphens' });
/** A switch and its port: `a ge-0/0/1`. */
export const portText = z.string().regex(PORT, { error: 'must be a switch and a port, such as `a ge-0/0/1`' });
/** Keys of portwarden.yaml; strings may hold `${switch a}` and the like. */
export const settings = z.record(z.string(), z.unknown());

const connection = z.union([
  portText,
  z.strictObject({ port: portText, automation: z.union([z.boolean(), z.number(), z.string(), z.null()]) }),
]);

/** A server of the panel. With `guest` it is a virtual machine, else dedicated. A node's entry has the node's name. */
export const serverFields = z.strictObject({
  ips: z.array(address).exactOptional(),
  mac: mac.exactOptional(),
  ports: z.array(connection).exactOptional(),
  /** The guest's name, or `cluster/guest` where the scenario has several clusters. */
  guest: z.string().exactOptional(),
  /** What the panel calls it; its key when absent. */
  servername: name.exactOptional(),
  hostname: name.exactOptional(),
});
export type ServerFields = z.infer<typeof serverFields>;

/** A subnet of the panel. */
export const subnetFields = z.strictObject({
  network: address.exactOptional(),
  gateway: address.exactOptional(),
  /** `none`: the subnet says nothing of a VLAN. */
  vlan: z.union([z.int().min(0).max(4095), z.literal('none')]).exactOptional(),
  /** The name of the subnet that it is a part of. */
  partOf: name.exactOptional(),
  /** Fields of its row written as they are, whatever they hold; `none`: none any more. */
  row: z.union([settings, z.literal('none')]).exactOptional(),
  information: z.union([settings, z.literal('none')]).exactOptional(),
});

const bridge = z.strictObject({
  bridge: z.string().default('vmbr0'),
  ports: z.string().default('bond0'),
  vlanAware: z.boolean().default(true),
  /** The node's own address there, such as 10.0.48.11/24. */
  address: z.string().exactOptional(),
  /** The MAC that the node's network configuration gives the bridge. */
  hwaddress: z.string().exactOptional(),
});
export type BridgeFields = z.infer<typeof bridge>;
export const bridges = z.array(bridge);

/** A guest; keys of its configuration (`net0`, `ipconfig0`, `tags`, …) stand beside the others, as Proxmox writes them. */
export const guestFields = z
  .object({
    node: name,
    type: z.enum(['qemu', 'lxc']).exactOptional(),
    status: z.enum(['running', 'stopped']).exactOptional(),
    template: z.boolean().exactOptional(),
  })
  .catchall(z.string());
export type GuestFields = z.infer<typeof guestFields>;

const cluster = z.strictObject({
  /** Names, or with bridges; without them a node has the VLAN-aware vmbr0 on bond0. */
  nodes: z.union([z.array(name), z.record(name, bridges)]),
  guests: z.record(name, guestFields).default({}),
  /** Further keys of the cluster's entry in portwarden.yaml. */
  settings: settings.exactOptional(),
});
export type ClusterFields = z.infer<typeof cluster>;

const switchFields = z.strictObject({
  profile: z.enum(['ex3300-12.3', 'ex4200-vc', 'ex3400-18', 'ex4300-21']).default('ex3300-12.3'),
  /** VLAN id to name. */
  vlans: z.record(z.string().regex(/^\d+$/), z.string()).default({ 13: 'VLAN.13', 100: 'VLAN.100', 200: 'VLAN.200' }),
  /** What is bound already, by port: `10.0.48.5 vlan VLAN.13 mac 02:00:00:00:00:05`. */
  bindings: z.record(z.string(), z.array(z.string())).default({}),
  /** Further `set` lines. */
  configuration: z.array(z.string()).default([]),
  /** The access VLAN that the panel knows of a port. */
  accessVlans: z.record(z.string(), z.int()).default({}),
  /** Further keys of `switches.overrides.<id>` in portwarden.yaml. */
  settings: settings.exactOptional(),
});
export type SwitchFields = z.infer<typeof switchFields>;

/** The world that a scenario begins in. */
export const given = z.strictObject({
  panel: z
    .strictObject({
      subnets: z.record(name, subnetFields.required({ network: true })).default({}),
      servers: z.record(name, serverFields).default({}),
    })
    .prefault({}),
  hypervisor: z.record(name, cluster).default({}),
  switches: z.record(name, switchFields).default({}),
  /** Further sections of portwarden.yaml. It is one file for all scenarios: what is set twice differently is refused. */
  configuration: z.record(z.string(), settings).default({}),
});
export type Given = z.infer<typeof given>;
