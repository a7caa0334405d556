import { nicUplink, uplinkOfBridge, type NodeUplink } from '../../../src/domain/servers/nodeUplink';
import { junos, port, vlan } from '../../activities/fakes/values';

const at = (id: number, name: string) => ({ device: junos(id), port: port(name) });
const FRONT: NodeUplink = { interfaces: ['vmbr0'], ports: [at(2, 'ae0.0'), at(3, 'ae0.0')], nativeVlan: vlan(13) };
const BACK: NodeUplink = { interfaces: ['bond1'], ports: [at(4, 'ae7.0')] };
const REST: NodeUplink = { ports: [at(5, 'xe-0/0/1.0')] };
const BRIDGES = [
  { name: 'vmbr0', leavesBy: ['bond0', 'eno1'] },
  { name: 'vmbr1', leavesBy: ['bond1.20', 'bond1', 'eno3'] },
  { name: 'cust', leavesBy: ['vmbr1', 'bond1'] },
];

it.each([
  ['named itself', 'vmbr0', [FRONT, BACK], FRONT],
  ['whose bond is named', 'vmbr1', [FRONT, BACK], BACK],
  ['of a vnet, by the bond under its bridge', 'cust', [FRONT, BACK], BACK],
  ['that nobody names, with an uplink for the rest', 'vmbr9', [FRONT, REST], REST],
  ['that is named, beside an uplink for the rest', 'vmbr0', [REST, FRONT], FRONT],
])('the uplink of a bridge %s', (_name, bridge, uplinks, uplink) => {
  expect(uplinkOfBridge(uplinks, bridge, BRIDGES)).toEqual({ uplink });
});

it('is unknown for a bridge that nobody names, and for one that two uplinks lead from', () => {
  expect(uplinkOfBridge([FRONT, BACK], 'vmbr9', BRIDGES)).toEqual({
    unknown: expect.stringContaining('vmbr9') as unknown,
  });
  const doubled = [{ ...FRONT, interfaces: ['vmbr1'] }, BACK];
  expect(uplinkOfBridge(doubled, 'vmbr1', BRIDGES)).toEqual({
    unknown: expect.stringContaining('junos:2 ae0.0 with junos:3 ae0.0 and junos:4 ae7.0') as unknown,
  });
});

describe('a NIC', () => {
  const node = { uplinks: [FRONT, BACK], bridges: BRIDGES, nativeVlan: vlan(99) };

  it.each([at(2, 'ae0.0'), at(3, 'ae0.0')])('is behind every port of its uplink, with its native VLAN: %j', (here) => {
    expect(nicUplink({ bridge: 'vmbr0' }, here, node)).toEqual({ at: 'here', nativeVlan: 13 });
  });
  it('of another uplink is there, with the native VLAN of the cluster when the uplink has none', () => {
    expect(nicUplink({ bridge: 'vmbr1' }, at(2, 'ae0.0'), node)).toEqual({
      at: 'elsewhere',
      ports: BACK.ports,
      nativeVlan: 99,
    });
  });
  it('with a pending bridge is behind both uplinks until the restart', () => {
    const moving = { bridge: 'vmbr0', pendingBridge: 'vmbr1' };
    expect(nicUplink(moving, at(3, 'ae0.0'), node)).toEqual({ at: 'here', nativeVlan: 13 });
    expect(nicUplink(moving, at(4, 'ae7.0'), node)).toEqual({ at: 'here', nativeVlan: 99 });
    expect(nicUplink({ bridge: 'vmbr0', pendingBridge: 'vmbr9' }, at(2, 'ae0.0'), node).at).toBe('here');
  });
  it('of a node without configured uplinks is behind whichever port is asked about', () => {
    expect(nicUplink({ bridge: 'vmbr1' }, at(9, 'ae9.0'), { bridges: [], nativeVlan: vlan(99) })).toEqual({
      at: 'here',
      nativeVlan: 99,
    });
  });
});
