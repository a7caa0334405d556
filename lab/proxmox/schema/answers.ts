/** A JSON Schema (draft 7). */
export type JsonSchema = Readonly<Record<string, unknown>>;

const integer: JsonSchema = { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^\\d+$' }] };
const flag: JsonSchema = { enum: [0, 1, '0', '1'] };
const text: JsonSchema = { type: 'string' };
const name: JsonSchema = { type: 'string', minLength: 1 };
const mac = '[A-Fa-f0-9][02468ACEace](:[A-Fa-f0-9]{2}){5}';

const object = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema => ({
  type: 'object',
  properties,
  required: [...required],
});
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

const lock: JsonSchema = {
  enum: [
    'backup',
    'clone',
    'create',
    'destroyed',
    'disk',
    'fstrim',
    'migrate',
    'mounted',
    'rollback',
    'snapshot',
    'snapshot-delete',
    'suspending',
    'suspended',
  ],
};
const digest: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{40}$' };
const guestCommon = { lock, template: flag, digest, cores: integer, ostype: name };

const policy: JsonSchema = { enum: ['ACCEPT', 'REJECT', 'DROP'] };
const setName: JsonSchema = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{1,63}$' };
const guestFirewall: JsonSchema = object(
  { enable: flag, dhcp: flag, ipfilter: flag, macfilter: flag, ndp: flag, radv: flag, policy_in: policy, digest },
  [],
);
const sets: JsonSchema = list(object({ name: setName, comment: text, digest }, ['name', 'digest']));
const setEntries: JsonSchema = list(object({ cidr: name, comment: text, nomatch: flag, digest }, ['cidr', 'digest']));

/**
 * What the lab answers, per API path (`{name}` stands for one segment), as the Proxmox VE API describes the `data` of
 * each call: https://pve.proxmox.com/pve-docs/api-viewer/. Every number may be written as text.
 */
export const ANSWER_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  '/version': object({ version: name, release: name, repoid: { type: 'string', pattern: '^[0-9a-f]{8,40}$' } }, [
    'version',
    'release',
    'repoid',
  ]),
  '/cluster/resources': list(
    object(
      {
        id: { type: 'string', pattern: '^(qemu|lxc)/\\d+$' },
        vmid: integer,
        type: { enum: ['qemu', 'lxc'] },
        node: name,
        name,
        status: { enum: ['running', 'stopped', 'unknown'] },
        template: flag,
        lock,
      },
      ['id', 'vmid', 'type', 'node', 'status'],
    ),
  ),
  '/cluster/status': list({
    oneOf: [
      object({ type: { const: 'cluster' }, id: name, name, nodes: integer, quorate: flag, version: integer }, [
        'type',
        'id',
        'name',
        'nodes',
        'quorate',
        'version',
      ]),
      object({ type: { const: 'node' }, id: name, name, nodeid: integer, ip: text, online: flag, local: flag }, [
        'type',
        'id',
        'name',
        'nodeid',
        'online',
      ]),
    ],
  }),
  '/cluster/firewall/options': object({ enable: integer, ebtables: flag, policy_in: policy, digest }, []),
  '/nodes/{node}/qemu/{vmid}/firewall/options': guestFirewall,
  '/nodes/{node}/lxc/{vmid}/firewall/options': guestFirewall,
  '/nodes/{node}/qemu/{vmid}/firewall/ipset': sets,
  '/nodes/{node}/lxc/{vmid}/firewall/ipset': sets,
  '/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}': setEntries,
  '/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}': setEntries,
  '/cluster/sdn/vnets': list(
    object({ type: { const: 'vnet' }, vnet: name, zone: name, tag: integer, vlanaware: flag }, [
      'type',
      'vnet',
      'zone',
    ]),
  ),
  '/cluster/sdn/zones': list(
    object({ type: { enum: ['simple', 'vlan', 'qinq', 'vxlan', 'evpn'] }, zone: name, bridge: name, tag: integer }, [
      'type',
      'zone',
    ]),
  ),
  '/cluster/ha/status/manager_status': object({ manager_status: { type: 'object' }, quorum: { type: 'object' } }, [
    'manager_status',
    'quorum',
  ]),
  '/cluster/tasks': list(
    object(
      {
        upid: { type: 'string', pattern: '^UPID:[^:]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:]+:[^:]*:[^:]+:$' },
        node: name,
        type: name,
        id: text,
        user: name,
        starttime: integer,
        endtime: integer,
        status: text,
      },
      ['upid', 'node', 'type', 'id', 'user', 'starttime'],
    ),
  ),
  '/cluster/ha/status/current': list(
    object({ id: name, type: { enum: ['quorum', 'master', 'lrm', 'service', 'fencing'] }, node: name, status: text }, [
      'id',
      'type',
      'node',
      'status',
    ]),
  ),
  '/nodes/{node}/tasks/{upid}/log': list(object({ n: integer, t: text }, ['n', 't'])),
  '/access/permissions': {
    type: 'object',
    propertyNames: { pattern: '^/' },
    additionalProperties: { type: 'object', additionalProperties: flag },
  },
  '/nodes': list(
    object({ node: name, id: name, type: { const: 'node' }, status: { enum: ['online', 'offline', 'unknown'] } }, [
      'node',
      'status',
    ]),
  ),
  '/nodes/{node}/network': list(
    object(
      {
        iface: { type: 'string', minLength: 2, maxLength: 20 },
        type: {
          enum: [
            'bridge',
            'bond',
            'eth',
            'alias',
            'vlan',
            'OVSBridge',
            'OVSBond',
            'OVSPort',
            'OVSIntPort',
            'vnet',
            'unknown',
          ],
        },
        bridge_ports: text,
        bridge_vlan_aware: flag,
        bridge_vids: text,
        slaves: text,
        address: text,
        netmask: text,
        cidr: { type: 'string', pattern: '^\\d+(\\.\\d+){3}/\\d+$' },
        address6: text,
        netmask6: integer,
        cidr6: { type: 'string', pattern: '^[0-9a-f:]+/\\d+$' },
        options: list(text),
        'vlan-id': integer,
        'vlan-raw-device': name,
        exists: { enum: [0, 1, '0', '1', null] },
      },
      ['iface', 'type'],
    ),
  ),
  '/nodes/{node}/qemu': list(
    object({ vmid: integer, name, status: { enum: ['running', 'stopped'] }, template: flag }, ['vmid', 'status']),
  ),
  '/nodes/{node}/lxc': list(
    object(
      { vmid: { type: 'string', pattern: '^\\d+$' }, name, status: { enum: ['running', 'stopped'] }, template: flag },
      ['vmid', 'status'],
    ),
  ),
  '/nodes/{node}/qemu/{vmid}/config': {
    ...object({ ...guestCommon, name }, ['name', 'digest']),
    patternProperties: {
      '^net\\d+$': { type: 'string', pattern: `(^|,)((macaddr|virtio|e1000e?|rtl8139|vmxnet3)=${mac}|virtio|model=)` },
      '^ipconfig\\d+$': { type: 'string', pattern: '(^|,)ip6?=' },
    },
  },
  '/nodes/{node}/lxc/{vmid}/config': {
    ...object({ ...guestCommon, hostname: name }, ['hostname', 'digest']),
    patternProperties: { '^net\\d+$': { type: 'string', pattern: `(^|,)hwaddr=${mac}` } },
  },
  '/nodes/{node}/qemu/{vmid}/pending': list(
    object({ key: name, value: text, pending: text, delete: integer }, ['key']),
  ),
  '/nodes/{node}/sdn/zones/{zone}/bridges': list(
    object(
      {
        name,
        vlan_filtering: { enum: ['0', '1', null] },
        ports: list(
          object(
            {
              name,
              vmid: { anyOf: [integer, { type: 'null' }] },
              index: { type: 'string', pattern: '^(net)?\\d+$' },
              primary_vlan: integer,
              vlans: list({ type: 'string', pattern: '^\\d+(-\\d+)?$' }),
            },
            ['name'],
          ),
        ),
      },
      ['name', 'vlan_filtering', 'ports'],
    ),
  ),
};
