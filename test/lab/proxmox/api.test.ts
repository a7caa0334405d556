import { AUDITOR } from '../../../lab/proxmox/access';
import { closeLabs, dataOf, get, send, startLab, TOKEN, world } from './support';

afterEach(closeLabs);

const url = (lab: { readonly urls: readonly string[] }, path: string): string =>
  `${lab.urls[0] ?? ''}/api2/json${path}`;

describe('errors of the fake API', () => {
  it('carry the message in reason phrase and body, and close the connection', async () => {
    const lab = await startLab();
    const answer = await get(lab, '/nodes/pve1/qemu/999/config');
    const text = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist";
    expect(answer).toMatchObject({ status: 500, reason: text, headers: { connection: 'close' } });
    expect(JSON.parse(answer.body)).toEqual({ data: null, message: `${text}\n` });
  });

  it('have no message in the body of older versions', async () => {
    const lab = await startLab({ messageInBody: false });
    expect((await get(lab, '/nodes/pve2/lxc/100/config')).body).toBe('{"data":null}');
  });

  it.each([
    ['no token', undefined, 'No ticket'],
    ['a wrong token', `${TOKEN}0`, 'Authentication failed!'],
  ])('refuse %s with an empty body', async (_case, token, reason) => {
    const lab = await startLab();
    expect(await send(url(lab, '/version'), { token })).toMatchObject({ status: 401, reason, body: '' });
  });

  it('let a refused token wait, while others are answered', async () => {
    const lab = await startLab({ authFailureDelayMs: 60_000 });
    const refused = send(url(lab, '/version'), { token: `${TOKEN}0` }).then(
      () => 'answered',
      () => 'dropped',
    );
    await get(lab, '/nodes');
    expect(lab.requests().map(({ path }) => path)).toEqual(['/nodes']);
    await lab.close();
    expect(await refused).toBe('dropped');
  });

  it.each(['HEAD', 'POST', 'PUT', 'DELETE'])('answer %s with 501', async (method) => {
    const lab = await startLab();
    expect((await send(url(lab, '/version'), { token: TOKEN, method })).status).toBe(501);
  });

  it('answer a GET with a body, an unknown path and a path outside the API with 501', async () => {
    const lab = await startLab();
    expect((await send(url(lab, '/version'), { token: TOKEN, body: '{}' })).status).toBe(501);
    expect((await get(lab, '/cluster/nonsense')).status).toBe(501);
    expect((await get(lab, '/nodes/pve1/qemu/100/nonsense')).status).toBe(501);
    expect((await send(lab.urls[0] ?? '', { token: TOKEN })).status).toBe(501);
  });

  it('refuse a guest type and number that cannot be', async () => {
    const lab = await startLab();
    expect((await get(lab, '/nodes/pve1/qemu/12/config')).status).toBe(400);
    expect((await get(lab, '/cluster/resources?type=nonsense')).status).toBe(400);
    expect((await get(lab, '/nodes/pve1/lxc/100/config')).status).toBe(500);
  });

  it('answer for a dead node with 595 and an empty body, while its guests stay listed', async () => {
    const lab = await startLab();
    const node = lab.cluster.node('pve2');
    if (node !== undefined) node.online = false;
    expect(await get(lab, '/nodes/pve2/qemu/200/config')).toMatchObject({
      status: 595,
      reason: 'No route to host',
      body: '',
    });
    expect(await dataOf(lab, '/cluster/resources?type=vm')).toContainEqual({
      id: 'qemu/200',
      vmid: 200,
      type: 'qemu',
      node: 'pve2',
      status: 'unknown',
    });
  });

  it('come from no host whose node is dead', async () => {
    const lab = await startLab({ apiHosts: 2 });
    const node = lab.cluster.node('pve1');
    if (node !== undefined) node.online = false;
    await expect(get(lab, '/version')).rejects.toThrow();
    expect((await send(`${lab.urls[1] ?? ''}/api2/json/version`, { token: TOKEN })).status).toBe(200);
  });
});

describe('access control of the fake API', () => {
  it('drops rows silently and refuses configurations aloud', async () => {
    const acl = [{ path: '/vms/100', privileges: ['VM.Audit'], propagate: true }];
    const lab = await startLab({ tokens: [{ token: TOKEN, acl }] });
    expect(await dataOf(lab, '/cluster/resources?type=vm')).toMatchObject([{ vmid: 100 }]);
    expect((await get(lab, '/nodes/pve1/qemu/100/config')).status).toBe(200);
    expect(await get(lab, '/nodes/pve2/qemu/200/config')).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/vms/200, VM.Audit)',
    });
    expect(await get(lab, '/cluster/status')).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/, Sys.Audit)',
    });
    expect((await get(lab, '/nodes/pve1/network')).status).toBe(200);
    expect(await dataOf(lab, '/cluster/sdn/vnets')).toEqual([]);
    expect(await dataOf(lab, '/access/permissions')).toEqual({ '/vms/100': { 'VM.Audit': 1 } });
    expect((await get(lab, '/nodes/pve1/sdn/zones/localnetwork/bridges')).status).toBe(403);
  });

  it('lets deeper entries replace inherited ones and ignores those that do not propagate', async () => {
    const acl = [
      { path: '/', privileges: AUDITOR, propagate: true },
      { path: '/vms', privileges: ['VM.Audit'], propagate: false },
      { path: '/vms/100', privileges: [], propagate: true },
    ];
    const lab = await startLab({ tokens: [{ token: TOKEN, acl }] });
    expect(await dataOf(lab, '/access/permissions?path=/vms')).toEqual({ '/vms': { 'VM.Audit': 0 } });
    expect(await dataOf(lab, '/access/permissions?path=/vms/100')).toEqual({ '/vms/100': {} });
    expect(await dataOf(lab, '/access/permissions?path=/vms/101')).toMatchObject({ '/vms/101': { 'VM.Audit': 1 } });
    const all = (await dataOf(lab, '/access/permissions')) as object;
    expect(Object.keys(all)).not.toContain('/vms/100');
  });

  it('gives a privilege-separated token what both hold', async () => {
    const token = {
      token: TOKEN,
      acl: [{ path: '/', privileges: ['VM.Audit', 'Sys.Audit'], propagate: true }],
      userAcl: [{ path: '/', privileges: ['VM.Audit'], propagate: true }],
    };
    const lab = await startLab({ tokens: [token] });
    expect(await dataOf(lab, '/access/permissions?path=/')).toEqual({ '/': { 'VM.Audit': 1 } });
  });
});

describe('state of the fake API', () => {
  it('shows pending changes by default and live ones with current=1', async () => {
    const lab = await startLab();
    const live = 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13,firewall=1';
    const next = 'virtio=BC:24:11:FF:01:00,bridge=vmbr0,tag=13';
    lab.setConfig(100, { net0: next, net1: null }, { pending: true });
    const now = await dataOf(lab, '/nodes/pve1/qemu/100/config?current=1');
    const later = await dataOf(lab, '/nodes/pve1/qemu/100/config');
    expect(now).toMatchObject({ net0: live, net1: expect.any(String) as string });
    expect(later).toMatchObject({ net0: next });
    expect(later).not.toHaveProperty('net1');
    expect(await dataOf(lab, '/nodes/pve1/qemu/100/pending')).toEqual(
      expect.arrayContaining([
        { key: 'net0', value: live, pending: next },
        { key: 'net1', value: expect.any(String) as string, delete: 1 },
      ]),
    );
    lab.cluster.restart(100);
    expect(await dataOf(lab, '/nodes/pve1/qemu/100/config?current=1')).toEqual(
      await dataOf(lab, '/nodes/pve1/qemu/100/config'),
    );
  });

  it('locks, moves and unlocks a migrating guest', async () => {
    const lab = await startLab();
    const row = async (): Promise<unknown> =>
      ((await dataOf(lab, '/cluster/resources?type=vm')) as { vmid: number }[]).find(({ vmid }) => vmid === 100);
    const done = lab.migrate(100, 'pve2', { lockMs: 5, unlockMs: 5 });
    expect(lab.cluster.guest(100)).toMatchObject({ node: 'pve1', lock: 'migrate' });
    await done;
    expect(await row()).toMatchObject({ node: 'pve2' });
    expect(await row()).not.toHaveProperty('lock');
    expect((await get(lab, '/nodes/pve1/qemu/100/config')).status).toBe(500);
    await expect(lab.migrate(100, 'pve9')).rejects.toThrow(RangeError);
  });

  it('writes numbers as text when told to', async () => {
    const lab = await startLab({ numbersAs: 'text' });
    expect(await dataOf(lab, '/cluster/resources?type=vm')).toContainEqual(
      expect.objectContaining({ vmid: '100', template: '0' }) as unknown,
    );
  });

  it('has no cluster row on a standalone node', async () => {
    const lab = await startLab({ standalone: true });
    expect(await dataOf(lab, '/cluster/status')).toMatchObject([{ type: 'node', nodeid: 0, online: 1 }]);
  });

  it('goes on answering on an isolated host with what it knew, without quorum', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.isolate(0);
    lab.addGuest({ vmid: 300, type: 'qemu', name: 'new', node: 'pve2', config: {} });
    expect(await dataOf(lab, '/cluster/status')).toContainEqual(
      expect.objectContaining({ type: 'cluster', quorate: 0 }) as unknown,
    );
    expect(await dataOf(lab, '/cluster/resources?type=vm')).toHaveLength(4);
    lab.rejoin(0);
    expect(await dataOf(lab, '/cluster/resources?type=vm')).toHaveLength(5);
  });

  it('shows live bridge ports in the form of each version', async () => {
    const lab = await startLab({ bridges: 'absent' });
    const path = '/nodes/pve1/sdn/zones/localnetwork/bridges';
    expect((await get(lab, path)).status).toBe(501);
    lab.setBridgesForm('old');
    expect(await dataOf(lab, path)).toMatchObject([
      {
        name: 'vmbr0',
        vlan_filtering: '1',
        ports: [
          { name: 'bond0', primary_vlan: 1 },
          { name: 'fwpr100p0', index: '0', vmid: 100, primary_vlan: 13 },
          { name: 'tap100i1', index: '1', vmid: null, primary_vlan: 1, vlans: ['2-4094'] },
        ],
      },
      { name: 'vmbr1', ports: [{ name: 'bond0.13' }, { name: 'veth101i0' }] },
    ]);
    lab.setBridgesForm('new');
    expect(await dataOf(lab, path)).toMatchObject([
      { ports: [{ name: 'bond0' }, { index: 'net0' }, { index: 'net1', vmid: 100 }] },
      {},
    ]);
  });

  it('serves plain HTTP when told to', async () => {
    const lab = await startLab({ tls: false });
    expect(lab.urls[0]).toMatch(/^http:/);
    expect(lab.identity).toBeUndefined();
    expect(await dataOf(lab, '/version')).toMatchObject({ version: expect.any(String) as string });
  });

  it('refuses a world that cannot be', async () => {
    const lab = await startLab();
    const guest = { vmid: 100, type: 'qemu' as const, name: 'twin', node: 'pve1', config: {} };
    expect(() => {
      lab.addGuest(guest);
    }).toThrow(/exists/);
    expect(() => {
      lab.addGuest({ ...guest, vmid: 101_000, node: 'pve9' });
    }).toThrow(/no node/);
    expect(() => {
      lab.removeGuest(999);
    }).toThrow(/no guest/);
    await expect(startLab({ world: { ...world, guests: [guest, guest] } })).rejects.toThrow(/exists/);
  });
});
