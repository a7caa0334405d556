import { z } from 'zod';

/** `POST /v3/auth/tokens`; the token itself is in a header. */
export const tokenAnswer = z.object({
  token: z.object({
    expires_at: z.string(),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
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

const port = z.object({
  id: z.string(),
  name: z.string().default(''),
  mac_address: z.string(),
  fixed_ips: z.array(z.object({ ip_address: z.string() })),
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

/** A port as Neutron shows it. */
export type NeutronPort = z.output<typeof port>;

export const portAnswer = z.object({ port });
export const portsAnswer = z.object({
  ports: z.array(port),
  ports_links: z.array(z.object({ rel: z.string(), href: z.string() })).optional(),
});

/** Keystone's own words for what it refuses. */
export const keystoneError = z.object({ error: z.object({ code: z.number(), message: z.string() }) });

export const networkAnswer = z.object({ network: z.object({ project_id: z.string() }) });

/** Neutron's own words for what it refuses. */
export const neutronError = z.object({ NeutronError: z.object({ type: z.string(), message: z.string() }) });

/** The fields that {@link NeutronPort} is read from. */
export const PORT_FIELDS = Object.keys(port.shape);
