import fc from 'fast-check';
import { nodeBindings, ownAddress, type NodeSource, type OwnAddress } from '../../../src/domain/desired/nodeAddresses';
import type { PortSources } from '../../../src/domain/desired/sources';
import { ip, junos, mac, port, vlan } from '../../activities/fakes/values';
import { anyIp, anySources, anyVlan } from '../arbitraries';

const MAC = mac('bc:24:11:00:00:99');
const address = (extra: Partial<OwnAddress> = {}): OwnAddress => ({
  ip: ip('10.0.0.11'),
  iface: 'vmbr0.13',
  leavesBy: ['vmbr0', 'bond0'],
  vlan: { kind: 'tagged', vlan: vlan(13) },
  uplink: { at: 'here' },
  mac: MAC,
  ...extra,
});
const run = (own: OwnAddress, extra: Partial<PortSources> = {}) => {
  const nodes: NodeSource[] = [{ cluster: 'pve', node: 'pve1', addresses: [own] }];
  const { bindings, kept } = nodeBindings({
    dedicated: [],
    guests: [],
    stated: new Map(),
    allowlist: [],
    nodes,
    ...extra,
  });
  return bindings[0] ?? kept[0];
};
const stated = (id: number) => new Map([[ip('10.0.0.11'), { vlan: vlan(id), source: 'panel-subnet' as const }]]);

it.each([
  ['VLAN and MAC by its interface', address(), {}, { mac: MAC, vlan: 13 }],
  [
    'untagged, in the native VLAN of the uplink',
    address({ vlan: { kind: 'native' }, uplink: { at: 'here', nativeVlan: vlan(20) } }),
    {},
    { mac: MAC, vlan: 20 },
  ],
  [
    'the MAC of the configuration, where its interface names none',
    { ...address({ uplinkMac: mac('bc:24:11:00:00:77') }), mac: undefined } as never,
    {},
    { mac: 'bc:24:11:00:00:77', vlan: 13 },
  ],
  ["that of its interface before the uplink's", address({ uplinkMac: mac('bc:24:11:00:00:77') }), {}, { mac: MAC }],
  ['the VLAN that the panel says too', address(), { stated: stated(13) }, { vlan: 13 }],
  [
    'also when its servers are refused it',
    address(),
    { refused: new Map([[ip('10.0.0.11'), { rule: 'node-address' as const, message: '' }]]) },
    { vlan: 13 },
  ],
])("a node's own address is bound with %s", (_name, own, extra, expected) => {
  expect(run(own, extra)).toMatchObject({ ip: '10.0.0.11', ...expected });
});

it.each([
  ['its MAC is not known', { ...address(), mac: undefined } as never, {}, 'the MAC of vmbr0.13 on pve1 is not known'],
  ['no native VLAN is configured', address({ vlan: { kind: 'native' } }), {}, 'no native VLAN'],
  ['its VLAN is not known', address({ vlan: { kind: 'unknown', why: 'staged' } }), {}, 'staged'],
  [
    'the panel has it in another VLAN',
    address(),
    { stated: stated(100) },
    'it belongs to VLAN 100, but vmbr0.13 sends it in VLAN 13',
  ],
  [
    'the panel does not say its VLAN for certain',
    address(),
    { unclear: new Map([[ip('10.0.0.11'), 'row 3']]) },
    'row 3',
  ],
  ['its VLAN is not in the allowlist', address(), { allowlist: [vlan(100)] }, 'allowlist'],
  [
    'its VLAN has other subnets',
    address(),
    { stray: () => ({ rule: 'outside-subnet' as const, message: 'in none' }) },
    'in none',
  ],
  [
    'it enters elsewhere',
    address({ uplink: { at: 'elsewhere', ports: [{ device: junos(2), port: port('ae7.0') }] } }),
    {},
    'junos:2 ae7.0',
  ],
  [
    'nothing says where it enters',
    address({ uplink: { at: 'unknown', why: 'nobody names vmbr0' } }),
    {},
    'nobody names vmbr0',
  ],
])('stays as it is while %s', (_name, own, extra, why) => {
  expect(run(own, extra)).toMatchObject({ rule: 'node-address', message: expect.stringContaining(why) as unknown });
  expect(run(own, extra)).toMatchObject({
    message: expect.stringContaining(
      '10.0.0.11 is an address of pve1, a node of pve (vmbr0.13); what is bound of it stays as it is',
    ) as unknown,
  });
});

it('every address of a node is either bound with its own MAC or kept, whatever else there is', () => {
  const anyOwn: fc.Arbitrary<OwnAddress> = fc.record(
    {
      ip: anyIp,
      iface: fc.constant('vmbr0'),
      leavesBy: fc.constant([]),
      vlan: fc.oneof(
        anyVlan.map((id) => ({ kind: 'tagged' as const, vlan: id })),
        fc.constant({ kind: 'native' as const }),
        fc.constant({ kind: 'unknown' as const, why: 'x' }),
      ),
      uplink: fc.oneof(
        fc.record({ at: fc.constant('here' as const), nativeVlan: anyVlan }),
        fc.constant({ at: 'unknown' as const, why: 'y' }),
      ),
      mac: fc.constant(MAC),
    },
    { requiredKeys: ['ip', 'leavesBy', 'vlan', 'uplink'] },
  );
  fc.assert(
    fc.property(anySources, fc.array(anyOwn, { maxLength: 4 }), (sources, addresses) => {
      const nodes = [{ cluster: 'pve', node: 'pve1', addresses }];
      const { bindings, kept } = nodeBindings({ ...sources, nodes });
      const said = [...bindings, ...kept].map((one) => one.ip);
      expect(new Set(said)).toEqual(new Set(addresses.map((one) => one.ip)));
      expect(said).toHaveLength(new Set(said).size);
      expect(bindings.every((one) => one.mac === MAC)).toBe(true);
      for (const one of said) expect(ownAddress({ ...sources, nodes }, one)).toBeDefined();
    }),
  );
});
