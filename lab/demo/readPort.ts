import { parse } from 'yaml';
import type { RunningCloud } from '../neutron/cloud';

/** A port of the cloud, as the operator of the project sees it. */
export interface ReadPort {
  readonly name: string;
  readonly portSecurity: 'on' | 'off';
  /** By name, sorted. */
  readonly groups: readonly string[];
  /** Addresses of the allowed address pairs, sorted. */
  readonly pairs: readonly string[];
  /** All that Neutron says of it, as JSON. */
  readonly whole: string;
}

interface Clouds {
  readonly clouds: Readonly<Record<string, { readonly auth: Readonly<Record<string, string>> }>>;
}

interface NeutronPort {
  readonly name: string;
  readonly port_security_enabled: boolean;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string }[];
}

interface NeutronGroup {
  readonly id: string;
  readonly name: string;
}

/**
 * Reads the ports of the project over HTTP, with a login of its own from `clouds.yaml`; it shares no code with the
 * product: the demo's witness.
 */
export async function readPorts(cloud: RunningCloud): Promise<ReadonlyMap<string, ReadPort>> {
  const token = await logIn(cloud);
  const ask = async <T>(what: string): Promise<T> => {
    const response = await fetch(`${cloud.lab.networkUrl}/v2.0/${what}`, { headers: { 'X-Auth-Token': token } });
    if (!response.ok) throw new Error(`the cloud answered ${response.status} to GET ${what}`);
    return (await response.json()) as T;
  };
  const { ports } = await ask<{ readonly ports: readonly NeutronPort[] }>('ports');
  const { security_groups } = await ask<{ readonly security_groups: readonly NeutronGroup[] }>('security-groups');
  const names = new Map(security_groups.map(({ id, name }) => [id, name]));
  return new Map(
    ports.map((port) => [
      port.name,
      {
        name: port.name,
        portSecurity: port.port_security_enabled ? 'on' : 'off',
        groups: port.security_groups.map((id) => names.get(id) ?? id).sort(),
        pairs: port.allowed_address_pairs.map(({ ip_address }) => ip_address).sort(),
        whole: JSON.stringify(port),
      },
    ]),
  );
}

async function logIn({ world, lab, cloudsYaml }: RunningCloud): Promise<string> {
  const auth = (parse(cloudsYaml) as Clouds).clouds[world.name]?.auth ?? {};
  const domain = { name: auth['user_domain_name'] };
  const response = await fetch(`${lab.authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: auth['username'], password: auth['password'], domain } },
        },
        scope: { project: { name: auth['project_name'], domain: { name: auth['project_domain_name'] } } },
      },
    }),
  });
  const token = response.headers.get('X-Subject-Token');
  if (token === null) throw new Error(`the cloud answered ${response.status} to a login`);
  return token;
}
