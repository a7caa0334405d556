import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudOptions } from '../../src/clients/openstack/options';
import { startRealCloud, type CloudDatabase, type CloudUser } from './neutron';

/** A network of its own in a real cloud, with ports of two machines; all of it is taken away in the end. */
export interface RealProject {
  /** By application credential. */
  readonly options: CloudOptions;
  readonly operator: CloudUser;
  /** A member of another project. */
  readonly tenant: CloudUser;
  readonly admin: CloudUser;
  readonly projectId: string;
  /** Ids; the first two are of one machine. */
  readonly ports: readonly [string, string, string];
  readonly network: string;
  /** An independent client, as the operator or somebody else. @throws with the answer when it is no success. */
  ask(method: string, path: string, body?: object, as?: 'operator' | 'tenant' | 'admin'): Promise<unknown>;
  /** Requests that write, with what Neutron answered since the start of the cloud. */
  writes(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const LOCKED_TRIES = 5;
const LOCKED_MS = 1_000;

/** Starts the cloud, waiting for other tests of this machine that use it. */
export async function startRealProject(database?: CloudDatabase): Promise<RealProject> {
  const cloud = await startRealCloud(database);
  const tokens = new Map<string, Promise<string>>();
  const ask: RealProject['ask'] = async (method, path, body, as = 'operator') => {
    const token = await (tokens.get(as) ?? tokens.set(as, cloud.token(as)).get(as));
    const send = (): Promise<Response> =>
      fetch(`${cloud.networkUrl}/v2.0/${path}`, {
        method,
        headers: { 'X-Auth-Token': token ?? '', 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let answer = await send();
    // Neutron's own work of the moment may hold the lock of an SQLite database ("database is locked"): nothing was done then, or it may be done again.
    for (let again = 0; again < LOCKED_TRIES && method !== 'POST' && answer.status === 500; again += 1) {
      await sleep(LOCKED_MS);
      answer = await send();
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  await clear(ask);
  const make = async (kind: string, body: object): Promise<string> => {
    const made = (await ask('POST', `${kind}s`, { [kind]: body })) as Record<string, { readonly id: string }>;
    const { id } = made[kind] ?? { id: undefined };
    if (id === undefined) throw new Error(`no ${kind} was made`);
    return id;
  };
  const machine = `suite-${process.pid}`;
  const network = await make('network', { name: machine });
  await make('subnet', { network_id: network, ip_version: 4, cidr: '10.10.10.0/24', gateway_ip: '10.10.10.1' });
  const port = (device: string, address: string): Promise<string> =>
    make('port', {
      network_id: network,
      device_id: device,
      device_owner: 'compute:nova',
      fixed_ips: [{ ip_address: address }],
    });
  const ports = [
    await port(machine, '10.10.10.11'),
    await port(machine, '10.10.10.12'),
    await port(`${machine}-2`, '10.10.10.21'),
  ] as const;
  return {
    options: {
      authUrl: cloud.authUrl,
      interface: 'public',
      timeoutMs: 30_000,
      login: {
        method: 'applicationCredential',
        credential: { id: cloud.credential.id },
        secret: cloud.credential.secret,
      },
    },
    operator: cloud.operator,
    tenant: cloud.tenant,
    admin: cloud.admin,
    network,
    projectId: cloud.projectId,
    ports,
    ask,
    writes: () => cloud.writes(),
    stop: async () => {
      for (const id of ports) await ask('DELETE', `ports/${id}`);
      await ask('DELETE', `networks/${network}`);
      await cloud.stop();
    },
  };
}

/** The cloud keeps its data, and a test that was killed took nothing away: whoever holds the lock of the cloud begins with none. */
async function clear(ask: RealProject['ask']): Promise<void> {
  const ids = async (kind: string): Promise<readonly string[]> => {
    const listed = (await ask('GET', `${kind}?fields=id`, undefined, 'admin')) as Record<
      string,
      readonly { readonly id: string }[]
    >;
    return (listed[kind] ?? []).map(({ id }) => id);
  };
  const drop = async (kind: string): Promise<void> => {
    for (const id of await ids(kind)) await ask('DELETE', `${kind}/${id}`, undefined, 'admin');
  };
  for (const kind of ['floatingips', 'trunks']) await drop(kind);
  for (const router of await ids('routers')) await dropRouter(ask, router);
  for (const kind of ['ports', 'networks']) await drop(kind);
}

/** Takes a router away, with its ports. */
export async function dropRouter(ask: RealProject['ask'], router: string): Promise<void> {
  await ask('PUT', `routers/${router}`, { router: { external_gateway_info: null } }, 'admin');
  const listed = await ask('GET', `ports?device_id=${router}&fields=id`, undefined, 'admin');
  for (const { id } of (listed as { readonly ports: readonly { readonly id: string }[] }).ports)
    await ask('PUT', `routers/${router}/remove_router_interface`, { port_id: id }, 'admin');
  await ask('DELETE', `routers/${router}`, undefined, 'admin');
}
