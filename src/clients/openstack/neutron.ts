import type { z } from 'zod';
import { failureOf, refusalIn, unreadable, type NeutronRefusal } from './failure';
import type { CloudOptions } from './options';
import {
  agentsAnswer,
  floatingIpRow,
  inspectedPortRow,
  networkAnswer,
  pageAnswer,
  pageLinks,
  PORT_FIELDS,
  portAnswer,
  portRow,
  securityGroupRow,
  subnetRow,
  type FloatingIp,
  type InspectedPort,
  type NeutronPort,
  type SecurityGroup,
  type Subnet,
} from './schemas';
import { CloudSession, type LoginProject } from './session';

/** The attributes of a port that decide what it lets through; those that are absent are not named in the request. */
export interface PortChange {
  readonly port_security_enabled?: boolean;
  readonly security_groups?: readonly string[];
  readonly allowed_address_pairs?: readonly { readonly ip_address: string; readonly mac_address: string }[];
}

/** What became of a write. Only a later reading proves what the port has. */
export type WriteResult =
  | { readonly kind: 'written' }
  /** Somebody wrote since the port was read. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly refusal: NeutronRefusal };

/** Which ports are listed; every field is a filter of Neutron's. `tags` is one tag, or several that a port must all have. */
export type PortFilter = Readonly<
  Partial<Record<'device_id' | 'mac_address' | 'project_id' | 'network_id' | 'tags', string>>
>;

const MOST_PAGES = 1_000;
const PAGE = 500;

/**
 * Neutron's API, as far as ports need it. It never retries. Every method throws PortwardenError with a `device-…` code,
 * and the signal's reason when that aborts.
 */
export class NeutronClient {
  private readonly session: CloudSession;

  constructor(options: CloudOptions) {
    this.session = new CloudSession(options);
  }

  /** The project that the login is for. */
  project(signal: AbortSignal): Promise<LoginProject> {
    return this.session.project(signal);
  }

  /** Whether the cloud has an extension of the API, by its alias. */
  async hasExtension(alias: string, signal: AbortSignal): Promise<boolean> {
    const path = `/extensions/${encodeURIComponent(alias)}`;
    const answer = await this.session.ask(path, { method: 'GET', signal });
    if (answer.status === 200) return true;
    if (answer.status === 404) return false;
    throw failureOf(`GET ${path}`, answer);
  }

  /** One port; undefined when it does not exist or may not be seen, which Neutron answers alike. */
  async port(id: string, signal: AbortSignal): Promise<NeutronPort | undefined> {
    const path = `/ports/${encodeURIComponent(id)}`;
    const answer = await this.session.ask(`${path}?${FIELDS}`, { method: 'GET', signal });
    if (answer.status === 404 && refusalIn(answer).type === 'PortNotFound') return undefined;
    if (answer.status !== 200) throw failureOf(`GET ${path}`, answer);
    const read = portAnswer.safeParse(answer.body);
    if (!read.success) throw unreadable(`GET ${path}`, describe(read.error));
    return read.data.port;
  }

  /** The project that a network is of; undefined when it may not be seen. */
  async networkOwner(id: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `/networks/${encodeURIComponent(id)}`;
    const answer = await this.session.ask(`${path}?fields=project_id`, { method: 'GET', signal });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw failureOf(`GET ${path}`, answer);
    const read = networkAnswer.safeParse(answer.body);
    if (!read.success) throw unreadable(`GET ${path}`, describe(read.error));
    return read.data.network.project_id;
  }

  /** All ports that fit; none is also what missing rights look like. */
  async ports(filter: PortFilter, signal: AbortSignal): Promise<readonly NeutronPort[]> {
    return this.list('ports', portRow, filter, signal);
  }

  /** Like {@link ports}, with what says how each port is carried. */
  async inspectedPorts(filter: PortFilter, signal: AbortSignal): Promise<readonly InspectedPort[]> {
    return this.list('ports', inspectedPortRow, filter, signal);
  }

  /** The kinds of agents that the cloud has; none also for a login that may not see them. */
  async agentTypes(signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.session.ask('/agents?fields=agent_type', { method: 'GET', signal });
    if (answer.status === 403 || answer.status === 404) return [];
    if (answer.status !== 200) throw failureOf('GET /agents', answer);
    const read = agentsAnswer.safeParse(answer.body);
    if (!read.success) throw unreadable('GET /agents', describe(read.error));
    return read.data.agents.map((agent) => agent.agent_type);
  }

  /** The security groups that the login sees; an administrator sees those of all projects. */
  async securityGroups(signal: AbortSignal): Promise<readonly SecurityGroup[]> {
    return this.list('security-groups', securityGroupRow, {}, signal);
  }

  /** The subnets that the login sees. */
  async subnets(signal: AbortSignal): Promise<readonly Subnet[]> {
    return this.list('subnets', subnetRow, {}, signal);
  }

  /** The floating IPs that the login sees; none where the cloud has no routers. */
  async floatingIps(signal: AbortSignal): Promise<readonly FloatingIp[]> {
    if (!(await this.hasExtension('router', signal))) return [];
    return this.list('floatingips', floatingIpRow, {}, signal);
  }

  /**
   * Writes attributes of a port.
   * @param revision the one that was read; absent where the cloud cannot compare (`revision-if-match`).
   */
  async update(
    id: string,
    change: PortChange,
    revision: number | undefined,
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const path = `/ports/${encodeURIComponent(id)}`;
    const headers = revision === undefined ? {} : { 'If-Match': `revision_number=${revision}` };
    const answer = await this.session.ask(path, { method: 'PUT', body: { port: change }, headers, signal });
    if (answer.status === 200) return { kind: 'written' };
    const refusal = refusalIn(answer);
    if (answer.status === 412) return { kind: 'stale' };
    if (refusal.type === '' || ![400, 403, 404, 409].includes(answer.status)) throw failureOf(`PUT ${path}`, answer);
    return { kind: 'refused', refusal };
  }

  /**
   * A list, page by page, of the fields that are read of it.
   */
  private async list<Row extends { readonly id: string }>(
    path: string,
    row: z.ZodType<Row> & { readonly shape: object },
    filter: PortFilter,
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    const found = new Map<string, Row>();
    const query = new URLSearchParams({ ...filter, limit: String(PAGE), sort_key: 'id', sort_dir: 'asc' });
    for (const field of Object.keys(row.shape)) query.append('fields', field);
    let next: string | undefined = `/${path}?${query.toString()}`;
    for (let page = 0; next !== undefined && page < MOST_PAGES; page += 1) {
      const answer = await this.session.ask(next, { method: 'GET', signal });
      if (answer.status !== 200) throw failureOf(`GET /${path}`, answer);
      const { rows, links } = readPage(answer.body, path, row);
      for (const one of rows) found.set(one.id, one);
      next = links.find(({ rel }) => rel === 'next')?.href;
    }
    if (next !== undefined) throw unreadable(`GET /${path}`, 'the list does not end');
    return [...found.values()];
  }

  /** Closes idle connections. */
  close(): void {
    this.session.close();
  }
}

const FIELDS = PORT_FIELDS.map((field) => `fields=${field}`).join('&');

function readPage<Row>(
  body: unknown,
  path: string,
  row: z.ZodType<Row>,
): { readonly rows: readonly Row[]; readonly links: z.output<typeof pageLinks> } {
  const name = path.replaceAll('-', '_');
  const page = pageAnswer.safeParse(body);
  const rows = row.array().safeParse(page.data?.[name]);
  const links = pageLinks.safeParse(page.data?.[`${name}_links`]);
  if (!rows.success) throw unreadable(`GET /${path}`, describe(rows.error));
  if (!links.success) throw unreadable(`GET /${path}`, describe(links.error));
  return { rows: rows.data, links: links.data };
}

function describe({
  issues: [issue],
}: {
  readonly issues: readonly { path: PropertyKey[]; message: string }[];
}): string {
  return issue === undefined ? 'the answer has another form' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
