import { FILTER_WRITER } from '../../../lab/proxmox/access';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { FirewallClient, type GuestOnNode } from '../../../src/clients/proxmox/firewall';
import { PortwardenError } from '../../../src/domain/errors';
import { closeLabs, startLab, TOKEN } from '../../lab/proxmox/support';

const { signal } = new AbortController();
const guest: GuestOnNode = { vmid: 100, type: 'qemu', node: 'pve1' };
const SET = 'ipfilter-net0';
const clients: FirewallClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeLabs();
});

async function connect(privileges = FILTER_WRITER, apiHosts = 1): Promise<{ lab: ProxmoxLab; client: FirewallClient }> {
  const lab = await startLab({
    tokens: [{ token: TOKEN, acl: [{ path: '/', privileges, propagate: true }] }],
    apiHosts,
  });
  const client = new FirewallClient({
    ...{ name: 'lab', hosts: lab.urls, token: TOKEN, ca: lab.identity?.caPem },
    ...{ timeoutMs: 2_000, concurrency: 4 },
  });
  clients.push(client);
  return { lab, client };
}

const cidrs = async (client: FirewallClient): Promise<string[] | undefined> =>
  (await client.entries(guest, SET, signal))?.map(({ cidr }) => cidr);

test('a set that is not there is told from an empty one', async () => {
  const { client } = await connect();
  expect([await client.sets(guest, signal), await cidrs(client)]).toEqual([{ names: [] }, undefined]);
  expect(await client.createSet(guest, SET, 'portwarden', signal)).toBeUndefined();
  expect([(await client.sets(guest, signal)).names, await cidrs(client)]).toEqual([[SET], []]);
});

test('a set is filled under another name, and put in place in one step', async () => {
  const { client } = await connect();
  await client.createSet(guest, 'portwarden-net0', 'portwarden', signal);
  await client.addEntry(guest, { set: 'portwarden-net0', cidr: '203.0.113.10', comment: 'portwarden' }, signal);
  const { digest = '' } = await client.sets(guest, signal);
  expect(await client.renameSet(guest, { from: 'portwarden-net0', to: SET, digest }, signal)).toBeUndefined();
  expect([(await client.sets(guest, signal)).names, await cidrs(client)]).toEqual([[SET], ['203.0.113.10']]);
});

test('what others changed meanwhile, what is there already and what Proxmox does not take are answers', async () => {
  const { client, lab } = await connect();
  await client.createSet(guest, SET, 'portwarden', signal);
  const add = (cidr: string) => client.addEntry(guest, { set: SET, cidr, comment: 'portwarden' }, signal);
  await add('203.0.113.0/24');
  expect(await add('203.0.113.0/24')).toMatchObject({
    kind: 'changed',
    message: expect.stringContaining('already exists') as string,
  });
  expect(await add('0.0.0.0/0')).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('zero prefix') as string,
  });
  const [{ digest } = { digest: '' }] = (await client.entries(guest, SET, signal)) ?? [];
  lab.cluster.firewall(100).sets.get(SET)?.entries.push({ cidr: '198.51.100.1' });
  const remove = { set: SET, cidr: '203.0.113.0/24' };
  expect(await client.removeEntry(guest, { ...remove, digest }, signal)).toMatchObject({ kind: 'changed' });
  const [{ digest: fresh } = { digest: '' }] = (await client.entries(guest, SET, signal)) ?? [];
  expect(await client.removeEntry(guest, { ...remove, digest: fresh }, signal)).toBeUndefined();
  expect(await cidrs(client)).toEqual(['198.51.100.1']);
  expect(await client.deleteSet(guest, SET, signal)).toBeUndefined();
  expect(await client.deleteSet(guest, SET, signal)).toMatchObject({ kind: 'changed' });
});

test('a token that may only read is told so', async () => {
  const { client } = await connect(['Sys.Audit', 'VM.Audit']);
  expect(await client.createSet(guest, SET, 'portwarden', signal)).toEqual({
    kind: 'forbidden',
    message: 'Permission check failed (/vms/100, VM.Config.Network)',
  });
});

test('a change whose answer is lost rejects, is sent once, and goes to no other host', async () => {
  const { client, lab } = await connect(FILTER_WRITER, 2);
  await client.requireQuorum(signal);
  lab.addFault({ kind: 'drop', method: 'POST', carriedOut: true });
  const error = await client.createSet(guest, SET, 'portwarden', signal).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PortwardenError);
  expect(error).toMatchObject({
    code: 'proxmox-unreachable',
    message: expect.stringContaining('POST /nodes/pve1') as string,
  });
  expect(String(error)).not.toContain(TOKEN);
  expect(lab.requests().filter(({ method }) => method === 'POST')).toHaveLength(1);
  expect(await cidrs(client)).toEqual([]);
});

test('a cluster without quorum is not believed', async () => {
  const { client, lab } = await connect();
  lab.cluster.quorate = false;
  await expect(client.requireQuorum(signal)).rejects.toMatchObject({ code: 'proxmox-no-quorum' });
  await expect(client.createSet(guest, SET, 'portwarden', signal)).rejects.toMatchObject({ code: 'proxmox-failed' });
});
