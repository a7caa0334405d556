import type { AssignVirtualMacInput, RevokeVirtualMacInput, VirtualMacResult } from '../../src/protocol/virtualMacs';
import { PortwardenError } from '../../src/domain/errors';
import { MemoryVirtualMacs } from '../activities/fakes/memoryVirtualMacs';
import { ip, junos, port, server } from '../activities/fakes/values';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const CAUSE = { workflowId: 'device:junos:1' };
const FIRST = '02:00:00:00:00:01';

let stored: MemoryVirtualMacs;
let site: ApiUnderTest;
let asked: (AssignVirtualMacInput | RevokeVirtualMacInput)[];
let fault: Error | undefined;

beforeEach(async () => {
  stored = new MemoryVirtualMacs(() => undefined);
  await stored.allocate(
    [5, 6, 7].map((last) => ({ serverId: server(12), ip: ip(`10.0.48.${last}`) })),
    CAUSE,
  );
  const place = { device: junos(1), port: port('ge-0/0/1.0') };
  stored.rows = stored.rows.map((row) => (row.mac === FIRST ? { ...row, state: 'active', places: [place] } : row));
  asked = [];
  fault = undefined;
  const answer = async (input: AssignVirtualMacInput | RevokeVirtualMacInput): Promise<VirtualMacResult> => {
    asked.push(input);
    if (fault !== undefined) throw fault;
    const [virtualMac] = stored.rows;
    if (virtualMac === undefined) throw new Error('there is none');
    return { summary: 'done', virtualMac, ports: [] };
  };
  site = await startApi({ virtualMacs: { virtualMacs: stored, operations: { assign: answer, revoke: answer } } });
});
afterEach(() => site.api.close());

interface Answer {
  readonly virtualMacs: { readonly mac: string }[];
  readonly events: { readonly action: string; readonly ip: string }[];
  readonly next?: string;
}
const get = async (path: string): Promise<Answer> =>
  (await (await site.get(`/api/virtual-macs${path}`)).json()) as Answer;
const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${site.api.url}/api/virtual-macs${path}`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });
const macs = ({ virtualMacs }: Answer): string[] => virtualMacs.map(({ mac }) => mac.slice(-2));

describe('virtual MACs over the API', () => {
  it('are listed newest first, page by page', async () => {
    const first = await get('?limit=2');
    expect(macs(first)).toEqual(['03', '02']);
    const second = await get(`?limit=2&after=${first.next ?? ''}`);
    expect([macs(second), second.next]).toEqual([['01'], undefined]);
  });

  it.each([
    ['?server=12', ['03', '02', '01']],
    ['?server=13', []],
    ['?ip=10.0.48.6', ['02']],
    ['?state=active', ['01']],
    ['?device=junos:1&port=ge-0/0/1.0', ['01']],
    ['?device=junos:1&port=ge-0/0/1', ['01']],
  ])('%s', async (query, expected) => {
    expect(macs(await get(query))).toEqual(expected);
  });

  it('one is shown with its event log; the log of all page by page', async () => {
    expect(await get(`/${FIRST}`)).toMatchObject({ virtualMac: { mac: FIRST }, events: [{ action: 'allocated' }] });
    const first = await get('/log?server=12&limit=2');
    expect(first.events.map((event) => event.ip)).toEqual(['10.0.48.7', '10.0.48.6']);
    const second = await get(`/log?server=12&limit=2&after=${first.next ?? ''}`);
    expect(second.events.map((event) => event.ip)).toEqual(['10.0.48.5']);
    expect((await get(`/log?mac=${FIRST}`)).events).toHaveLength(1);
  });

  it('are given and revoked by a worker', async () => {
    const given = await post('', { server: '12', ip: '10.0.48.9', mac: '02-AA-00-00-00-01', by: 'ann' });
    expect([given.status, await given.json()]).toEqual([200, expect.objectContaining({ summary: 'done' })]);
    expect((await post(`/${FIRST}/revoke`, { reason: 'leaked' })).status).toBe(200);
    expect(asked).toEqual([
      { server: 12, ip: '10.0.48.9', mac: '02:aa:00:00:00:01', by: 'ann' },
      { mac: FIRST, reason: 'leaked' },
    ]);
  });

  it('the refusal of a worker is the answer', async () => {
    fault = new PortwardenError('virtual-mac-refused', 'it is the primary address');
    const answer = await post('', { server: 12, ip: '10.0.48.5' });
    expect([answer.status, (await errorOf(answer))['code']]).toEqual([422, 'virtual-mac-refused']);
  });

  it.each([
    ['GET', '?limit=0', undefined, 'limit'],
    ['GET', '?after=x', undefined, 'after'],
    ['GET', '?state=gone', undefined, 'state'],
    ['GET', '?server=x', undefined, 'server'],
    ['GET', '?ip=1.2.3', undefined, 'ip'],
    ['GET', '?port=ge-0/0/1.0', undefined, 'device'],
    ['GET', '/log?mac=00:50:56:00:00:01', undefined, 'mac'],
    ['GET', '/00:50:56:00:00:01', undefined, 'mac'],
    ['POST', '', { server: 12, ip: '10.0.48.5', mac: '03:00:00:00:00:01' }, 'mac'],
    ['POST', '', { server: 12, ip: '10.0.48.5', by: '' }, 'by'],
    ['POST', '', { ip: '10.0.48.5' }, 'server'],
    ['POST', '', { server: 12, ip: '10.0.48.5', switch: 3 }, 'switch'],
    ['POST', `/${FIRST}/revoke`, { reason: 'x'.repeat(201) }, 'reason'],
  ])('%s %s %j is refused and names %s; no worker is asked', async (method, path, body, field) => {
    const answer = method === 'GET' ? await site.get(`/api/virtual-macs${path}`) : await post(path, body);
    expect([answer.status, await errorOf(answer)]).toEqual([400, expect.objectContaining({ field })]);
    expect(asked).toEqual([]);
  });

  it('one that is not ours is not found, and a process without a store says that it has none', async () => {
    expect((await site.get('/api/virtual-macs/02:00:00:00:00:77')).status).toBe(404);
    const bare = await startApi();
    expect((await bare.get('/api/virtual-macs')).status).toBe(501);
    await bare.api.close();
  });

  it('ask for the token', async () => {
    expect((await site.get('/api/virtual-macs', {})).status).toBe(401);
  });
});
