import Ajv from 'ajv';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { ANSWER_SCHEMAS, type JsonSchema } from '../../../lab/proxmox/schema/answers';
import { proxmoxSchemas } from './pve-schema';
import { closeLabs, dataOf, startLab } from './support';

afterEach(closeLabs);

const CALLS: readonly (readonly [string, string])[] = [
  ['/version', '/version'],
  ['/cluster/resources', '/cluster/resources?type=vm'],
  ['/cluster/status', '/cluster/status'],
  ['/cluster/sdn/vnets', '/cluster/sdn/vnets?running=1'],
  ['/cluster/sdn/zones', '/cluster/sdn/zones?running=1'],
  ['/cluster/ha/status/manager_status', '/cluster/ha/status/manager_status'],
  ['/cluster/ha/status/current', '/cluster/ha/status/current'],
  ['/cluster/tasks', '/cluster/tasks'],
  ['/access/permissions', '/access/permissions'],
  ['/access/permissions', '/access/permissions?path=/vms/100'],
  ['/nodes', '/nodes'],
  ['/nodes/{node}/network', '/nodes/pve1/network'],
  ['/nodes/{node}/qemu', '/nodes/pve1/qemu'],
  ['/nodes/{node}/lxc', '/nodes/pve1/lxc'],
  ['/nodes/{node}/qemu/{vmid}/config', '/nodes/pve1/qemu/100/config'],
  ['/nodes/{node}/qemu/{vmid}/config', '/nodes/pve1/qemu/102/config?current=1'],
  ['/nodes/{node}/lxc/{vmid}/config', '/nodes/pve1/lxc/101/config?current=1'],
  ['/nodes/{node}/qemu/{vmid}/pending', '/nodes/pve1/qemu/100/pending'],
  ['/nodes/{node}/sdn/zones/{zone}/bridges', '/nodes/pve1/sdn/zones/localnetwork/bridges'],
  ['/cluster/firewall/options', '/cluster/firewall/options'],
  ['/nodes/{node}/qemu/{vmid}/firewall/options', '/nodes/pve1/qemu/100/firewall/options'],
  ['/nodes/{node}/qemu/{vmid}/firewall/ipset', '/nodes/pve1/qemu/100/firewall/ipset'],
  ['/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}', '/nodes/pve1/qemu/100/firewall/ipset/ipfilter-net0'],
  ['/nodes/{node}/lxc/{vmid}/firewall/options', '/nodes/pve1/lxc/101/firewall/options'],
  ['/nodes/{node}/lxc/{vmid}/firewall/ipset', '/nodes/pve1/lxc/101/firewall/ipset'],
  ['/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}', '/nodes/pve1/lxc/101/firewall/ipset/ipfilter-net0'],
];

/** Sets of both guests, of every form of entry. */
function filter({ cluster }: ProxmoxLab): void {
  for (const vmid of [100, 101]) {
    cluster.enforce(vmid);
    cluster.firewall(vmid).sets.set('ipfilter-net0', {
      comment: 'by hand',
      entries: [{ cidr: '203.0.113.10' }, { cidr: 'fe80::/10', nomatch: 1 }, { cidr: 'dc/office', comment: 'office' }],
    });
  }
}

function problems(schema: JsonSchema | undefined, data: unknown): unknown {
  if (schema === undefined) return 'no schema';
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return validate(data) ? undefined : validate.errors;
}

describe("the lab's answers", () => {
  it.each(CALLS)('%s: %s have the shape that the project describes', async (path, call) => {
    for (const numbersAs of ['number', 'text'] as const) {
      const lab = await startLab({ numbersAs });
      lab.setConfig(100, { net1: null, net2: 'virtio=BC:24:11:00:21:00,bridge=vmbr0' }, { pending: true });
      lab.cluster.beginMigration(100, 'pve2');
      lab.cluster.ha.set(101, { state: 'migrate', target: 'pve2' });
      filter(lab);
      expect(problems(ANSWER_SCHEMAS[path], await dataOf(lab, call))).toBeUndefined();
    }
  });

  it.each(['old', 'new'] as const)('describe live bridge ports in the %s form', async (bridges) => {
    const lab = await startLab({ bridges });
    expect(
      problems(
        ANSWER_SCHEMAS['/nodes/{node}/sdn/zones/{zone}/bridges'],
        await dataOf(lab, '/nodes/pve1/sdn/zones/localnetwork/bridges'),
      ),
    ).toBeUndefined();
  });
});

const official = proxmoxSchemas();
if (official === undefined) console.warn("skipped: Proxmox' own API schema is not beside this checkout");

(official === undefined ? describe.skip : describe)("the lab's answers against Proxmox' own schema", () => {
  it.each(CALLS)('%s: %s', async (path, call) => {
    const lab = await startLab();
    lab.setConfig(100, { net1: null, net2: 'virtio=BC:24:11:00:21:00,bridge=vmbr0' }, { pending: true });
    lab.cluster.endMigration(lab.cluster.beginMigration(100, 'pve2'));
    lab.cluster.beginMigration(101, 'pve2');
    lab.cluster.ha.set(101, { state: 'migrate', target: 'pve2' });
    filter(lab);
    expect(problems(official?.[path], await dataOf(lab, call))).toBeUndefined();
  });

  it('finds a wrong answer', () => {
    expect(problems(official?.['/cluster/resources'], [{ vmid: 'x', type: 'qemu' }])).toBeDefined();
    expect(problems(official?.['/cluster/sdn/vnets'], [{ vnet: 'a' }])).toBeDefined();
  });
});
