import { checkUplinks, describeBridges, type PlacedUplink } from '../../../src/domain/servers/uplinkCheck';
import { junos, port } from '../../activities/fakes/values';

const at = (name: string) => [{ device: junos(2), port: port(name) }];
const FOUND = {
  names: ['vmbr0', 'vmbr1', 'vmbr2', 'bond0', 'bond1'],
  bridges: [
    { name: 'vmbr0', leavesBy: ['bond0'] },
    { name: 'vmbr1', leavesBy: ['bond1'] },
    { name: 'vmbr2', leavesBy: [] },
  ],
};
const uplink = (where: string, name: string, ...interfaces: string[]): PlacedUplink => ({
  where,
  ports: at(name),
  interfaces,
});

it('nothing is wrong when each bridge that leaves the node leads to one uplink', () => {
  const uplinks = [uplink('f:1', 'ae0', 'vmbr0'), uplink('f:2', 'ae1', 'bond1')];
  expect(checkUplinks('pve1', FOUND, uplinks)).toEqual([]);
  expect(describeBridges(FOUND.bridges, uplinks)).toEqual([
    'vmbr0 by bond0 → junos:2 ae0',
    'vmbr1 by bond1 → junos:2 ae1',
    'vmbr2 stays on the node',
  ]);
});

it.each([
  [
    'a name that the node does not have',
    [uplink('f:1', 'ae0', 'vmbr0'), uplink('f:2', 'ae1', 'bond1', 'bond7')],
    ['f:2: pve1 has no bond7; it has bond0, bond1, vmbr0, vmbr1, vmbr2'],
  ],
  [
    'a bridge that leads nowhere',
    [uplink('f:1', 'ae0', 'vmbr0')],
    ['f:1: of pve1: no configured uplink names vmbr1 or what it leaves by'],
  ],
  [
    'a bridge and its bond in two uplinks',
    [uplink('f:1', 'ae0', 'vmbr0'), uplink('f:2', 'ae1', 'bond0'), uplink('f:3', 'ae2', 'vmbr1')],
    ['f:1: of pve1: several configured uplinks lead from vmbr0: junos:2 ae0 and junos:2 ae1'],
  ],
])('%s is named with the line', (_name, uplinks, problems) => {
  expect(checkUplinks('pve1', FOUND, uplinks)).toEqual(problems);
});
