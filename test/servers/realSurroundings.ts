import { dropRouter, type RealProject } from './realProject';

/** Something beside the ports of a project; `stop` takes it away. */
export interface Beside<T> {
  readonly made: T;
  stop(): Promise<void>;
}

type Made = Readonly<Record<string, { readonly id: string } & Readonly<Record<string, unknown>>>>;

async function make(
  { ask }: RealProject,
  kind: string,
  body: object,
  as?: 'admin' | 'tenant',
): Promise<Made[string] & { readonly id: string }> {
  const made = ((await ask('POST', `${kind.replaceAll('_', '-')}s`, { [kind]: body }, as)) as Made)[kind];
  if (made === undefined) throw new Error(`no ${kind} was made`);
  return made;
}

/** A router of the project to a network outside, with a floating IP that is bound to a port. @param address in 203.0.113.0/24; any by default. */
export async function bindFloatingIp(
  project: RealProject,
  port: string,
  address?: string,
): Promise<Beside<{ readonly address: string; readonly routerPort: string }>> {
  const { ask, network, projectId } = project;
  const outside = await make(project, 'network', { name: 'outside', 'router:external': true }, 'admin');
  const cidr = { ip_version: 4, cidr: '203.0.113.0/24', enable_dhcp: false };
  await make(project, 'subnet', { network_id: outside.id, ...cidr }, 'admin');
  const router = await make(project, 'router', { name: 'router' });
  await ask('PUT', `routers/${router.id}`, { router: { external_gateway_info: { network_id: outside.id } } });
  const { subnets } = (await ask('GET', `subnets?network_id=${network}`)) as {
    readonly subnets: readonly { readonly id: string }[];
  };
  const joined = (await ask('PUT', `routers/${router.id}/add_router_interface`, { subnet_id: subnets[0]?.id })) as {
    readonly port_id: string;
  };
  // Only an administrator may choose the address.
  const chosen = address === undefined ? {} : { floating_ip_address: address };
  const floating = await make(
    project,
    'floatingip',
    { floating_network_id: outside.id, project_id: projectId, ...chosen },
    'admin',
  );
  await ask('PUT', `floatingips/${floating.id}`, { floatingip: { port_id: port } });
  return {
    made: { address: String(floating['floating_ip_address']), routerPort: joined.port_id },
    stop: async () => {
      await ask('DELETE', `floatingips/${floating.id}`);
      await dropRouter(ask, router.id);
      await ask('DELETE', `networks/${outside.id}`, undefined, 'admin');
    },
  };
}

/** A trunk of one port that carries another one, which for that is of no machine any more. */
export async function makeTrunk(project: RealProject, parent: string, child: string): Promise<Beside<string>> {
  await project.ask('PUT', `ports/${child}`, { port: { device_id: '', device_owner: '' } });
  const subport = { port_id: child, segmentation_type: 'vlan', segmentation_id: 100 };
  const { id } = await make(project, 'trunk', { port_id: parent, sub_ports: [subport] });
  return {
    made: id,
    stop: async () => {
      await project.ask('DELETE', `trunks/${id}`);
    },
  };
}

/** A security group of another project, which an administrator gives a port beside those that it has. */
export async function giveForeignGroup(project: RealProject, port: string): Promise<Beside<string>> {
  const { ask } = project;
  const { id } = await make(project, 'security_group', { name: 'theirs' }, 'tenant');
  const shown = (await ask('GET', `ports/${port}`)) as {
    readonly port: { readonly security_groups: readonly string[] };
  };
  await ask('PUT', `ports/${port}`, { port: { security_groups: [...shown.port.security_groups, id] } }, 'admin');
  return {
    made: id,
    stop: async () => {
      await ask('PUT', `ports/${port}`, { port: { security_groups: [] } });
      await ask('DELETE', `security-groups/${id}`, undefined, 'tenant');
    },
  };
}
