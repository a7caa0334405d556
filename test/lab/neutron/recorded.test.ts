import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNeutronLab, type NeutronLab } from '../../../lab/neutron/lab';
import type { Caller, Port } from '../../../lab/neutron/world';

/*
 * The fake cloud answers what a real Neutron 21.0.0 (Zed) with Keystone 22 answered: every recorded exchange is played in
 * its order. Ids, MACs and times differ; each recorded one must stand for one of the fake, always the same.
 */

interface Exchange {
  readonly n: number;
  readonly note: string;
  readonly as: string | null;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly status: number | null;
  readonly response: unknown;
}

const EXCHANGES = JSON.parse(readFileSync(join(__dirname, 'exchanges.json'), 'utf8')) as readonly Exchange[];
/** What is not played: rules of groups, which the fake does not keep, and what race.test.ts plays. */
const LEFT_OUT = new Map([
  [89, 'rules of groups are not kept'],
  [90, 'rules of groups are not kept'],
  [84, 'the order of made-up ids is another one'],
  [85, 'the order of made-up ids is another one'],
  [106, 'ten at once: race.test.ts'],
]);
const SECRET = 'SECRET';
/** Fields whose values are made up by whoever answers, or that the fake leaves out. */
const MADE_UP = [
  'audit_ids',
  'expires_at',
  'issued_at',
  'created_at',
  'updated_at',
  'security_group_rules',
  'links',
  'catalog',
  'ports_links',
  'updated',
];

/** Recorded values and those that stand for them here. */
class Meanings {
  private readonly meant = new Map<string, string>();

  set(recorded: string, actual: string): void {
    this.meant.set(recorded, actual);
  }

  /** A text of the recording as it is here. */
  translate(text: string): string {
    let translated = text;
    for (const [recorded, actual] of this.meant) translated = translated.replaceAll(recorded, actual);
    return translated;
  }

  /** Learns what the recorded ids of an answer are here. */
  learn(recorded: unknown, actual: unknown): void {
    if (typeof recorded === 'string' && typeof actual === 'string') {
      const isId = /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|fa:16:3e(:[0-9a-f]{2}){3})$/;
      if (isId.test(recorded) && isId.test(actual) && !this.meant.has(recorded)) this.set(recorded, actual);
      return;
    }
    if (typeof recorded !== 'object' || recorded === null || typeof actual !== 'object' || actual === null) return;
    for (const [key, value] of Object.entries(recorded)) this.learn(value, (actual as Record<string, unknown>)[key]);
  }
}

/** The part of an answer that has to be the same, in an order of its own. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(comparable).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value === 'string')
    return value.replace(/[0-9a-f-]{36}(,[0-9a-f-]{36})+/, (ids) => ids.split(',').sort().join(','));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !MADE_UP.includes(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, comparable(inner)]),
  );
}

let lab: NeutronLab;
const meanings = new Meanings();
const tokens = new Map<string, string>();

beforeAll(async () => {
  lab = await startNeutronLab();
  const { state } = lab;
  const [admin, own, tenant] = ['admin', 'lab', 'tenant'].map((name) => state.addProject(name));
  if (admin === undefined || own === undefined || tenant === undefined) throw new Error('no projects');
  state.addUser('admin', SECRET, { [admin]: ['admin'] });
  state.addUser('operator', SECRET, { [own]: ['member', 'reader'] });
  state.addUser('tenant', SECRET, { [tenant]: ['member', 'reader'] });
  state.addUser('auditor', SECRET, { [own]: ['reader'] });
  state.addUser('advsvc', SECRET, { [admin]: ['advsvc'] });
  const id = '8ddbdc766ef543a3bfb0384c22e519eb';
  state.credentials.set(id, { id, name: 'lab', secret: SECRET, user: 'operator', projectId: own, roles: ['member'] });
  const projects: Record<string, string> = {
    admin: 'admin',
    operator: 'lab',
    tenant: 'tenant',
    auditor: 'lab',
    advsvc: 'admin',
  };
  for (const [user, project] of Object.entries(projects)) tokens.set(user, await tokenOf(user, project));
  tokens.set(
    'appcred',
    await token({ methods: ['application_credential'], application_credential: { id, secret: SECRET } }),
  );
  tokens.set('revoked', 'gAAAAABrevoked');
});
afterAll(() => lab.close());

async function token(identity: object, scope?: object): Promise<string> {
  const answer = await fetch(`${lab.authUrl}/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({ auth: { identity, ...(scope === undefined ? {} : { scope }) } }),
  });
  return answer.headers.get('x-subject-token') ?? '';
}

function tokenOf(name: string, project: string): Promise<string> {
  const domain = { id: 'default' };
  return token(
    { methods: ['password'], password: { user: { name, domain, password: SECRET } } },
    { project: { name: project, domain } },
  );
}

/** What was done between two recorded exchanges without being recorded. */
function unrecorded({ n, response }: Exchange): void {
  const { state } = lab;
  const port = [...state.ports.values()].find(({ name }) => name === 'vm1-eth0');
  const recorded = (response as { port?: Partial<Port> } | null)?.port;
  const [address] = recorded?.fixed_ips ?? [];
  if (address !== undefined) state.freeAddress = () => address.ip_address;
  if (port === undefined) return;
  const caller: Caller = { user: 'operator', projectId: port.project_id, roles: ['member'] };
  if (n === 62) {
    port.security_groups = [state.defaultGroup(port.project_id).id];
    port.revision_number += 1;
  }
  if (n === 69) {
    const open = [...state.networks.values()].find(({ name }) => name === 'open-net');
    const subnet = { id: randomUUID(), cidr: '10.11.0.0/24', gateway_ip: '10.11.0.1', created_at: '' };
    state.subnets.set(subnet.id, { ...subnet, network_id: open?.id ?? '', project_id: port.project_id });
  }
  if (n === 75) {
    const more = (name: string, device: string, ip: string): Port =>
      lab.ports.create(caller, {
        network_id: port.network_id,
        name,
        device_id: device,
        device_owner: 'compute:nova',
        fixed_ips: [{ ip_address: ip }],
      });
    more('vm1-eth1', 'vm-0001', '10.10.10.177');
    more('vm2-eth0', 'vm-0002', '10.10.10.145');
  }
  if (n === 104) port.revision_number = 35;
  if (n === 114) {
    port.revision_number = 46;
    port.allowed_address_pairs = recorded?.allowed_address_pairs ?? [];
    port.security_groups = port.security_groups.slice(0, 1);
  }
  if (n === 119) {
    const network = state.networks.get(port.network_id);
    if (network !== undefined) network.shared = true;
  }
  if (n === 134) port.revision_number = 47;
}

test.each(
  EXCHANGES.filter(({ n }) => !LEFT_OUT.has(n)).map((exchange) => [exchange.n, exchange.note, exchange] as const),
)('#%d %s', async (_n, _note, exchange) => {
  unrecorded(exchange);
  const { method, path, headers, body } = exchange.request;
  const base = path.startsWith('/v3') ? lab.authUrl.replace(/\/v3$/, '') : lab.networkUrl;
  const auth = exchange.as === null ? undefined : tokens.get(exchange.as);
  const answer = await fetch(`${base}${meanings.translate(path)}`, {
    method,
    headers: { ...headers, ...(auth === undefined ? {} : { 'X-Auth-Token': auth }) },
    ...(body === null ? {} : { body: meanings.translate(typeof body === 'string' ? body : JSON.stringify(body)) }),
  });
  const text = await answer.text();
  const actual: unknown = text === '' ? null : JSON.parse(text);
  meanings.learn(exchange.response, actual);
  const expected: unknown =
    exchange.response === null ? null : JSON.parse(meanings.translate(JSON.stringify(exchange.response)));
  expect({ status: answer.status, body: comparable(actual) }).toEqual({
    status: exchange.status,
    body: comparable(expected),
  });
});
