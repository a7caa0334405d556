import { z } from 'zod';

/** `POST /v3/auth/tokens`; the token itself is in a header. */
export const tokenAnswer = z.object({
  token: z.object({
    expires_at: z.string(),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    catalog: z
      .array(
        z.object({
          type: z.string(),
          endpoints: z.array(z.object({ interface: z.string(), region_id: z.string().nullish(), url: z.string() })),
        }),
      )
      .optional(),
  }),
});

/** What is read of a port. */
export const portRow = z.object({
  id: z.string(),
  name: z.string().default(''),
  mac_address: z.string(),
  fixed_ips: z.array(z.object({ ip_address: z.string() })),
  /** Present on a port that carries others, with their VLANs. */
  trunk_details: z.object({ sub_ports: z.array(z.object({ port_id: z.string() })) }).nullish(),
  'binding:vnic_type': z.string().default('normal'),
  device_owner: z.string().default(''),
  device_id: z.string().default(''),
  network_id: z.string(),
  project_id: z.string(),
  /** Absent where the extension is, as on some bare metal. */
  port_security_enabled: z.boolean().optional(),
  allowed_address_pairs: z.array(z.object({ ip_address: z.string(), mac_address: z.string() })).default([]),
  security_groups: z.array(z.string()).default([]),
  revision_number: z.number().int().optional(),
  tags: z.array(z.string()).default([]),
});

/** What only those read who want to know how a port is carried. What is the administrator's is absent for others. */
export const inspectedPortRow = portRow.extend({
  status: z.string().default(''),
  'binding:vif_type': z.string().optional(),
  'binding:vif_details': z
    .looseObject({
      bound_drivers: z.record(z.string(), z.string()).optional(),
      ovs_hybrid_plug: z.boolean().optional(),
    })
    .nullish(),
});

/** A port with what says how it is carried. */
export type InspectedPort = z.output<typeof inspectedPortRow>;

/** A port as Neutron shows it. */
export type NeutronPort = z.output<typeof portRow>;

export const portAnswer = z.object({ port: portRow });

/** Keystone's own words for what it refuses. */
export const keystoneError = z.object({ error: z.object({ code: z.number(), message: z.string() }) });

/** What is read of a security group. */
export const securityGroupRow = z.object({ id: z.string(), name: z.string(), project_id: z.string() });
export type SecurityGroup = z.output<typeof securityGroupRow>;

/** What is read of a subnet. */
export const subnetRow = z.object({ id: z.string(), network_id: z.string(), gateway_ip: z.string().nullable() });
export type Subnet = z.output<typeof subnetRow>;

/** What is read of a floating IP. */
export const floatingIpRow = z.object({
  id: z.string(),
  floating_ip_address: z.string(),
  fixed_ip_address: z.string().nullable(),
  port_id: z.string().nullable(),
});
export type FloatingIp = z.output<typeof floatingIpRow>;

/** `GET /agents`: empty for whoever may not see them. */
export const agentsAnswer = z.object({ agents: z.array(z.object({ agent_type: z.string() })) });

/** One page of a list: its rows stand under the list's name, its links under `<name>_links`. */
export const pageAnswer = z.record(z.string(), z.unknown());
/** Where a list goes on. */
export const pageLinks = z.array(z.object({ rel: z.string(), href: z.string() })).default([]);

export const networkAnswer = z.object({ network: z.object({ project_id: z.string() }) });

/** Neutron's own words for what it refuses. */
export const neutronError = z.object({ NeutronError: z.object({ type: z.string(), message: z.string() }) });

/** The fields that {@link NeutronPort} is read from. */
export const PORT_FIELDS = Object.keys(portRow.shape);
