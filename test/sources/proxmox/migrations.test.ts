import { auditorToken } from '../../../lab/proxmox/access';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { closeAll, connect, startLab as start, TOKEN, world } from './support';

afterEach(closeAll);

const startLab = (options: Parameters<typeof start>[0] = {}): Promise<ProxmoxLab> =>
  start({ world: { ...world, nodes: [...world.nodes, { name: 'pve3', bridges: [] }] }, ...options });

const signal = new AbortController().signal;

const migrationsOf = async (lab: ProxmoxLab) => (await connect(lab.urls).view(signal)).migrations;

it('asks nothing about migrations while no guest is locked by one', async () => {
  const lab = await startLab();
  expect(await migrationsOf(lab)).toEqual([]);
  expect(lab.requests().map(({ path }) => path.split('?')[0])).toEqual([
    '/cluster/status',
    '/access/permissions',
    '/cluster/resources',
  ]);
});

it('takes the target from the log of the running task, else from the HA manager, else every other node may be it', async () => {
  const lab = await startLab();
  lab.cluster.endMigration(lab.cluster.beginMigration(100, 'pve3'), 'migration aborted');
  const running = lab.cluster.beginMigration(100, 'pve2');
  lab.cluster.setLock(101, 'migrate');
  lab.cluster.ha.set(101, { state: 'migrate', target: 'pve2' });
  lab.cluster.setLock(102, 'migrate');
  lab.cluster.ha.set(102, { state: 'started', target: 'pve3' });
  expect(await migrationsOf(lab)).toEqual([
    { vmid: 100, from: 'pve1', targets: ['pve2'] },
    { vmid: 101, from: 'pve1', targets: ['pve2'] },
    { vmid: 102, from: 'pve1', targets: ['pve2', 'pve3'] },
  ]);
  lab.cluster.endMigration(running);
  expect((await migrationsOf(lab)).map(({ vmid }) => vmid)).toEqual([101, 102]);
});

it('without Sys.Audit on the nodes the target stays open, and nothing else fails', async () => {
  const { acl } = auditorToken(TOKEN);
  const lab = await startLab({
    tokens: [{ token: TOKEN, acl: [...acl, { path: '/nodes', privileges: ['VM.Audit'], propagate: true }] }],
  });
  lab.cluster.beginMigration(100, 'pve2');
  expect(await migrationsOf(lab)).toEqual([{ vmid: 100, from: 'pve1', targets: ['pve2', 'pve3'] }]);
});

it.each(['/cluster/tasks', '/tasks/.*/log', '/cluster/ha'])('a fault of %s leaves targets open', async (path) => {
  const lab = await startLab();
  lab.cluster.beginMigration(100, 'pve2');
  lab.cluster.setLock(101, 'migrate');
  lab.cluster.ha.set(101, { state: 'migrate', target: 'pve2' });
  lab.addFault({ kind: 'status', status: 500, reason: 'no', path });
  expect((await migrationsOf(lab)).find(({ vmid }) => vmid === (path === '/cluster/ha' ? 101 : 100))?.targets).toEqual([
    'pve2',
    'pve3',
  ]);
});

describe('the reading of a node', () => {
  it('has the guests on their way to it, as they will be on its bridges, and those that leave it until they are gone', async () => {
    const lab = await startLab();
    const task = lab.cluster.beginMigration(100, 'pve2');
    const read = (node: string) => connect(lab.urls).inventory(node);
    const arriving = (await read('pve2')).guests.find(({ vmid }) => vmid === 100);
    expect(arriving).toMatchObject({ arrivingFrom: 'pve1', migrating: true });
    expect(arriving?.nics.flatMap(({ macs }) => macs)).toContain('bc:24:11:00:01:00');
    expect((await read('pve3')).guests.map(({ vmid }) => vmid)).not.toContain(100);
    expect((await read('pve1')).guests.find(({ vmid }) => vmid === 100)?.arrivingFrom).toBeUndefined();
    lab.cluster.move(100, 'pve2');
    expect((await read('pve2')).guests.find(({ vmid }) => vmid === 100)?.arrivingFrom).toBeUndefined();
    lab.cluster.endMigration(task);
    expect((await read('pve2')).guests.find(({ vmid }) => vmid === 100)?.migrating).toBe(false);
  });

  it('does without a guest on its way that cannot be read', async () => {
    const lab = await startLab();
    lab.cluster.beginMigration(100, 'pve2');
    lab.addFault({ kind: 'status', status: 595, reason: 'No route to host', path: '/nodes/pve1/' });
    expect((await connect(lab.urls).inventory('pve2')).guests.map(({ vmid }) => vmid)).toEqual([200]);
  });
});
