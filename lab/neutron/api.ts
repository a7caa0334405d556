import { randomUUID } from 'node:crypto';
import { badRequest, Refusal, textOf, type Answer } from './answers';
import { networkOf, sees, type Attributes } from './policy';
import type { Ports } from './ports';
import { filtered, page, shownFloatingIp, shownGroup, shownNetwork, shownPort, shownSubnet, withFields } from './shown';
import type { Caller, CloudState } from './world';

/** Alias, name and description. */
const EXTENSIONS = [
  ['port-security', 'Port Security', 'Provides port security'],
  ['allowed-address-pairs', 'Allowed Address Pairs', 'Provides allowed address pairs'],
  [
    'revision-if-match',
    'If-Match constraints based on revision_number',
    'Extension indicating that If-Match based on revision_number is supported.',
  ],
  [
    'router',
    'Neutron L3 Router',
    'Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT gateway.',
  ],
  ['security-group', 'security-group', 'The security groups extension.'],
  [
    'standard-attr-tag',
    'Tag support for resources with standard attribute: port',
    'Enables to set tag on resources with standard attribute.',
  ],
  [
    'port-security-groups-filtering',
    'Port filtering on security groups',
    'Provides security groups filtering when listing ports',
  ],
] as const;

/** A request of the API. */
export interface Call {
  readonly caller: Caller;
  readonly url: URL;
  readonly method: string;
  readonly text: string;
  readonly ifMatch: string | undefined;
}

/** Neutron's API, as far as it is asked. */
export class NeutronApi {
  constructor(
    private readonly state: CloudState,
    private readonly ports: Ports,
    private readonly base: string,
  ) {}

  versions(): Answer {
    const links = [{ rel: 'self', href: `${this.base}/v2.0/` }];
    return { status: 200, body: { versions: [{ id: 'v2.0', status: 'CURRENT', links }] } };
  }

  async answer(call: Call): Promise<Answer> {
    const [version, collection = '', id, sub, tag] = call.url.pathname.split('/').filter((part) => part !== '');
    if (version !== 'v2.0') throw notFound();
    switch (collection) {
      case 'ports':
        if (id !== undefined && sub === 'tags') return this.tags(call, id, tag);
        return id === undefined ? this.allPorts(call) : this.onePort(call, id);
      case 'networks':
        return this.networks(call, id);
      case 'subnets':
        return call.method === 'POST'
          ? this.addSubnet(call)
          : this.list(call, 'subnets', [...this.state.subnets.values()].map(shownSubnet));
      case 'security-groups':
        return this.groups(call, id);
      case 'floatingips':
        return this.floatingIps(call);
      case 'agents':
        return this.list(
          call,
          'agents',
          call.caller.roles.includes('admin')
            ? this.state.agents.map((agent_type) => ({ agent_type, alive: true }))
            : [],
        );
      case 'extensions':
        return this.extension(id);
      default:
        throw notFound();
    }
  }

  private allPorts(call: Call): Answer {
    const { caller } = call;
    if (call.method === 'POST')
      return { status: 201, body: { port: shownPort(this.ports.create(caller, bodyOf(call, 'port')), caller) } };
    const seen = [...this.state.ports.values()].filter((port) => sees(caller, port, networkOf(this.state, port)));
    return this.list(
      call,
      'ports',
      seen.map((port) => shownPort(port, caller)),
    );
  }

  private async onePort(call: Call, id: string): Promise<Answer> {
    const { caller, method, url, ifMatch } = call;
    if (method === 'GET')
      return {
        status: 200,
        body: { port: withFields(shownPort(this.ports.get(caller, id), caller), url.searchParams) },
      };
    if (method === 'DELETE') {
      this.ports.delete(caller, id, ifMatch);
      return { status: 204 };
    }
    if (method !== 'PUT') throw notAllowed();
    const port = await this.ports.update(caller, id, bodyOf(call, 'port'), ifMatch);
    return { status: 200, body: { port: shownPort(port, caller) } };
  }

  private tags(call: Call, id: string, tag: string | undefined): Answer {
    const { caller, method, text } = call;
    const set = (change: (tags: readonly string[]) => readonly string[]): readonly string[] =>
      this.ports.tags(caller, id, change);
    if (tag === undefined) {
      if (method === 'GET') return { status: 200, body: { tags: this.ports.tags(caller, id) } };
      if (method === 'DELETE') return { status: 204, body: void set(() => []) };
      if (method !== 'PUT') throw notAllowed();
      const tags = (parsed(text) as { readonly tags?: readonly string[] } | undefined)?.tags;
      if (!Array.isArray(tags)) throw badRequest('Invalid tags body');
      return { status: 200, body: { tags: set(() => tags as readonly string[]) } };
    }
    const name = decodeURIComponent(tag);
    const isThere = this.ports.tags(caller, id).includes(name);
    if (method === 'PUT') return { status: 201, body: void set((tags) => [...tags, name]) };
    if (!isThere) throw new Refusal(404, 'TagNotFound', `Tag ${name} could not be found.`);
    if (method === 'GET') return { status: 204 };
    if (method === 'DELETE') return { status: 204, body: void set((tags) => tags.filter((one) => one !== name)) };
    throw notAllowed();
  }

  private networks(call: Call, id: string | undefined): Answer {
    const { caller, method } = call;
    if (method === 'POST') {
      const body = bodyOf(call, 'network');
      const network = {
        id: randomUUID(),
        project_id: caller.projectId,
        name: textOf(body['name'] ?? ''),
        port_security_enabled: body['port_security_enabled'] !== false,
        shared: body['shared'] === true,
        created_at: this.state.now(),
      };
      this.state.networks.set(network.id, network);
      this.state.defaultGroup(caller.projectId);
      return { status: 201, body: { network: shownNetwork(this.state, network) } };
    }
    const all = [...this.state.networks.values()];
    if (id === undefined)
      return this.list(
        call,
        'networks',
        all.map((network) => shownNetwork(this.state, network)),
      );
    const network = all.find((one) => one.id === id);
    if (network === undefined) throw new Refusal(404, 'NetworkNotFound', `Network ${id} could not be found.`);
    if (method === 'PUT') {
      network.shared = bodyOf(call, 'network')['shared'] === true;
      return { status: 200, body: { network: shownNetwork(this.state, network) } };
    }
    if (method !== 'DELETE') return { status: 200, body: { network: shownNetwork(this.state, network) } };
    const used = [...this.state.ports.values()]
      .filter(({ network_id, device_owner }) => network_id === id && device_owner !== 'network:dhcp')
      .map((port) => port.id);
    if (used.length > 0)
      throw new Refusal(
        409,
        'NetworkInUse',
        `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${used.join(',')}.`,
      );
    this.state.networks.delete(id);
    return { status: 204 };
  }

  private addSubnet(call: Call): Answer {
    const body = bodyOf(call, 'subnet');
    const subnet = {
      id: randomUUID(),
      network_id: String(body['network_id']),
      project_id: call.caller.projectId,
      cidr: String(body['cidr']),
      gateway_ip: String(body['gateway_ip']),
      created_at: this.state.now(),
    };
    this.state.subnets.set(subnet.id, subnet);
    return { status: 201, body: { subnet: shownSubnet(subnet) } };
  }

  private groups(call: Call, id: string | undefined): Answer {
    const { caller, method } = call;
    if (method === 'POST') {
      const body = bodyOf(call, 'security_group');
      const group = this.state.addGroup(
        caller.projectId,
        textOf(body['name'] ?? ''),
        textOf(body['description'] ?? ''),
      );
      return { status: 201, body: { security_group: shownGroup(group) } };
    }
    this.state.defaultGroup(caller.projectId);
    const own = [...this.state.groups.values()].filter(
      (group) => group.project_id === caller.projectId || caller.roles.includes('admin'),
    );
    if (id === undefined) return this.list(call, 'security_groups', own.map(shownGroup));
    const group = own.find((one) => one.id === id);
    if (group === undefined) throw new Refusal(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`);
    if (method !== 'DELETE') return { status: 200, body: { security_group: shownGroup(group) } };
    if ([...this.state.ports.values()].some((port) => port.security_groups.includes(id)))
      throw new Refusal(409, 'SecurityGroupInUse', `Security Group ${id} in use.`);
    this.state.groups.delete(id);
    return { status: 204 };
  }

  private floatingIps(call: Call): Answer {
    const { caller, method } = call;
    if (method !== 'GET') throw notAllowed();
    const seen = [...this.state.floatingIps.values()].filter(
      ({ project_id }) => project_id === caller.projectId || caller.roles.includes('admin'),
    );
    return this.list(
      call,
      'floatingips',
      seen.map((floating) => shownFloatingIp(this.state, floating)),
    );
  }

  private extension(alias: string | undefined): Answer {
    const known = EXTENSIONS.filter(([one]) => !this.state.lacking.includes(one));
    const all = known.map(([one, name, description]) => ({ alias: one, name, description, links: [] }));
    if (alias === undefined) return { status: 200, body: { extensions: all } };
    const extension = all.find((one) => one.alias === alias);
    if (extension !== undefined) return { status: 200, body: { extension } };
    const message = `The resource could not be found.<br /><br />\nExtension with alias ${alias} does not exist\n\n`;
    return { status: 404, body: { message, code: '404 Not Found', title: 'Not Found' } };
  }

  private list({ url }: Call, name: string, rows: readonly Readonly<Record<string, unknown>>[]): Answer {
    const shown = page(filtered(rows, url.searchParams), url);
    return {
      status: 200,
      body: {
        [name]: shown.rows.map((row) => withFields(row, url.searchParams)),
        ...(shown.links === undefined ? {} : { [`${name}_links`]: shown.links }),
      },
    };
  }
}

function bodyOf({ text }: Call, name: string): Attributes {
  const body = parsed(text);
  if (body === undefined) throw badRequest('Body contains invalid data');
  const inner = (body as Readonly<Record<string, unknown>>)[name];
  if (typeof inner !== 'object' || inner === null) throw badRequest(`Unable to find '${name}' in request body`);
  return inner as Attributes;
}

/** JSON; undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notFound(): Refusal {
  return new Refusal(404, 'HTTPNotFound', 'The resource could not be found.');
}

function notAllowed(): Refusal {
  return new Refusal(
    405,
    'HTTPMethodNotAllowed',
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  );
}
