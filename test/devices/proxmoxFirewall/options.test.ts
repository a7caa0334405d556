import { FILTER_WRITER } from '../../../lab/proxmox/access';
import type { LabCluster } from '../../../lab/proxmox/cluster';
import { withFirewall } from '../../../src/devices/proxmoxFirewall/nicOptions';
import { parseIp } from '../../../src/domain/values/ip';
import { converge } from '../../../src/devices/pass/converge';
import { PolicySite } from '../policySite';
import { bind, outcomeOf, recordingContext, request, target } from '../support';
import { CONTAINER, FIRST, SECOND, startCluster, type FilteredCluster } from './cluster';

/* Options that the configuration has switched on: only where nothing is lost by it, and nothing else of the guest. */

const ON = { nicFirewall: true, macFilter: true, ipFilter: false };
const PLAIN = 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=100,queues=4';
const BOUND = bind('192.0.2.10', 'bc:24:11:00:01:00', 100);

let cluster: FilteredCluster;
let site: PolicySite;
/** Requests before the test's own. */
let before: number;

const start = async (
  switchOn: Partial<typeof ON> = {},
  privileges: readonly string[] = [...FILTER_WRITER, 'SDN.Use'],
): Promise<void> => {
  cluster = await startCluster({ privileges, filters: { switchOn: { ...ON, ...switchOn } } });
  site = new PolicySite(cluster.device);
  lab().guest(101).config['net0'] = PLAIN;
  options()['macfilter'] = 0;
  cluster.put(FIRST, ['192.0.2.10']);
  before = cluster.lab.requests().length;
};
afterEach(() => cluster.stop());

const lab = (): LabCluster => cluster.lab.cluster;
const options = (): Record<string, number | string> => lab().firewall(101).options;
const nic = (): string | undefined => lab().guest(101).config['net0'];
const writes = (): string[] =>
  cluster.lab
    .requests()
    .slice(before)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`);
const puts = (): string[] => writes().filter((seen) => seen.startsWith('PUT'));
const pass = (targets = [target(FIRST, [BOUND])]) => site.pass(targets);

test('firewall=1 and macfilter are switched on with the filter, once, and read back; nothing else is changed', async () => {
  await start();
  const before = { ...options() };
  const first = outcomeOf(await pass(), FIRST);
  expect(first.plan.add.map(({ text }) => text)).toEqual(['firewall=1 of net0', "macfilter=1 of the guest's firewall"]);
  expect([first.status, nic(), options()]).toEqual(['applied', `${PLAIN},firewall=1`, { ...before, macfilter: '1' }]);
  expect(puts()).toHaveLength(2);
  expect(outcomeOf(await pass(), FIRST)).toMatchObject({ status: 'unchanged', remarks: [] });
  expect(puts()).toHaveLength(2);
});

test('with the first filter of a NIC they come after it, in the same pass', async () => {
  await start();
  lab().firewall(101).sets.clear();
  expect(outcomeOf(await pass(), FIRST).status).toBe('applied');
  expect([cluster.cidrs(FIRST), nic()]).toEqual([['192.0.2.10'], `${PLAIN},firewall=1`]);
  expect(writes()).toEqual(['POST ipset', 'POST portwarden-net0', 'POST ipset', 'PUT options', 'PUT config']);
});

test('a preview shows them as commands, and writes nothing', async () => {
  await start();
  const state = await cluster.device.readState(new AbortController().signal, { ports: [FIRST] });
  const plan = { ...outcomeOf(await pass(), FIRST).plan };
  expect(state.commands([plan])).toEqual(
    [
      '/nodes/pve1/qemu/101/firewall/options --macfilter 1',
      `/nodes/pve1/qemu/101/config --net0 '${PLAIN},firewall=1'`,
    ].map((command) => `pvesh set ${command}`),
  );
  expect(state.notes([plan])).toEqual([
    '101/net0 gets firewall=1: Proxmox plugs the NIC anew, a short loss',
    'the guest of 101/net0 gets macfilter=1, for all of its NICs',
  ]);
});

test.each<[string, (lab: LabCluster) => void, RegExp]>([
  ['the input policy is not set', () => delete options()['policy_in'], /input policy is not set, which means DROP/],
  ['the output policy is DROP', () => (options()['policy_out'] = 'DROP'), /output policy is DROP/],
  [
    'a change waits for the next start',
    (of) => of.setConfig(101, { net0: `${PLAIN},mtu=1400` }, { pending: true }),
    /waits for the next start/,
  ],
  ['it has no MAC of its own', (of) => of.setConfig(101, { net0: 'virtio,bridge=vmbr0' }), /no MAC of its own/],
])('firewall=1 stays off when %s, and the outcome says so', async (_case, arrange, words) => {
  await start({ macFilter: false });
  arrange(lab());
  const before = JSON.stringify([lab().guest(101), options()]);
  const { status, remarks } = outcomeOf(await pass(), FIRST);
  expect([status, remarks.join()]).toEqual(['unchanged', expect.stringMatching(words) as string]);
  expect([JSON.stringify([lab().guest(101), options()]), puts()]).toEqual([before, []]);
});

test('firewall=1 stays off while an address behind the NIC is in doubt, and while the filter is empty', async () => {
  await start({ macFilter: false });
  await pass([target(FIRST, [BOUND], { retainIps: [parseIp('192.0.2.77')] })]);
  expect(nic()).toBe(PLAIN);
  cluster.put(FIRST, []);
  await pass([target(FIRST, [])]);
  expect(nic()).toBe(PLAIN);
  cluster.put(FIRST, ['192.0.2.10', '192.0.2.77']);
  await pass([target(FIRST, [BOUND], { retainIps: [parseIp('192.0.2.77')] })]);
  expect(nic()).toBe(`${PLAIN},firewall=1`);
});

test('a locked guest is busy, and a cluster without the right says which', async () => {
  await start({ macFilter: false });
  lab().setLock(101, 'migrate');
  expect(outcomeOf(await pass(), FIRST).error).toMatchObject({ code: 'device-busy' });
  lab().setLock(101, undefined);
  expect(outcomeOf(await pass(), FIRST).status).toBe('applied');
  await cluster.stop();
  await start({ macFilter: false }, FILTER_WRITER);
  const { code, message } = outcomeOf(await pass(), FIRST).error ?? {};
  expect([code, message, nic()]).toEqual(['device-permission', expect.stringContaining('SDN.Use'), PLAIN]);
});

test('a guest that takes firewall=1 at its next start only is no success, and is not written again', async () => {
  await start({ macFilter: false });
  lab().guest(101).plugsAnew = false;
  expect(outcomeOf(await pass(), FIRST)).toMatchObject({
    status: 'failed',
    error: { code: 'device-readback-mismatch' },
  });
  const again = outcomeOf(await pass(), FIRST);
  expect([again.status, again.remarks.join(), puts().length]).toEqual([
    'unchanged',
    expect.stringContaining('waits for the next start'),
    1,
  ]);
  lab().restart(101);
  expect(outcomeOf(await pass(), FIRST)).toMatchObject({
    status: 'unchanged',
    remarks: ['enforced in part: macfilter=0: another MAC may be used'],
  });
});

test('somebody who edits the guest at the same moment loses nothing', async () => {
  await start({ macFilter: false });
  // Each reading before a write, and the write itself: what was read is stale by then.
  let edits = 0;
  cluster.lab.onRequest((path) => {
    if (path.endsWith('/101/config') && edits < 6)
      lab().setConfig(101, { net1: `virtio=BC:24:11:00:01:01,bridge=vmbr${(edits += 1)}` });
  });
  expect(outcomeOf(await pass(), FIRST).status).toBe('applied');
  expect([puts().length > 1, edits]).toEqual([true, 6]);
  expect(lab().guest(101).config).toMatchObject({
    net0: `${PLAIN},firewall=1`,
    net1: 'virtio=BC:24:11:00:01:01,bridge=vmbr6',
  });
});

test('a container is written in its own words', async () => {
  await start({ macFilter: false });
  lab().guest(102).config['net0'] = 'name=eth0,bridge=vmbr0,firewall=0,hwaddr=BC:24:11:00:02:00,tag=100,type=veth';
  cluster.put(CONTAINER, ['192.0.2.20']);
  const bound = bind('192.0.2.20', 'bc:24:11:00:02:00', 100);
  expect(outcomeOf(await pass([target(CONTAINER, [bound])]), CONTAINER).status).toBe('applied');
  expect(lab().guest(102).config['net0']).toBe(
    'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:00:02:00,tag=100,type=veth',
  );
});

test('ipfilter comes once every NIC behind the firewall has a filter, and then port security stays on', async () => {
  await start({ nicFirewall: false, macFilter: false, ipFilter: true });
  const { remarks } = outcomeOf(await pass(), FIRST);
  expect(remarks.join()).toContain('net1, net2 would be cut off, without a filter of its own');
  cluster.put(SECOND, ['192.0.2.11']);
  cluster.put('101/net2', ['192.0.2.12']);
  expect(outcomeOf(await pass(), FIRST).status).toBe('applied');
  expect(options()['ipfilter']).toBe('1');
  site.policies = [site.policy(FIRST, { portSecurity: 'off' })];
  const { policy } = outcomeOf(await pass(), FIRST);
  expect(policy?.refused.map(({ message }) => message).join()).toContain('a NIC without a set is cut off');
  expect(cluster.cidrs(FIRST)).toEqual(['192.0.2.10']);
});

test('a NIC that comes between reading and writing is not cut off by ipfilter', async () => {
  await start({ nicFirewall: false, macFilter: false, ipFilter: true });
  cluster.put(SECOND, ['192.0.2.11']);
  cluster.put('101/net2', ['192.0.2.12']);
  // The second reading of the options is that of the writer.
  let readings = 0;
  cluster.lab.onRequest((path) => {
    if (/101\/firewall\/options/.test(path) && (readings += 1) > 1)
      lab().setConfig(101, { net3: 'virtio=BC:24:11:00:01:03,bridge=vmbr0,firewall=1' });
  });
  const { status, error } = outcomeOf(await pass(), FIRST);
  expect([status, error?.code, options()['ipfilter']]).toEqual(['failed', 'device-conflict', undefined]);
  expect(error?.message).toContain('net3 would be cut off');
});

test('two NICs of a guest in one pass, one of them put aside by a policy', async () => {
  await start();
  cluster.put(SECOND, ['192.0.2.11']);
  site.policies = [site.policy(SECOND, { portSecurity: 'off' })];
  const second = bind('192.0.2.11', 'bc:24:11:00:01:01', 100);
  const done = await pass([target(FIRST, [BOUND]), target(SECOND, [second])]);
  expect([outcomeOf(done, FIRST).status, outcomeOf(done, SECOND).status]).toEqual(['applied', 'applied']);
  expect(nic()).toBe(`${PLAIN},firewall=1`);
  site.policies = [];
  const back = await pass([target(FIRST, [BOUND]), target(SECOND, [second])]);
  expect([outcomeOf(back, FIRST).status, outcomeOf(back, SECOND).status]).toEqual(['unchanged', 'applied']);
  expect([cluster.cidrs(SECOND), options()['macfilter'], nic()]).toEqual([['192.0.2.11'], '1', `${PLAIN},firewall=1`]);
});

test('where the panel manages firewalls, and where nothing is said, nothing is switched on', async () => {
  for (const filters of [{}, { panelManagesFirewalls: true, switchOn: ON }]) {
    cluster = await startCluster({ filters });
    cluster.put(FIRST, ['192.0.2.10']);
    lab().guest(101).config['net0'] = PLAIN;
    options()['macfilter'] = 0;
    const before = JSON.stringify([lab().guest(101), options()]);
    const passed = await converge(cluster.device, request([target(FIRST, [BOUND])]), recordingContext());
    expect([outcomeOf(passed, FIRST).status, JSON.stringify([lab().guest(101), options()])]).toEqual([
      'unchanged',
      before,
    ]);
    if (Object.keys(filters).length === 0) await cluster.stop();
  }
});

test.each([
  [PLAIN, `${PLAIN},firewall=1`],
  [
    'firewall=0,model=virtio,macaddr=bc:24:11:00:00:01,bridge=vmbr0,trunks=10;20-30',
    'firewall=1,model=virtio,macaddr=bc:24:11:00:00:01,bridge=vmbr0,trunks=10;20-30',
  ],
  ['e1000=BC:24:11:79:D5:65, firewall=off ,bridge=vnet0', 'e1000=BC:24:11:79:D5:65,firewall=1,bridge=vnet0'],
])('%s is written as %s', (before, after) => {
  expect(withFirewall('qemu', before)).toBe(after);
});
