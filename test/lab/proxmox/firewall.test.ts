import { AUDITOR, FILTER_WRITER } from '../../../lab/proxmox/access';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { closeLabs, dataOf, send, startLab, TOKEN, type WireAnswer } from './support';

afterEach(closeLabs);

const SETS = '/nodes/pve1/qemu/100/firewall/ipset';
const writer = { token: TOKEN, acl: [{ path: '/', privileges: FILTER_WRITER, propagate: true }] };
const start = (): Promise<ProxmoxLab> => startLab({ tokens: [writer] });

function call(lab: ProxmoxLab, method: string, path: string, form?: Record<string, string>): Promise<WireAnswer> {
  const body = form === undefined ? {} : { body: new URLSearchParams(form).toString() };
  return send(`${lab.urls[0] ?? ''}/api2/json${path}`, { token: TOKEN, method, ...body });
}

const statusOf = async (answer: Promise<WireAnswer>): Promise<string> => {
  const { status, reason, body } = await answer;
  const { errors } = JSON.parse(body) as { errors?: Record<string, string> };
  return `${status} ${reason}${errors === undefined ? '' : ` ${JSON.stringify(errors)}`}`;
};

async function digestOf(lab: ProxmoxLab, path: string): Promise<string> {
  const [row] = (await dataOf(lab, path)) as { digest: string }[];
  return row?.digest ?? '';
}

test('a set is made empty, filled, given another name in one step, and deleted', async () => {
  const lab = await start();
  const failed = JSON.stringify({ name: "IPSet 'first' already exists" });
  expect(await statusOf(call(lab, 'POST', SETS, { name: 'first', comment: 'ours' }))).toBe('200 OK');
  expect(await statusOf(call(lab, 'POST', SETS, { name: 'first' }))).toBe(
    `400 Parameter verification failed. ${failed}`,
  );
  expect(await dataOf(lab, `${SETS}/first`)).toEqual([]);
  expect(await statusOf(call(lab, 'POST', `${SETS}/first`, { cidr: '203.0.113.10/32' }))).toBe('200 OK');
  expect(await dataOf(lab, `${SETS}/first`)).toMatchObject([{ cidr: '203.0.113.10' }]);
  const digest = await digestOf(lab, SETS);
  expect(await statusOf(call(lab, 'POST', SETS, { name: 'second', rename: 'first', digest }))).toBe('200 OK');
  expect(await statusOf(call(lab, 'POST', SETS, { name: 'third', rename: 'second', digest }))).toContain(
    '500 detected modified',
  );
  expect(await dataOf(lab, SETS)).toMatchObject([{ name: 'second', comment: 'ours' }]);
  expect(await statusOf(call(lab, 'DELETE', `${SETS}/second`))).toBe("500 IPSet 'second' is not empty");
  expect(await statusOf(call(lab, 'DELETE', `${SETS}/second?force=1`))).toBe('200 OK');
  expect(await statusOf(call(lab, 'GET', `${SETS}/second`))).toBe("500 no such IPSet 'second'");
});

test('entries are told apart as they are typed, and removed with the digest that was read', async () => {
  const lab = await start();
  await call(lab, 'POST', SETS, { name: 'ipfilter-net0' });
  const set = `${SETS}/ipfilter-net0`;
  for (const cidr of ['2001:DB8::1/128', '203.0.113.0/24', 'dc/office'])
    expect(await statusOf(call(lab, 'POST', set, { cidr }))).toBe('200 OK');
  expect(await statusOf(call(lab, 'POST', set, { cidr: '2001:DB8::1' }))).toContain(
    "address '2001:DB8::1' already exists",
  );
  for (const cidr of ['0.0.0.0/0', '203.0.113', '203.0.113.1/33'])
    expect(await statusOf(call(lab, 'POST', set, { cidr }))).toContain('400 Parameter verification failed.');
  const digest = await digestOf(lab, set);
  expect(await statusOf(call(lab, 'DELETE', `${set}/203.0.113.0%2F24?digest=${digest}`))).toBe('200 OK');
  expect(await statusOf(call(lab, 'DELETE', `${set}/dc%2Foffice?digest=${digest}`))).toContain('500 detected modified');
  expect(await dataOf(lab, set)).toMatchObject([{ cidr: 'dc/office' }, { cidr: '2001:DB8::1' }]);
});

test('writing needs VM.Config.Network, and quorum; sets go with their guest and are deleted with it', async () => {
  const reader = await startLab({
    tokens: [{ token: TOKEN, acl: [{ path: '/', privileges: AUDITOR, propagate: true }] }],
  });
  const refused = '403 Permission check failed (/vms/100, VM.Config.Network)';
  expect(await statusOf(call(reader, 'POST', SETS, { name: 'first' }))).toBe(refused);
  const lab = await start();
  lab.cluster.quorate = false;
  expect(await statusOf(call(lab, 'POST', SETS, { name: 'first' }))).toContain('no quorum');
  lab.cluster.quorate = true;
  await call(lab, 'POST', SETS, { name: 'first' });
  await lab.migrate(100, 'pve2');
  expect(await dataOf(lab, '/nodes/pve2/qemu/100/firewall/ipset')).toMatchObject([{ name: 'first' }]);
  lab.removeGuest(100);
  expect(await dataOf(lab, '/nodes/pve2/qemu/100/firewall/ipset')).toEqual([]);
});

test('options are as typed; those of a guest are its node to answer', async () => {
  const lab = await startLab({ tokens: [writer], apiHosts: 2 });
  const node = lab.cluster.node('pve1');
  lab.cluster.enforce(100);
  expect(await dataOf(lab, '/cluster/firewall/options')).toMatchObject({ enable: 1 });
  expect(await dataOf(lab, '/nodes/pve1/qemu/100/firewall/options')).toMatchObject({ enable: 1, policy_in: 'ACCEPT' });
  if (node !== undefined) node.online = false;
  const other = (path: string): Promise<WireAnswer> => send(`${lab.urls[1] ?? ''}/api2/json${path}`, { token: TOKEN });
  expect((await other('/nodes/pve1/qemu/100/firewall/options')).status).toBe(595);
  expect((await other(SETS)).status).toBe(200);
});

const FILE = resolve(__dirname, '../../../../shared/data/pve-schema-subset.json');
const maybe = existsSync(FILE) ? test : test.skip;

maybe('every parameter that the calls take is one of Proxmox’ own schema', () => {
  interface Method {
    readonly parameters: { readonly properties?: Record<string, unknown> };
  }
  const { paths } = JSON.parse(readFileSync(FILE, 'utf8')) as { paths: Record<string, Record<string, Method>> };
  const parametersOf = (path: string, method: string): string[] =>
    Object.keys(paths[path]?.[method]?.parameters.properties ?? {});
  for (const kind of ['qemu', 'lxc']) {
    const sets = `/nodes/{node}/${kind}/{vmid}/firewall/ipset`;
    expect(parametersOf(sets, 'POST')).toEqual(expect.arrayContaining(['name', 'comment', 'rename', 'digest']));
    expect(parametersOf(`${sets}/{name}`, 'POST')).toEqual(expect.arrayContaining(['cidr', 'comment', 'nomatch']));
    expect(parametersOf(`${sets}/{name}`, 'POST')).not.toContain('digest');
    expect(parametersOf(`${sets}/{name}`, 'DELETE')).toContain('force');
    expect(parametersOf(`${sets}/{name}/{cidr}`, 'DELETE')).toContain('digest');
  }
});
