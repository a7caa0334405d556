import { membersOf } from '../../../src/domain/servers/membership/membersOf';
import type { ServerFacts } from '../../../src/domain/servers/portFacts';
import type { PlacedPort } from '../../../src/domain/servers/server';
import type { PortRef } from '../../../src/domain/values/port';
import { assigned, ip, junos, port, server } from '../../activities/fakes/values';

/** A guest that went to a node with two uplinks, one of them a LAG over two switches. */
const at = (id: number, name: string): PortRef => ({ device: junos(id), port: port(name) });
const HERE = at(1, 'ae0.0');
const [LEFT, RIGHT, OTHER] = [at(2, 'ae1.0'), at(3, 'ae1.0'), at(4, 'ae7.0')];
const IP = ip('10.0.48.1');

const removedHere = (...proven: PortRef[]): readonly string[] => {
  const ports: PlacedPort[] = [
    { ...HERE, node: 'pve1', bound: [IP] },
    ...proven.map((ref) => ({ ...ref, node: 'pve2', bound: [IP] })),
  ];
  const vm: ServerFacts = {
    serverId: server(301),
    entry: { state: 'found', name: 'vm-301', ips: [assigned(IP)] },
    guest: { cluster: 'pve', vmid: 3001, node: 'pve2' },
    elsewhere: { where: 'runs on pve2', uplinks: [[LEFT, RIGHT], [OTHER]] },
    placement: {
      serverId: server(301),
      kind: 'vm',
      ports,
      ips: [IP],
      guest: { cluster: 'pve', node: 'pve2', vmid: 3001 },
    },
  };
  const nodes = [{ cluster: 'pve', node: 'pve1' }];
  const holders = { holders: new Map(), unread: [] };
  const facts = { here: HERE, explainedIps: [], deletedServerIds: [], nodes, isUplink: true, servers: [vm], holders };
  return membersOf(facts).removals.named;
};

it.each([
  ['nowhere yet', [], []],
  ['on one of two switches of a LAG', [LEFT], []],
  ['on both of them', [LEFT, RIGHT], [IP]],
  ['on the other uplink', [OTHER], [IP]],
])(
  'what is bound at the node that it left goes once one uplink has it at all of its ports: %s',
  (_name, proven, gone) => {
    expect(removedHere(...proven)).toEqual(gone);
  },
);
