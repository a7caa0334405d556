import { AUDITOR, type LabToken } from '../../../lab/proxmox/access';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
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
          vmid: 100,
          type: 'qemu',
          name: 'web',
          template: false,
          migrating: false,
          nics: [
            {
              index: 0,
              bridge: 'vmbr0',
              macs: ['bc:24:11:00:01:00'],
              vlan: { kind: 'tagged', vlan: 13 },
              ips: ['10.0.48.100'],
            },
          ],
        },
        {
          vmid: 101,
          type: 'lxc',
          name: 'ct',
          template: false,
          migrating: false,
          nics: [
            {
              index: 0,
              bridge: 'vmbr0',
              macs: ['bc:24:11:00:01:01'],
              vlan: { kind: 'tagged', vlan: 200 },
              ips: ['10.2.200.5'],
            },
          ],
        },
        {
          vmid: 102,
          type: 'qemu',
          name: 'golden',
          template: true,
          migrating: false,
          nics: [{ index: 0, bridge: 'vmbr1', macs: ['bc:24:11:00:01:02'], vlan: { kind: 'native' }, ips: [] }],
        },
        {
          vmid: 103,
          type: 'qemu',
          name: 'sdn',
          template: false,
          migrating: false,
          nics: [
            { index: 0, bridge: 'cust', macs: ['bc:24:11:00:01:03'], vlan: { kind: 'tagged', vlan: 300 }, ips: [] },
            { index: 3, bridge: 'vmbr1', macs: ['bc:24:11:00:31:03'], vlan: { kind: 'native' }, ips: [] },
          ],
        },
      ],
      bridges: [
        { name: 'cust', leavesBy: ['vmbr0', 'bond0', 'eno1', 'eno2'] },
        { name: 'vmbr0', leavesBy: ['bond0', 'eno1', 'eno2'] },
        { name: 'vmbr1', leavesBy: ['bond0', 'eno1', 'eno2'] },
      ],
      addresses: [
        {
          ip: '192.0.2.11',
          leavesBy: [],
          vlan: { kind: 'unknown', why: 'the network configuration of the node does not have the address' },
        },
      ],
      nodes: [
        { node: 'pve1', ip: '192.0.2.11' },
        { node: 'pve2', ip: '192.0.2.12' },
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
    const { guests, ...rest } = await client.inventory('pve1');
    // But nothing says any more that a template is stopped.
    const known = guests.map(({ templateRuns, ...guest }) => ({ guest, templateRuns }));
    expect({ ...rest, guests: known.map(({ guest }) => guest) }).toEqual(before);
    expect(known.flatMap(({ guest, templateRuns }) => (templateRuns === true ? [guest.vmid] : []))).toEqual([102]);
  });

  it('takes what is live, with the pending MAC beside it, and says what waits, until the guest restarts', async () => {
    const lab = await startLab();
    const client = connect(lab.urls);
    lab.setConfig(
      100,
      { net0: 'virtio=BC:24:11:FF:01:00,bridge=vmbr0,tag=14', net1: 'virtio=BC:24:11:FF:01:01,bridge=vmbr0,tag=13' },
      { pending: true },
    );
    const nics = async (): Promise<unknown> =>
      (await client.inventory('pve1')).guests.find((guest) => guest.vmid === 100)?.nics;
    expect(await nics()).toMatchObject([
      {
        macs: ['bc:24:11:00:01:00', 'bc:24:11:ff:01:00'],
        vlan: { kind: 'tagged', vlan: 13 },
        pending: 'the MAC bc:24:11:ff:01:00 instead of bc:24:11:00:01:00, the tag 14 instead of 13',
      },
      {
        index: 1,
        macs: ['bc:24:11:ff:01:01'],
        vlan: { kind: 'tagged', vlan: 13 },
        pending: 'it is added',
        notYet: true,
      },
    ]);
    lab.cluster.restart(100);
    const restarted = await nics();
    expect(restarted).toMatchObject([
      { macs: ['bc:24:11:ff:01:00'], vlan: { kind: 'tagged', vlan: 14 } },
      { index: 1 },
    ]);
    expect(JSON.stringify(restarted)).not.toContain('pending');
  });

  it('says nothing of a pending change that is none of MAC, bridge, VLAN and link', async () => {
    const lab = await startLab();
    lab.setConfig(100, { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13,queues=4' }, { pending: true });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100);
    expect(guest?.nics[0]).not.toHaveProperty('pending');
  });

  it('takes the NIC that tags of the guest choose', async () => {
    const lab = await startLab();
    const chosen = async (tags: string | null): Promise<unknown> => {
      lab.setConfig(100, { tags });
      return (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100)?.chosenNics;
    };
    expect(await chosen('customer;portwarden-net1;prod')).toEqual([1]);
    expect(await chosen('portwarden-net3,portwarden-net0')).toEqual([0, 3]);
    expect(await chosen('portwarden-net32;portwarden-net;xportwarden-net1')).toBeUndefined();
    expect(await chosen(null)).toBeUndefined();
  });

  it('says that a link is down', async () => {
    const lab = await startLab();
    lab.setConfig(100, { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13,link_down=1' });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100);
    expect(guest?.nics).toMatchObject([{ linkDown: true }]);
  });

  it('says of a template whether it is certain to be stopped', async () => {
    const lab = await startLab();
    const read = async (): Promise<unknown> => {
      const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100);
      return [guest?.template, guest?.templateRuns];
    };
    expect(await read()).toEqual([false, undefined]);
    lab.cluster.guest(100).template = true;
    lab.cluster.guest(100).status = 'running';
    expect(await read()).toEqual([true, true]);
    lab.cluster.guest(100).status = 'stopped';
    expect(await read()).toEqual([true, undefined]);
  });

  it('keeps a NIC whose removal is pending', async () => {
    const lab = await startLab();
    lab.setConfig(103, { net3: null }, { pending: true });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 103);
    expect(guest?.nics.map(({ index, pending }) => [index, pending])).toEqual([
      [0, undefined],
      [3, 'it is removed'],
    ]);
  });

  it('marks a NIC that cannot be read as unknown and goes on', async () => {
    const lab = await startLab();
    lab.setConfig(100, { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=9999', net1: 'virtio,bridge=vmbr0,tag=13' });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 100);
    expect(guest?.nics).toMatchObject([
      { macs: [], vlan: { kind: 'unknown' } },
      { macs: [], vlan: { kind: 'tagged', vlan: 13 } },
    ]);
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

  describe("while a change of the node's network is staged", () => {
    const nicsOf = async (lab: ProxmoxLab): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        (await connect(lab.urls).inventory('pve1')).guests.flatMap(({ vmid, nics }) =>
          nics.map(({ index, vlan }) => [`${vmid} net${index}`, vlan]),
        ),
      );
    const vmbr0 = { iface: 'vmbr0', vlanAware: true, ports: 'bond0' };
    const vmbr1 = { iface: 'vmbr1', vlanAware: false, ports: 'bond0.13' };
    const staged = {
      kind: 'unknown',
      why: expect.stringMatching(/change of vmbr[01] may be staged on pve1/) as string,
    };

    it('takes the bridges that it concerns from what runs', async () => {
      const lab = await startLab();
      const before = await nicsOf(lab);
      lab.cluster.stageNetwork('pve1', [
        { ...vmbr0, ports: 'bond0.200' },
        { ...vmbr1, ports: 'eno9.77' },
      ]);
      expect(await nicsOf(lab)).toEqual(before);
    });

    it('doubts only those bridges where what runs cannot be seen', async () => {
      const lab = await startLab({ bridges: 'absent' });
      const before = await nicsOf(lab);
      lab.cluster.stageNetwork('pve1', [vmbr0, { ...vmbr1, ports: 'bond0.200' }]);
      expect(await nicsOf(lab)).toEqual({ ...before, '102 net0': staged, '103 net3': staged });
      lab.cluster.revertNetwork('pve1');
      expect(await nicsOf(lab)).toEqual(before);
    });

    it("doubts a zone's vnets with the bridge that they go through", async () => {
      const lab = await startLab({ bridges: 'absent' });
      lab.cluster.stageNetwork('pve1', [
        { ...vmbr0, ports: 'bond0.200' },
        { ...vmbr1, ports: 'bond0' },
      ]);
      expect(await nicsOf(lab)).toMatchObject({
        '100 net0': staged,
        '103 net0': staged,
        '103 net3': { kind: 'native' },
      });
    });

    it('doubts a bridge whose port changes, though its own lines do not', async () => {
      const lab = await startLab({ bridges: 'absent' });
      lab.cluster.stageNetwork('pve1', [vmbr0, vmbr1]);
      lab.cluster.applyNetwork('pve1');
      const node = lab.cluster.node('pve1');
      if (node === undefined) throw new Error('no node pve1');
      const network = node.network.map((row) => (row.iface === 'bond0.13' ? { ...row, 'vlan-id': '14' } : row));
      node.staged = {
        network,
        changes: '--- a\n+++ b\n@@ -1,2 +1,2 @@\n iface bond0.13 inet manual\n-\tvlan-id 13\n+\tvlan-id 14\n',
      };
      expect(await nicsOf(lab)).toMatchObject({
        '102 net0': { kind: 'unknown', why: expect.stringContaining('bond0.13') as string },
        '100 net0': { kind: 'tagged', vlan: 13 },
      });
    });

    it('doubts the whole node where the text does not say what is concerned, but not what is seen to run', async () => {
      const lab = await startLab({ bridges: 'absent' });
      const before = await nicsOf(lab);
      const node = lab.cluster.node('pve1');
      if (node === undefined) throw new Error('no node pve1');
      node.staged = { network: node.network, changes: 'something changed' };
      expect(Object.values(await nicsOf(lab)).map((vlan) => (vlan as { kind: string }).kind)).toEqual(
        Object.keys(before).map(() => 'unknown'),
      );
      lab.setBridgesForm('new');
      expect(await nicsOf(lab)).toMatchObject({
        '100 net0': { kind: 'tagged', vlan: 13 },
        '103 net0': { kind: 'tagged', vlan: 300 },
      });
    });

    it('knows nothing of a bridge that only is staged', async () => {
      const lab = await startLab();
      lab.cluster.stageNetwork('pve1', [vmbr0, vmbr1, { iface: 'vmbr9', vlanAware: true, ports: 'bond1' }]);
      lab.setConfig(100, { net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr9,tag=13' });
      expect(await nicsOf(lab)).toMatchObject({
        '100 net0': { kind: 'unknown', why: expect.stringContaining('vmbr9') as string },
      });
    });
  });

  it('knows no VLAN for a vnet that the token may not see', async () => {
    const token: LabToken = {
      token: TOKEN,
      acl: [{ path: '/', privileges: AUDITOR.filter((name) => name !== 'SDN.Audit'), propagate: true }],
    };
    const lab = await startLab({ tokens: [token] });
    const guest = (await connect(lab.urls).inventory('pve1')).guests.find(({ vmid }) => vmid === 103);
    expect(guest?.nics[0]?.vlan).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('SDN.Audit') as string,
    });
  });

  it('does without SDN where the cluster has none', async () => {
    const lab = await startLab();
    lab.addFault({
      kind: 'status',
      path: '^/cluster/sdn',
      status: 501,
      reason: "Method 'GET /cluster/sdn/vnets' not implemented",
    });
    expect((await connect(lab.urls).inventory('pve2')).guests).toHaveLength(1);
  });

  it('works on a single node that never joined a cluster', async () => {
    const lab = await startLab({
      standalone: true,
      world: { ...world, nodes: world.nodes.slice(0, 1), guests: world.guests.slice(0, 4) },
    });
    expect((await connect(lab.urls).inventory('pve1')).guests).toHaveLength(4);
  });

  it('asks a node no more than `concurrency` guests at once', async () => {
    const guests = Array.from({ length: 40 }, (_, i) => ({
      vmid: 1000 + i,
      type: 'qemu' as const,
      name: `vm${i}`,
      node: 'pve1',
      config: { net0: `virtio=BC:24:11:00:10:${(16 + i).toString(16)},bridge=vmbr0,tag=13` },
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
    lab.addFault({
      kind: 'status',
      path: '/qemu/103/',
      status: 500,
      reason: "Configuration file 'nodes/pve1/qemu-server/103.conf' does not exist",
    });
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
    expect(await look()).toEqual([{ node: 'pve1', type: 'qemu', migrating: true }, true, true]);
    lab.cluster.move(100, 'pve2');
    expect(await look()).toEqual([{ node: 'pve2', type: 'qemu', migrating: true }, true, true]);
    lab.cluster.setLock(100, undefined);
    expect(await look()).toEqual([{ node: 'pve2', type: 'qemu', migrating: false }, undefined, false]);
  });

  it("tells the bridges of a guest's NICs, those after its next start too, and nothing when one cannot be told", async () => {
    const lab = await startLab();
    const told = (node = 'pve1') =>
      connect(lab.urls).nicBridges({ node, type: 'qemu', vmid: 100 }, new AbortController().signal);
    lab.setConfig(100, {
      net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=13',
      net1: 'virtio=BC:24:11:00:01:01,bridge=vmbr1',
    });
    expect(await told()).toEqual(['vmbr0', 'vmbr1']);
    lab.setConfig(100, { net1: 'virtio=BC:24:11:00:01:01,bridge=vmbr2' }, { pending: true });
    expect(await told()).toEqual(['vmbr0', 'vmbr1', 'vmbr2']);
    lab.setConfig(100, { net2: 'virtio=BC:24:11:00:01:02' });
    expect(await told()).toBeUndefined();
    lab.cluster.move(100, 'pve2');
    expect(await told()).toBeUndefined();
  });

  it('does not take a backup for a migration', async () => {
    const lab = await startLab();
    lab.cluster.setLock(100, 'backup');
    expect(await connect(lab.urls).locate(100)).toEqual({ node: 'pve1', type: 'qemu', migrating: false });
  });
});
