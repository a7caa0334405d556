import type { Convergence } from '../../../src/devices/pass/convergence';
import { converge } from '../../../src/devices/pass/converge';
import type { PortTarget } from '../../../src/devices/pass/request';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { bind, codeOf, outcomeOf, recordingContext, request, target, type RecordingContext } from '../support';
import { CONTAINER, EMPTY, FIRST, SECOND, startCluster, type FilteredCluster } from './cluster';

/** What only this kind promises: several writers, no lock, a request for each address, a first filter that shuts out the rest. */

let cluster: FilteredCluster;
afterEach(() => cluster.stop());

const MAC = '02:00:00:00:00:10';
const want = (port: string, ips: readonly string[], more: Partial<PortTarget> = {}): PortTarget =>
  target(
    port,
    ips.map((ip) => bind(ip, MAC, 100)),
    more,
  );
const put = (targets: readonly PortTarget[], context: RecordingContext = recordingContext()): Promise<Convergence> =>
  converge(cluster.device, request(targets), context);
const writes = (): string[] =>
  cluster.lab
    .requests()
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/firewall\/ipset/, '').replace(/\?.*$/, '')}`);
const before = (work: () => void): RecordingContext =>
  recordingContext({
    beforeCommit: async () => {
      work();
    },
  });

/** What the filter of a port was whenever a request came. */
function watched(port: string): (string[] | undefined)[] {
  const seen: (string[] | undefined)[] = [];
  cluster.lab.onRequest(() => seen.push(cluster.cidrs(port)));
  return seen;
}

test('a first filter is filled under another name and put in place in one step: it is never empty', async () => {
  cluster = await startCluster();
  const seen = watched(EMPTY);
  const result = await put([want(EMPTY, ['192.0.2.50', '2001:db8::50'])]);
  expect(outcomeOf(result, EMPTY).status).toBe('applied');
  expect(cluster.cidrs(EMPTY)).toEqual(['2001:db8::50', '192.0.2.50']);
  expect(writes()).toEqual(['POST ', 'POST /portwarden-net2', 'POST /portwarden-net2', 'POST ']);
  expect(seen.filter((entries) => entries !== undefined && entries.length < 2)).toEqual([]);
  expect([...cluster.lab.cluster.firewall(101).sets.keys()]).toEqual(['ipfilter-net2']);
  expect(result.notes).toEqual(['101/net2 gets its first filter: from then on it may send from these addresses alone']);
});

test('a replaced address comes before the old one goes, so that there is never nothing', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  const seen = watched(FIRST);
  expect(outcomeOf(await put([want(FIRST, ['192.0.2.11'])]), FIRST).status).toBe('applied');
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.11']);
  expect(seen.filter((entries) => entries?.length === 0)).toEqual([]);
});

test('the last address taken away leaves an empty filter, through which nothing passes; the set stays', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  const result = await put([want(FIRST, [])]);
  expect([outcomeOf(result, FIRST).status, cluster.cidrs(FIRST)]).toEqual(['applied', []]);
  expect(result.notes).toEqual(['101/net0 keeps an empty filter: it may send from no address']);
  expect(outcomeOf(await put([want(FIRST, ['192.0.2.11'])]), FIRST).status).toBe('applied');
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.11']);
});

test('a converged port is not written again, however its entries are spelled', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10/32', '2001:DB8:0::1']);
  for (let pass = 0; pass < 5; pass += 1)
    expect(outcomeOf(await put([want(FIRST, ['192.0.2.10', '2001:db8::1'])]), FIRST).status).toBe('unchanged');
  expect(writes()).toEqual([]);
});

test('an address that is there in two spellings goes whole', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['2001:DB8::1', '2001:db8:0::1', '192.0.2.10']);
  const removals = { named: [bind('2001:db8::1', MAC, 100).ip], absent: [] };
  expect(outcomeOf(await put([want(FIRST, ['192.0.2.10'], { removals })]), FIRST).status).toBe('applied');
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.10']);
});

test('entries of others stay and wait for a person: ranges, exceptions, aliases, and addresses with our comment', async () => {
  cluster = await startCluster();
  const foreign = [
    { cidr: '198.51.100.0/24' },
    { cidr: '198.51.100.7', nomatch: 1 as const },
    { cidr: 'dc/office' },
    { cidr: '198.51.100.9', comment: 'portwarden' },
  ];
  cluster.put(FIRST, foreign);
  const result = await put([want(FIRST, ['192.0.2.10'], { removals: NO_REMOVALS })]);
  expect(outcomeOf(result, FIRST)).toMatchObject({ status: 'applied', parked: { guarded: false } });
  expect(
    outcomeOf(result, FIRST)
      .parked?.remove.map(({ text }) => text)
      .sort(),
  ).toEqual([
    '!198.51.100.7 in ipfilter-net0',
    '198.51.100.0/24 in ipfilter-net0',
    '198.51.100.9 in ipfilter-net0',
    'dc/office in ipfilter-net0',
  ]);
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.10', ...foreign.map(({ cidr }) => cidr)]);
  expect(cluster.lab.cluster.firewall(101).sets.get('ipfilter-net0')?.entries[0]).toEqual({
    cidr: '192.0.2.10',
    comment: 'portwarden',
  });
});

test('somebody who wrote the set meanwhile is named, nothing of either is lost, and the next pass goes on', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  const context = before(() => cluster.put(FIRST, ['192.0.2.10', '198.51.100.1']));
  const wanted = [want(FIRST, ['192.0.2.10', '192.0.2.11'])];
  const outcome = outcomeOf(await put(wanted, context), FIRST);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-conflict', retryable: true } });
  expect(outcome.error?.message).toContain('+198.51.100.1');
  expect(writes()).toEqual([]);
  expect(outcomeOf(await put(wanted), FIRST).status).toBe('applied');
  expect(cluster.cidrs(FIRST)?.sort()).toEqual(['192.0.2.10', '192.0.2.11', '198.51.100.1']);
});

test('a set that others make while the first filter is filled is not written over', async () => {
  cluster = await startCluster();
  const end = cluster.lab.onRequest((path) => {
    if (!path.endsWith('/ipset/portwarden-net2')) return;
    end();
    cluster.put(EMPTY, ['198.51.100.1']);
  });
  const outcome = outcomeOf(await put([want(EMPTY, ['192.0.2.50'])]), EMPTY);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-conflict' } });
  expect(cluster.cidrs(EMPTY)).toEqual(['198.51.100.1']);
  expect([...cluster.lab.cluster.firewall(101).sets.keys()]).toEqual(['ipfilter-net2']);
});

test('a removal names the digest of what was read: what others add in that moment stops it', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10', '192.0.2.11']);
  const end = cluster.lab.onRequest((path) => {
    if (!path.includes('?digest=')) return;
    end();
    cluster.put(FIRST, ['192.0.2.10', '192.0.2.11', '198.51.100.1']);
  });
  const outcome = outcomeOf(await put([want(FIRST, ['192.0.2.11'])]), FIRST);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'device-conflict' } });
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.10', '192.0.2.11', '198.51.100.1']);
});

test.each(['POST', 'DELETE'])(
  'a %s whose answer is lost is looked for: it may have been carried out',
  async (method) => {
    cluster = await startCluster();
    cluster.put(FIRST, ['192.0.2.10', '192.0.2.12']);
    cluster.lab.addFault({ kind: 'drop', method, carriedOut: true, times: 1 });
    const ips = method === 'POST' ? ['192.0.2.10', '192.0.2.11', '192.0.2.12'] : ['192.0.2.10'];
    expect(outcomeOf(await put([want(FIRST, ips)]), FIRST).status).toBe('applied');
    expect(cluster.cidrs(FIRST)?.sort()).toEqual(ips);
    expect(writes()).toHaveLength(1);
  },
);

test('what an interrupted first filter left is not in force, and is cleaned up by the next pass', async () => {
  cluster = await startCluster();
  const { sets } = cluster.lab.cluster.firewall(101);
  sets.set('portwarden-net2', { entries: [{ cidr: '192.0.2.99' }] });
  expect(outcomeOf(await put([want(EMPTY, [])]), EMPTY).status).toBe('unchanged');
  expect([...sets.keys()]).toEqual([]);
  sets.set('portwarden-net2', { entries: [{ cidr: '192.0.2.99' }] });
  expect(outcomeOf(await put([want(EMPTY, ['192.0.2.50'])]), EMPTY).status).toBe('applied');
  expect([[...sets.keys()], cluster.cidrs(EMPTY)]).toEqual([['ipfilter-net2'], ['192.0.2.50']]);
});

test('a cluster that is away before anything was written fails the pass; afterwards, only the ports that were not', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  cluster.put(SECOND, ['192.0.2.20']);
  const wanted = [want(FIRST, ['192.0.2.10', '192.0.2.11']), want(SECOND, ['192.0.2.20', '192.0.2.21'])];
  const away = { kind: 'drop' as const, method: 'POST' };
  const end = cluster.lab.addFault(away);
  expect(await codeOf(put(wanted))).toBe('proxmox-unreachable');
  end();
  cluster.lab.addFault({ ...away, path: 'ipfilter-net1' });
  const result = await put(wanted);
  expect([outcomeOf(result, FIRST).status, outcomeOf(result, SECOND).error?.code]).toEqual([
    'applied',
    'proxmox-unreachable',
  ]);
});

test('a set that cannot be read is not written; when nothing can be read after a write, the outcome is not known', async () => {
  cluster = await startCluster();
  cluster.put(FIRST, ['192.0.2.10']);
  const wanted = [want(FIRST, ['192.0.2.10', '192.0.2.11'])];
  const silent = { kind: 'status' as const, method: 'GET', path: '/ipset', status: 503 };
  const first = await put(
    wanted,
    before(() => cluster.lab.addFault(silent)),
  );
  expect([outcomeOf(first, FIRST).error?.code, writes()]).toEqual(['proxmox-failed', []]);
  cluster.lab.clearFaults();
  cluster.lab.addFault({ kind: 'drop', method: 'POST', carriedOut: true, times: 1 });
  const end = cluster.lab.onRequest(() => {
    if (writes().length === 0) return;
    end();
    cluster.lab.addFault(silent);
  });
  expect(await codeOf(put(wanted))).toBe('device-unknown-outcome');
});

test('who may only read is told so, and a guest or NIC that is not there by its name', async () => {
  cluster = await startCluster({ privileges: ['Sys.Audit', 'VM.Audit'] });
  const refused = outcomeOf(await put([want(EMPTY, ['192.0.2.50'])]), EMPTY);
  expect(refused.error).toMatchObject({ code: 'device-permission', retryable: false });
  expect(refused.error?.message).toContain('VM.Config.Network');
  for (const [port, message] of [
    ['999/net0', 'There is no 999/net0'],
    ['101/net9', 'The guest has no net9'],
  ] as const)
    expect(outcomeOf(await put([want(port, ['192.0.2.50'])]), port).error?.message).toContain(message);
  expect(outcomeOf(await put([want('999/net0', [])]), '999/net0').status).toBe('unchanged');
});

test('a guest that was deleted meanwhile gets no set: Proxmox would keep it for the next guest of that number', async () => {
  cluster = await startCluster();
  const context = before(() => cluster.lab.removeGuest(101));
  expect(outcomeOf(await put([want(EMPTY, ['192.0.2.50'])], context), EMPTY).error?.code).toBe('device-conflict');
  expect(cluster.lab.cluster.firewalls.has(101)).toBe(false);
});

test('a node that is down holds up its own guests alone; their filters are known without it', async () => {
  cluster = await startCluster();
  cluster.put(CONTAINER, ['192.0.2.30']);
  const node = cluster.lab.cluster.node('pve2');
  if (node !== undefined) node.online = false;
  const result = await put([want(EMPTY, ['192.0.2.50']), want(CONTAINER, ['192.0.2.30', '192.0.2.31'])]);
  expect(outcomeOf(result, EMPTY).status).toBe('applied');
  expect(outcomeOf(result, CONTAINER)).toMatchObject({
    status: 'failed',
    error: { code: 'proxmox-node-down', retryable: true },
    statements: [{ ip: '192.0.2.30' }],
  });
  expect(outcomeOf(await put([want(CONTAINER, ['192.0.2.30'])]), CONTAINER)).toMatchObject({ status: 'unchanged' });
});

test('a cluster without quorum is neither believed nor written', async () => {
  cluster = await startCluster();
  cluster.lab.cluster.quorate = false;
  expect(await codeOf(put([want(EMPTY, ['192.0.2.50'])]))).toBe('proxmox-no-quorum');
  expect(writes()).toEqual([]);
});

test('only the guests of the pass are read, however many there are', async () => {
  cluster = await startCluster();
  await put([want(EMPTY, ['192.0.2.50'])]);
  expect(cluster.lab.requests().filter(({ path }) => path.includes('/lxc/102'))).toEqual([]);
});
