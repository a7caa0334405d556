import { z } from 'zod';

/** Proxmox' Perl writes numbers as JSON numbers or texts, whichever the value was last used as. */
const integer = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** 0, 1, "0", "1", "" or a JSON boolean. */
const flag = z
  .union([z.boolean(), z.literal([0, 1, '0', '1', ''])])
  .transform((value) => value === true || value === 1 || value === '1');

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const text = z.union([z.string(), z.number().transform(String)]);

/** A row of GET /cluster/resources?type=vm. */
export const resourceRow = z.object({
  vmid: optional(integer),
  type: z.string(),
  node: optional(z.string()),
  name: optional(text),
  status: optional(z.string()),
  template: optional(flag),
  lock: optional(z.string()),
  /** Seconds since the guest was started; 0 while it is stopped. */
  uptime: optional(integer),
});

/** A row of GET /cluster/tasks. A task that runs has neither `endtime` nor `status`. */
export const taskRow = z.object({
  upid: z.string(),
  node: z.string(),
  type: optional(z.string()),
  id: optional(text),
  endtime: optional(integer),
  status: optional(z.string()),
});

/** A line of GET /nodes/{node}/tasks/{upid}/log. */
export const taskLogLine = z.object({ n: integer, t: z.string() });

/** GET /cluster/ha/status/manager_status, as far as it says where guests go: `vm:100` or `ct:101` to its state. */
export const haManagerStatus = z.object({
  manager_status: optional(
    z.looseObject({
      service_status: optional(
        z.record(z.string(), z.looseObject({ state: optional(z.string()), target: optional(z.string()) })),
      ),
    }),
  ),
});

/** A row of GET /cluster/status. */
export const statusRow = z.object({
  type: z.string(),
  name: z.string(),
  quorate: optional(flag),
  /** Of a node: what its name resolves to. */
  ip: optional(z.string()),
  online: optional(flag),
});

/** GET /access/permissions: path, then privilege, then whether it propagates. */
export const permissionMap = z.record(z.string(), z.record(z.string(), flag));

/** GET /nodes/{node}/{qemu|lxc}/{vmid}/config. An answer without `digest` is no configuration. */
export const guestConfig = z.looseObject({
  digest: z.string().min(1),
  name: optional(text),
  hostname: optional(text),
  lock: optional(z.string()),
  template: optional(flag),
  /** Separated by semicolons, commas or spaces (pve-guest-common, `pve-tag-list`). */
  tags: optional(text),
});

/** A row of GET /nodes/{node}/network. */
export const networkRow = z.object({
  iface: z.string(),
  type: z.string(),
  bridge_ports: optional(z.string()),
  bridge_vlan_aware: optional(flag),
  /** Of a bond: the cards in it. */
  slaves: optional(z.string()),
  ovs_ports: optional(z.string()),
  /** Of an Open vSwitch bond: the cards in it. */
  ovs_bonds: optional(z.string()),
  /** Of an internal port: the bridge that it is on. */
  ovs_bridge: optional(z.string()),
  /** Addresses, with their length. */
  cidr: optional(z.string()),
  cidr6: optional(z.string()),
  /** Lines of the interface that Proxmox keeps as they are, such as `hwaddress BC:24:11:00:00:01`. */
  options: optional(z.array(z.string())),
  ovs_tag: optional(integer),
  'vlan-id': optional(integer),
  'vlan-raw-device': optional(z.string()),
});

/** A row of GET /nodes/{node}/sdn/zones/localnetwork/bridges. `vlan_filtering` is absent when no such bridge runs. */
export const liveBridge = z.object({
  name: z.string(),
  vlan_filtering: optional(flag),
  ports: z.array(z.object({ name: z.string() })),
});

/** A row of GET /cluster/sdn/vnets?running=1. */
export const vnetRow = z.object({
  vnet: z.string(),
  zone: optional(z.string()),
  tag: optional(integer),
  vlanaware: optional(flag),
});

/** A row of GET /cluster/sdn/zones?running=1. */
export const zoneRow = z.object({
  zone: z.string(),
  type: z.string(),
  bridge: optional(z.string()),
  tag: optional(integer),
});

/** GET /cluster/firewall/options. Absent `enable`: the firewall is off; absent `ebtables`: filters of layer 2 are on. */
export const clusterFirewallOptions = z.object({ enable: optional(integer), ebtables: optional(flag) });

/** GET /nodes/{node}/{qemu|lxc}/{vmid}/firewall/options. What is absent has Proxmox' default. */
export const guestFirewallOptions = z.object({
  enable: optional(flag),
  ipfilter: optional(flag),
  macfilter: optional(flag),
  dhcp: optional(flag),
  ndp: optional(flag),
  policy_in: optional(text),
  policy_out: optional(text),
  digest: optional(text),
});

/** A row of GET …/firewall/ipset. Its digest is that of the whole list; an empty list has none. */
export const addressSetRow = z.object({ name: z.string(), comment: optional(text), digest: z.string() });

/** A row of GET …/firewall/ipset/{name}: an address, a range, or the name of an alias. Its digest is that of the set. */
export const addressSetEntry = z.object({
  cidr: z.string(),
  nomatch: optional(flag),
  comment: optional(text),
  digest: z.string(),
});

export type AddressSetEntry = z.infer<typeof addressSetEntry>;
export type ClusterFirewallOptions = z.infer<typeof clusterFirewallOptions>;
export type GuestFirewallOptions = z.infer<typeof guestFirewallOptions>;
export type GuestConfig = z.infer<typeof guestConfig>;
export type LiveBridge = z.infer<typeof liveBridge>;
export type NetworkRow = z.infer<typeof networkRow>;
export type VnetRow = z.infer<typeof vnetRow>;
export type ZoneRow = z.infer<typeof zoneRow>;
