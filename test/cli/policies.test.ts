import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { runAgainst, type Printed } from './runAgainst';

const ME = `${userInfo().username}@${hostname()}`;
const SCOPE = { kind: 'port', device: 'neutron:lab', port: 'aa11' };
const POLICY = {
  ...{ scope: SCOPE, version: '7', portSecurity: 'off', author: 'ada', reason: 'firewall', state: 'active' },
  createdAt: '2026-11-29T13:00:00.000Z',
};
const CHANGE = {
  version: '7',
  at: '2026-11-29T13:00:00.000Z',
  scope: SCOPE,
  change: 'set',
  author: 'ada',
  reason: 'firewall',
};
const outcome = (extra: object = {}) => ({
  ...{ device: 'neutron:lab', port: 'aa11', status: 'applied', summary: '0 added, 1 removed; read back' },
  ...extra,
});
const DONE = {
  summary: 'ada set the policy of port neutron:lab aa11. 1 port(s): 1 applied',
  change: CHANGE,
  notes: [],
};

let server: Server;
let asked: {
  readonly method: string;
  readonly url: string;
  readonly key: string | string[] | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}[];
let outcomes: readonly object[];
let policies: readonly object[];

beforeEach(async () => {
  asked = [];
  outcomes = [outcome()];
  policies = [POLICY];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const key = request.headers['idempotency-key'];
      asked.push({ method, url, key, body: text === '' ? {} : (JSON.parse(text) as (typeof asked)[number]['body']) });
      response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(JSON.stringify(answerTo(url)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function answerTo(url: string): object {
  if (url.startsWith('/api/policies?')) return { policies };
  if (url.startsWith('/api/policies/show'))
    return { policy: policies[0], version: '7', changes: [{ ...CHANGE, after: POLICY }] };
  if (url === '/api/policies/preview') return { summary: '1 port(s)', devices: [], notes: ['opens: 10.0.0.4'] };
  if (url === '/api/decisions/changePolicy-1') return { state: 'completed', outcome: { ...DONE, outcomes } };
  return { workflowId: 'changePolicy-1', statusUrl: '/x', change: CHANGE };
}

function run(...args: string[]): Promise<Printed> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runAgainst(url, ['policy', ...args]);
}
const port = ['--device', 'neutron:lab', '--port', 'aa11'];
const why = ['--reason', 'firewall'];
const posted = () => asked.find(({ method }) => method === 'POST');

describe('portwarden policy set', () => {
  it('sends what is said, waits, and shows what became of each port', async () => {
    const { code, out, err } = await run('set', ...port, '--port-security', 'off', ...why, '--expires', '2h');
    expect([code, posted()?.url]).toEqual([0, '/api/policies/set']);
    expect(posted()?.body).toEqual({
      ...{ device: 'neutron:lab', port: 'aa11', portSecurity: 'off', author: ME, reason: 'firewall' },
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
    expect(err).toBe('accepted as changePolicy-1, recorded as version 7; its ports are looked at\n');
    expect(out).toBe(`${DONE.summary}\n  neutron:lab aa11  applied: 0 added, 1 removed; read back\n`);
  });

  it('takes pairs as openstack does, lists that are empty, and flags', async () => {
    const pairs = ['--allowed-address', 'ip-address=10.10.10.0/24,mac-address=fa:16:3e:00:00:01,vlan=20'];
    const further = ['--allowed-address', '10.0.0.7', '--no-security-group', '--exclusive', '--if-version', '0'];
    await run('set', '--server', '12', ...pairs, ...further, '--as', 'host', ...why, '--author', 'ada');
    expect(posted()?.body).toEqual({
      ...{ server: '12', author: 'ada', reason: 'firewall', exclusive: true, as: 'host', version: '0' },
      allowedAddressPairs: [
        { address: '10.10.10.0/24', mac: 'fa:16:3e:00:00:01', vlan: '20' },
        { address: '10.0.0.7' },
      ],
      securityGroups: [],
    });
    asked = [];
    await run(
      'set',
      '--device',
      'neutron:lab',
      '--no-allowed-address',
      '--security-group',
      'a',
      '--security-group',
      'b',
      ...why,
    );
    expect(posted()?.body).toMatchObject({ allowedAddressPairs: [], securityGroups: ['a', 'b'] });
  });

  it.each<[string, object]>([
    ['parked', outcome({ status: 'parked' })],
    ['failed', outcome({ status: 'failed' })],
    ['refused in part', outcome({ policy: { refused: [{ code: 'policy-unsupported', message: 'no groups here' }] } })],
  ])('says with its exit code that a port is %s', async (_what, one) => {
    outcomes = [outcome(), one];
    const { code, out } = await run('set', ...port, '--port-security', 'off', ...why);
    expect(code).toBe(4);
    if ('policy' in one) expect(out).toContain('not carried out: policy-unsupported: no groups here');
  });

  it('does not wait when told so', async () => {
    const { code, out } = await run('set', ...port, '--port-security', 'on', ...why, '--no-wait');
    expect([code, out]).toEqual([0, 'accepted as changePolicy-1, recorded as version 7; its ports are looked at\n']);
    expect(asked).toHaveLength(1);
  });

  it('previews without a reason, and changes nothing', async () => {
    const { code, out } = await run('set', ...port, '--port-security', 'off', '--preview');
    expect([code, asked.map(({ url }) => url)]).toEqual([0, ['/api/policies/preview']]);
    expect(posted()?.body).toEqual({ change: 'set', device: 'neutron:lab', port: 'aa11', portSecurity: 'off' });
    expect(out).toContain('opens: 10.0.0.4');
  });

  it.each([
    [['--port-security', 'off', ...why], /say whose ports/],
    [[...port, '--port-security', 'off'], /say why, with --reason/],
    [[...port, '--port-security', 'maybe', ...why], /Allowed choices are on, off/],
    [[...port, '--allowed-address', 'mac-address=fa:16:3e:00:00:01', ...why], /must be ip-address=/],
    [[...port, '--port-security', 'off', '--expires', 'yesterday', ...why], /--expires must be in the future/],
  ])('refuses %j, and asks nobody', async (args, words) => {
    const { code, err } = await run('set', ...args);
    expect([code, asked]).toEqual([2, []]);
    expect(err).toMatch(words);
  });
});

it('portwarden policy unset ends one', async () => {
  expect((await run('unset', ...port, ...why, '--if-version', '7', '--idempotency-key', 'k1')).code).toBe(0);
  expect(posted()).toMatchObject({
    key: 'k1',
    url: '/api/policies/unset',
    body: { device: 'neutron:lab', port: 'aa11', version: '7' },
  });
});

it('portwarden policy list and show tell whose ports, what, by whom, why and until when', async () => {
  policies = [
    POLICY,
    {
      ...{ ...POLICY, scope: { kind: 'server', serverId: 12 }, expiresAt: '2026-11-29T15:00:00.000Z', state: 'ending' },
      over: { allowedAddressPairs: [{ address: '10.10.10.0/24' }], securityGroups: [] },
    },
  ];
  const list = await run('list', '--device', 'neutron:lab', '--kind', 'port', '--ending');
  expect(asked[0]?.url).toBe('/api/policies?limit=500&device=neutron%3Alab&kind=port&ending=soon');
  expect(list.out).toBe(
    [
      'port neutron:lab aa11  version 7',
      '      port security off',
      '      by ada since 2026-11-29T13:00:00.000Z, for good: firewall',
      'server 12  version 7',
      '      port security off',
      '      by ada since 2026-11-29T13:00:00.000Z, until 2026-11-29T15:00:00.000Z (within the hour): firewall',
      '      then again: further addresses 10.10.10.0/24; no security groups',
      '',
    ].join('\n'),
  );
  const shown = await run('show', ...port);
  expect(asked.at(-1)?.url).toBe('/api/policies/show?device=neutron%3Alab&port=aa11');
  expect(shown.out).toContain(
    'What was done:\n     7  2026-11-29T13:00:00.000Z  set by ada (firewall): port security off\n',
  );
  policies = [];
  expect((await run('list')).out).toBe('There is no port policy\n');
  expect((await run('show', ...port)).out).toContain('There is no policy now');
});
