import { failureOf, refusalIn, unreadable, type NeutronRefusal } from './failure';
import type { CloudOptions } from './options';
import { networkAnswer, PORT_FIELDS, portAnswer, portsAnswer, type NeutronPort } from './schemas';
import { CloudSession } from './session';

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
  project(signal: AbortSignal): Promise<{ readonly id: string; readonly name: string }> {
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
    const found = new Map<string, NeutronPort>();
    const query = new URLSearchParams({ ...filter, limit: String(PAGE), sort_key: 'id', sort_dir: 'asc' });
    let next: string | undefined = `/ports?${query.toString()}&${FIELDS}`;
    for (let page = 0; next !== undefined && page < MOST_PAGES; page += 1) {
      const answer = await this.session.ask(next, { method: 'GET', signal });
      if (answer.status !== 200) throw failureOf('GET /ports', answer);
      const read = portsAnswer.safeParse(answer.body);
      if (!read.success) throw unreadable('GET /ports', describe(read.error));
      for (const port of read.data.ports) found.set(port.id, port);
      next = read.data.ports_links?.find(({ rel }) => rel === 'next')?.href;
    }
    if (next !== undefined) throw unreadable('GET /ports', 'the list does not end');
    return [...found.values()];
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

  /** Closes idle connections. */
  close(): void {
    this.session.close();
  }
}

const FIELDS = PORT_FIELDS.map((field) => `fields=${field}`).join('&');

function describe({
  issues: [issue],
}: {
  readonly issues: readonly { path: PropertyKey[]; message: string }[];
}): string {
  return issue === undefined ? 'the answer has another form' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
