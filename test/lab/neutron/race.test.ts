import { startNeutronLab, type NeutronLab, type NeutronLabOptions } from '../../../lab/neutron/lab';
import { seedCloud, type SeededCloud } from '../../../lab/neutron/seed';

/** What the recorded exchanges cannot play one after the other: writers of the same moment, pages, tokens, faults. */

let lab: NeutronLab;
let cloud: SeededCloud;
let token: string;
const start = async (options: NeutronLabOptions = {}): Promise<void> => {
  lab = await startNeutronLab(options);
  cloud = seedCloud(lab);
  token = await newToken();
};
afterEach(() => lab.close());

async function newToken(): Promise<string> {
  const { id, secret } = cloud.credential;
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  const answer = await fetch(`${lab.authUrl}/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({ auth: { identity } }),
  });
  return answer.headers.get('x-subject-token') ?? '';
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${lab.networkUrl}/v2.0${path}`, {
    ...init,
    headers: { ...(init.headers as Record<string, string> | undefined), 'X-Auth-Token': token },
  });

/** Ten writers with the revision that is right, each with an address of its own. */
async function tenAtOnce(body: (ip: string) => object): Promise<number[]> {
  const { id, revision_number: revision } = cloud.first;
  const writes = Array.from({ length: 10 }, (_, index) =>
    ask(`/ports/${id}`, {
      method: 'PUT',
      headers: { 'If-Match': `revision_number=${revision}` },
      body: JSON.stringify({ port: body(`10.10.10.${100 + index}`) }),
    }),
  );
  return (await Promise.all(writes)).map(({ status }) => status).sort();
}

const pairsOnly = (ip: string): Record<string, unknown> => ({ allowed_address_pairs: [{ ip_address: ip }] });
const allThree = (ip: string): object => ({
  port_security_enabled: true,
  security_groups: [],
  allowed_address_pairs: [{ ip_address: ip }],
});

test('SQLite takes one request at a time: one writer is let through, nine are stale', async () => {
  await start();
  expect(await tenAtOnce(pairsOnly)).toEqual([200, ...Array<number>(9).fill(412)]);
  expect(lab.state.ports.get(cloud.first.id)?.allowed_address_pairs).toHaveLength(1);
});

test('PostgreSQL lets all ten through: lists end up merged, and of the three attributes one writer’s stay', async () => {
  await start({ database: 'postgresql', writersAtOnce: 10 });
  expect(await tenAtOnce(pairsOnly)).toEqual(Array<number>(10).fill(200));
  expect(lab.state.ports.get(cloud.first.id)?.allowed_address_pairs).toHaveLength(10);
  expect(await tenAtOnce(allThree)).toEqual(Array<number>(10).fill(200));
  expect(lab.state.ports.get(cloud.first.id)?.allowed_address_pairs).toHaveLength(1);
});

test('pages: a full one has a next link, also when it is the last', async () => {
  await start();
  const page = async (query: string): Promise<{ ports: { id: string }[]; ports_links?: { href: string }[] }> =>
    (await (await ask(`/ports?${query}`)).json()) as never;
  const first = await page('limit=2&sort_key=id&fields=id');
  expect([first.ports.length, first.ports_links?.length]).toEqual([2, 1]);
  const rest = await page(new URL(first.ports_links?.[0]?.href ?? '').searchParams.toString());
  expect(rest.ports_links).toBeUndefined();
  const ids = [...first.ports, ...rest.ports].map(({ id }) => id);
  expect(ids).toEqual([...lab.state.ports.keys()].sort());
});

test('a token is refused when it was revoked, and when its time is over', async () => {
  await start({ tokenSeconds: 0.2 });
  expect((await ask('/ports')).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect((await ask('/ports')).status).toBe(401);
  token = await newToken();
  lab.keystone.revokeAll();
  expect((await ask('/ports')).status).toBe(401);
});

test('while Keystone is away Neutron answers with a page that is no JSON', async () => {
  await start();
  lab.keystoneAway = true;
  const answer = await ask('/ports');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/html; charset=UTF-8']);
});

test('with the new defaults a reader writes nothing', async () => {
  await start({ newDefaults: true });
  const reader = { user: 'auditor', projectId: cloud.projectId, roles: ['reader'] };
  const write = lab.ports.update(reader, cloud.first.id, pairsOnly('10.10.10.99'), undefined);
  await expect(write).rejects.toMatchObject({ status: 403, type: 'PolicyNotAuthorized' });
});

test('a fault answers instead, a number of times, and the request may have been carried out', async () => {
  await start();
  const { id } = cloud.first;
  lab.fault({ of: 'PUT /v2.0/ports', answer: { status: 503, body: 'busy' }, carriedOut: true, times: 1 });
  const write = (): Promise<Response> =>
    ask(`/ports/${id}`, { method: 'PUT', body: JSON.stringify({ port: pairsOnly('10.10.10.99') }) });
  expect((await write()).status).toBe(503);
  expect(lab.state.ports.get(id)?.allowed_address_pairs).toHaveLength(1);
  expect((await write()).status).toBe(200);
  const end = lab.fault({ of: 'GET /v2.0/ports', answer: 'drop' });
  await expect(ask('/ports')).rejects.toThrow();
  end();
  expect((await ask('/ports')).status).toBe(200);
});
