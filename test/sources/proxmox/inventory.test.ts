import { AUDITOR, type LabToken } from '../../../lab/proxmox/access';
import { closeAll, connect, failureOf, startLab, TOKEN, world } from './support';

afterEach(closeAll);

describe('an inventory', () => {
  it('holds every guest of the node with every NIC, running or not', async () => {
    const lab = await startLab();
    const inventory = await connect(lab.urls).inventory('pve1');
    expect(inventory).toEqual({
      cluster: 'pve-test',
      node: 'pve1',
      guests: [
        {
          vmid: 100, type: 'qemu', name: 'web', template: false, migrating: false,
          nics: [{ index: 0, bridge: 'vmbr0', macs: ['bc:24:11:00:01:00'], vlan: { kind: 'tagged', vlan: 13 }, ips: ['10.0.48.100'] }],
        },
        {
          vmid: 101, type: 'lxc', name: 'ct', template: false, migrating: false,
          nics: [{ index: 0, bridge: 'vmbr0', macs: ['bc:24:11:00:01:01'], vlan: { kind: 'tagged', vlan: 200 }, ips: ['10.2.200.5'] }],
        },
        {
          vmid: 102, type: 'qemu', name: 'golden', template: true, migrating: false,
          nics: [{ index: 0, bridge: 'vmbr1', macs: ['bc:24:11:00:01:02'], vlan: { kind: 'native' }, ips: [] }],
        },
        {
          vmid: 103, type: 'qemu', name: 'sdn', template: false, migrating: false,
          nics: [
            { index: 0, bridge: 'cust', macs: ['bc:24:11:00:01:03'], vlan: { kind: 'tagged', vlan: 300 }, ips: [] },
            { index: 3, bridge: 'vmbr1', macs: ['bc:24:11:00:31:03'], vlan: { kind: 'native' }, ips: [] },
          ],
        },
      ],
      guestNodes: [
        { vmid: 100, node: 'pve1' }, { vmid: 101, node: 'pve1' }, { vmid: 102, node: 'pve1' },
        { vmid: 103, node: 'pve1' }, { vmid: 200, node: 'pve2' },
      ],
    });
  });

  it('is the same when Proxmox writes numbers as text', async () => {
    const numbers = await startLab();
    const texts = await startLab({ numbersAs: 'text' });
    expect(await connect(texts.urls).inventory('pve1')).toEqual(await connect(numbers.urls).inventory('pve1'));
  });

  it('is the same while the node sends no statistics', async () => {
    const lab = await startLab();
    const client = connect(lab.urls);
    const before = await client.inventory('pve1');
    for (const node of lab.cluster.nodes) node.statistics = false;
    expect(await client.inventory('pve1')).toEqual(before);
  });

  it('holds live and pending MAC until the guest restarts', async () => {
    const lab = await startLab();
    const client = connect(lab.urls);
    lab.setConfig(100, { net0: 'virtio=BC:24:11:FF:01:00,bridge=vmbr0,tag=14', net1: 'virtio=BC:24:11:FF:01:01,bridge=vmbr0,tag=13' }, { pending: true });
    const nics = async (): Promise<unknown> => (await client.inventory('pve1')).guests.find((guest) => guest.vmid === 100)?.nics;
    expect(await nics()).toMatchObject([
      { macs: ['bc:24:11:00:01:00', 'bc:24:11:ff:01:00'], vlan: { kind: 'trunk', vlans: [13, 14], native: false } },
      { index: 1, macs: ['bc:24:11:ff:01:01'], vlan: { kind: 'tagged', vlan: 13 } },
    ]);
    lab.cluster.restart(100);
    expect(await nics()).toMatchObject([{ macs: ['bc:24:11:ff:01:00'], vlan: { kind: 'tagged', vlan: 14 } }, { index: 1 }]);
  });

  it('keeps a NIC whose removal is pending', async () => {
    const lab = await startLab();
    lab.setConfig(103, { net3: null }, { pending: true });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 103);
    expect(guest?.nics.map(({ index }) => index)).toEqual([0, 3]);
  });

  it('marks a NIC that cannot be read as unknown and goes on', async () => {
    const lab = await startLab();
    lab.setConfig(100, { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=9999', net1: 'virtio,bridge=vmbr0,tag=13' });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100);
    expect(guest?.nics).toMatchObject([{ macs: [], vlan: { kind: 'unknown' } }, { macs: [], vlan: { kind: 'tagged', vlan: 13 } }]);
  });

  it('uses the running SDN, not the configured one', async () => {
    const lab = await startLab();
    lab.cluster.configured = { ...lab.cluster.configured, vnets: [{ vnet: 'cust', zone: 'prod', tag: 301 }] };
    const vlanOf = async (): Promise<unknown> =>
      (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 103)?.nics[0]?.vlan;
    expect(await vlanOf()).toEqual({ kind: 'tagged', vlan: 300 });
    lab.cluster.applySdn();
    expect(await vlanOf()).toEqual({ kind: 'tagged', vlan: 301 });
  });

  it('knows no VLAN for a vnet that the token may not see', async () => {
    const token: LabToken = { token: TOKEN, acl: [{ path: '/', privileges: AUDITOR.filter((name) => name !== 'SDN.Audit'), propagate: true }] };
    const lab = await startLab({ tokens: [token] });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 103);
    expect(guest?.nics[0]?.vlan).toMatchObject({ kind: 'unknown', why: expect.stringContaining('SDN.Audit') as string });
  });

  it('does without SDN where the cluster has none', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'status', path: '^/cluster/sdn', status: 501, reason: "Method 'GET /cluster/sdn/vnets' not implemented" });
    expect((await connect(lab.urls).inventory('pve2')).guests).toHaveLength(1);
  });

  it('works on a single node that never joined a cluster', async () => {
    const lab = await startLab({ standalone: true, world: { ...world, nodes: world.nodes.slice(0, 1), guests: world.guests.slice(0, 4) } });
    expect((await connect(lab.urls).inventory('pve1')).guests).toHaveLength(4);
  });

  it('asks a node no more than `concurrency` guests at once', async () => {
    const guests = Array.from({ length: 40 }, (_, i) => ({
      vmid: 1000 + i, type: 'qemu' as const, name: `vm${i}`, node: 'pve1', config: { net0: `virtio=BC:24:11:00:10:${(16 + i).toString(16)},bridge=vmbr0,tag=13` },
    }));
    const lab = await startLab({ world: { ...world, guests } });
    lab.addFault({ kind: 'latency', path: '/config', latencyMs: 5 });
    const inventory = await connect(lab.urls, { concurrency: 3 }).inventory('pve1');
    expect(inventory.guests).toHaveLength(40);
    expect(lab.requests().filter(({ path }) => path.includes('/config'))).toHaveLength(80);
    expect(lab.peakInFlight()).toBeLessThanOrEqual(4);
  });
});

describe('guests that move while they are read', () => {
  it('follows one that leaves', async () => {
    const lab = await startLab();
    const stop = lab.onRequest((path) => {
      if (path.includes('/qemu/103/')) lab.cluster.move(103, 'pve2');
    });
    const inventory = await connect(lab.urls).inventory('pve1');
    stop();
    expect(inventory.guests.map(({ vmid }) => vmid)).toEqual([100, 101, 102]);
    expect(inventory.guestNodes).toContainEqual({ vmid: 103, node: 'pve2' });
  });

  it('forgets one that is deleted', async () => {
    const lab = await startLab();
    let deleted = false;
    lab.onRequest((path) => {
      if (!path.includes('/qemu/103/') || deleted) return;
      deleted = true;
      lab.removeGuest(103);
    });
    const inventory = await connect(lab.urls).inventory('pve1');
    expect(inventory.guests.map(({ vmid }) => vmid)).toEqual([100, 101, 102]);
    expect(inventory.guestNodes.map(({ vmid }) => vmid)).toEqual([100, 101, 102, 200]);
  });

  it('reads one that arrives', async () => {
    const lab = await startLab();
    lab.onRequest((path) => {
      if (path.includes('/qemu/100/')) lab.cluster.move(200, 'pve1');
    });
    const inventory = await connect(lab.urls).inventory('pve1');
    expect(inventory.guests.map(({ vmid }) => vmid)).toEqual([100, 101, 102, 103, 200]);
  });

  it('gives up when the node never shows what the cluster lists', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'status', path: '/qemu/103/', status: 500, reason: "Configuration file 'nodes/pve1/qemu-server/103.conf' does not exist" });
    await failureOf(connect(lab.urls).inventory('pve1'), 'proxmox-failed');
  });

  it('flags a migration from the lock until it is gone', async () => {
    const lab = await startLab();
    const client = connect(lab.urls);
    const look = async (): Promise<unknown> => [
      await client.locate(100),
      (await client.inventory('pve1')).guests.find(({ vmid }) => vmid === 100)?.migrating,
      (await client.inventory('pve2')).guests.find(({ vmid }) => vmid === 100)?.migrating,
    ];
    expect(await look()).toEqual([{ node: 'pve1', type: 'qemu', migrating: false }, false, undefined]);
    lab.cluster.setLock(100, 'migrate');
    expect(await look()).toEqual([{ node: 'pve1', type: 'qemu', migrating: true }, true, undefined]);
    lab.cluster.move(100, 'pve2');
    expect(await look()).toEqual([{ node: 'pve2', type: 'qemu', migrating: true }, undefined, true]);
    lab.cluster.setLock(100, undefined);
    expect(await look()).toEqual([{ node: 'pve2', type: 'qemu', migrating: false }, undefined, false]);
  });

  it('does not take a backup for a migration', async () => {
    const lab = await startLab();
    lab.cluster.setLock(100, 'backup');
    expect(await connect(lab.urls).locate(100)).toEqual({ node: 'pve1', type: 'qemu', migrating: false });
  });
});
