import { existsSync, readFileSync } from 'node:fs';
import { runProxmoxLab } from '../../../lab/proxmox/main';
import { seedScenario } from '../../../lab/scenarios/seed';
import { closeLabs, dataOf, get, send, startLab, type WireAnswer } from './support';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';

afterEach(closeLabs);

const admin = (lab: ProxmoxLab, method: string, path: string, body?: unknown): Promise<WireAnswer> =>
  send(`${lab.adminUrl}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

async function accepted(answer: Promise<WireAnswer>): Promise<unknown> {
  const { status, body } = await answer;
  expect({ status, body }).toMatchObject({ status: 200 });
  return JSON.parse(body) as unknown;
}

describe('the admin side', () => {
  it('adds, changes, locks, migrates and removes guests', async () => {
    const lab = await startLab();
    const path = '/nodes/pve1/qemu/500/config?current=1';
    await accepted(
      admin(lab, 'POST', '/guests', {
        vmid: 500,
        type: 'qemu',
        name: 'fresh',
        node: 'pve1',
        config: { net0: 'virtio,bridge=vmbr0' },
      }),
    );
    expect(await dataOf(lab, path)).toMatchObject({ name: 'fresh', net0: 'virtio,bridge=vmbr0' });
    await accepted(admin(lab, 'PUT', '/guests/500/config', { changes: { net0: null, net1: 'virtio,bridge=vmbr1' } }));
    expect(await dataOf(lab, path)).not.toHaveProperty('net0');
    await accepted(
      admin(lab, 'PUT', '/guests/500/config', { changes: { net1: 'virtio,bridge=vmbr0' }, pending: true }),
    );
    expect(await dataOf(lab, path)).toMatchObject({ net1: 'virtio,bridge=vmbr1' });
    await accepted(admin(lab, 'POST', '/guests/500/restart'));
    expect(await dataOf(lab, path)).toMatchObject({ net1: 'virtio,bridge=vmbr0' });
    await accepted(admin(lab, 'PUT', '/guests/500/lock', { lock: 'backup' }));
    expect(await dataOf(lab, path)).toMatchObject({ lock: 'backup' });
    await accepted(admin(lab, 'POST', '/migrate', { vmid: 500, target: 'pve2' }));
    expect(await dataOf(lab, '/nodes/pve2/qemu/500/config')).not.toHaveProperty('lock');
    await accepted(admin(lab, 'DELETE', '/guests/500'));
    expect((await get(lab, '/nodes/pve2/qemu/500/config')).status).toBe(500);
  });

  it("stages a node's network, shows it with the difference, applies or drops it", async () => {
    const lab = await startLab();
    const look = async (): Promise<{ changes?: string; ports: unknown }> => {
      const body = JSON.parse((await get(lab, '/nodes/pve1/network')).body) as {
        data: { iface: string; bridge_ports?: string }[];
        changes?: string;
      };
      return {
        ports: body.data.find(({ iface }) => iface === 'vmbr0')?.bridge_ports,
        ...(body.changes === undefined ? {} : { changes: body.changes }),
      };
    };
    const live = async (): Promise<unknown> =>
      (
        (await dataOf(lab, '/nodes/pve1/sdn/zones/localnetwork/bridges')) as {
          name: string;
          ports: { name: string }[];
        }[]
      ).map(({ name, ports }) => [name, ports.map((port) => port.name).filter((port) => /^(bond|eno)/.test(port))]);
    const other = {
      bridges: [
        { iface: 'vmbr0', vlanAware: true, ports: 'eno7' },
        { iface: 'vmbr9', vlanAware: false, ports: 'bond0.13' },
      ],
    };
    await accepted(admin(lab, 'PUT', '/nodes/pve1/network', other));
    const staged = await look();
    expect(staged.ports).toBe('eno7');
    expect(staged.changes).toContain('-\tbridge-ports bond0\n+\tbridge-ports eno7\n');
    expect(staged.changes).toContain('+iface vmbr9 inet manual');
    expect(await live()).toEqual([
      ['vmbr0', ['bond0']],
      ['vmbr9', []],
    ]);
    await accepted(admin(lab, 'DELETE', '/nodes/pve1/network'));
    expect(await look()).toEqual({ ports: 'bond0' });
    await accepted(admin(lab, 'PUT', '/nodes/pve1/network', other));
    await accepted(admin(lab, 'POST', '/nodes/pve1/network'));
    expect([await look(), await live()]).toEqual([
      { ports: 'eno7' },
      [
        ['vmbr0', ['eno7']],
        ['vmbr9', ['bond0.13']],
      ],
    ]);
  });

  it("answers a guest's configuration as an empty object", async () => {
    const lab = await startLab();
    await accepted(admin(lab, 'PUT', '/guests/100/hollow', { hollow: true }));
    expect(await dataOf(lab, '/nodes/pve1/qemu/100/config')).toEqual({});
    await accepted(admin(lab, 'PUT', '/guests/100/hollow', { hollow: false }));
    expect(await dataOf(lab, '/nodes/pve1/qemu/100/config')).toHaveProperty('digest');
  });

  it('takes nodes and the quorum down and brings them back', async () => {
    const lab = await startLab();
    await accepted(admin(lab, 'PUT', '/nodes/pve2', { online: false }));
    expect((await get(lab, '/nodes/pve2/network')).status).toBe(595);
    await accepted(admin(lab, 'PUT', '/nodes/pve2', { online: true, statistics: false }));
    expect((await get(lab, '/nodes/pve2/network')).status).toBe(200);
    await accepted(admin(lab, 'POST', '/quorum', { quorate: false }));
    expect(await dataOf(lab, '/cluster/status')).toContainEqual(expect.objectContaining({ quorate: 0 }) as unknown);
    expect(await accepted(admin(lab, 'GET', '/state'))).toMatchObject({
      name: 'lab',
      quorate: false,
      nodes: [{}, { statistics: false }],
    });
  });

  it('injects faults, only where and as often as asked', async () => {
    const lab = await startLab();
    await accepted(
      admin(lab, 'POST', '/faults', { kind: 'status', status: 500, reason: 'boom', path: '^/version', times: 2 }),
    );
    expect((await get(lab, '/cluster/status')).status).toBe(200);
    expect(await get(lab, '/version')).toMatchObject({ status: 500, reason: 'boom' });
    expect((await get(lab, '/version')).status).toBe(500);
    expect((await get(lab, '/version')).status).toBe(200);
    await accepted(admin(lab, 'POST', '/faults', { kind: 'drop' }));
    await expect(get(lab, '/version')).rejects.toThrow();
    await accepted(admin(lab, 'DELETE', '/faults'));
    expect((await get(lab, '/version')).status).toBe(200);
  });

  it('lists the requests that arrived', async () => {
    const lab = await startLab();
    await get(lab, '/version');
    expect(await accepted(admin(lab, 'GET', '/requests'))).toEqual([
      { host: 0, method: 'GET', path: '/version', status: 200 },
    ]);
    await accepted(admin(lab, 'DELETE', '/requests'));
    expect(await accepted(admin(lab, 'GET', '/requests'))).toEqual([]);
  });

  it('names what is wrong', async () => {
    const lab = await startLab();
    expect((await admin(lab, 'POST', '/migrate', { vmid: 100 })).body).toContain('target');
    expect(await admin(lab, 'POST', '/migrate', { vmid: 999, target: 'pve2' })).toMatchObject({ status: 400 });
    expect(await admin(lab, 'POST', '/faults', { kind: 'status', typo: 1 })).toMatchObject({ status: 400 });
    expect(await admin(lab, 'POST', '/faults', { kind: 'drop', path: '(' })).toMatchObject({ status: 400 });
    expect(await admin(lab, 'PUT', '/nodes/pve9', {})).toMatchObject({ status: 400 });
    expect(await send(`${lab.adminUrl}/migrate`, { method: 'POST', body: '{' })).toMatchObject({ status: 400 });
    expect(await admin(lab, 'GET', '/nothing')).toMatchObject({ status: 404 });
  });
});

describe('the lab as a program', () => {
  it('prints what another client needs', async () => {
    const running = await runProxmoxLab(['--auth-delay', '0', '--hosts', '2']);
    try {
      const values = new Map(
        running.lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      expect([...values.keys()]).toEqual([
        'PROXMOX_URL',
        'PROXMOX_TOKEN',
        'PROXMOX_CA_FILE',
        'PROXMOX_FINGERPRINT',
        'PROXMOX_ADMIN_URL',
      ]);
      const hosts = values.get('PROXMOX_URL')?.split(',') ?? [];
      const caFile = values.get('PROXMOX_CA_FILE') ?? '';
      expect(hosts).toHaveLength(2);
      for (const host of hosts) {
        const answer = await send(`${host}/api2/json/cluster/resources?type=vm`, {
          token: values.get('PROXMOX_TOKEN'),
          ca: readFileSync(caFile, 'utf8'),
        });
        const { data } = JSON.parse(answer.body) as { readonly data: unknown[] };
        expect(data).toHaveLength(seedScenario.proxmox[0]?.guests.length ?? -1);
      }
      await running.close();
      expect(existsSync(caFile)).toBe(false);
    } finally {
      await running.close();
    }
  });

  it('refuses options that it does not know', async () => {
    await expect(runProxmoxLab(['--nonsense'])).rejects.toThrow(/nonsense/);
    await expect(runProxmoxLab(['--port', '70000'])).rejects.toThrow(/--port/);
  });
});
