import { restoreConflicts, type AddressKnowledge } from '../../../src/domain/holds/conflicts';
import type { PortHold } from '../../../src/domain/holds/portHold';
import type { PlacedPort, Placement } from '../../../src/domain/servers/server';
import { ip, junos, port, server, statement } from '../../activities/fakes/values';

const HERE = { device: junos(1), port: port('ge-0/0/1.0') };
const THERE = { device: junos(1), port: port('ge-0/0/2.0') };
const IP = ip('10.0.48.5');
const NOTHING: AddressKnowledge = { holders: new Map(), placements: [], holds: [], keeps: [], bound: [] };
const placed = (ports: readonly PlacedPort[]): Placement => ({
  serverId: server(1),
  kind: 'dedicated',
  ips: [],
  ports,
});
const conflicts = (known: Partial<AddressKnowledge>): readonly string[] =>
  restoreConflicts(
    [IP],
    HERE,
    { ...NOTHING, ...known },
    (a, b) => a.device === b.device && a.port.replace('.0', '') === b.port.replace('.0', ''),
  );

describe('an address that a restore would bring back', () => {
  it('is free when nobody has it, or its server is here under whatever name', () => {
    expect(conflicts({})).toEqual([]);
    const holders = new Map([[IP, [server(1)]]]);
    expect(conflicts({ holders, placements: [placed([{ ...HERE, port: port('ge-0/0/1'), bound: [IP] }])] })).toEqual(
      [],
    );
  });

  it('is refused when it is let through for a server elsewhere, or belongs to one that is elsewhere', () => {
    expect(conflicts({ placements: [placed([{ ...THERE, bound: [IP] }])] })).toEqual([
      '10.0.48.5 is let through at junos:1 ge-0/0/2.0 for server 1',
    ]);
    expect(conflicts({ holders: new Map([[IP, [server(1)]]]), placements: [placed([THERE])] })).toEqual([
      '10.0.48.5 belongs to server 1, which is at junos:1 ge-0/0/2.0',
    ]);
    expect(conflicts({ holders: new Map([[IP, [server(2)]]]), placements: [placed([THERE])] })).toEqual([]);
  });

  it('is refused when a person holds or keeps it at another port, or that has it still', () => {
    const hold: PortHold = {
      ...{ ...THERE, id: '3', askedAs: [THERE.port], statements: [statement(IP)], removes: [], brought: [] },
      ...{ backup: '7', backupAt: '', workflowId: '', author: 'ada', reason: 'x', createdAt: '', expiresAt: '' },
    };
    const word = { id: '9', author: 'bob', reason: 'router', createdAt: '2026-11-29T00:00:00.000Z' };
    expect(conflicts({ holds: [hold] })[0]).toContain('is on junos:1 ge-0/0/2.0, which is held by ada');
    expect(conflicts({ keeps: [{ ...word, ...THERE, statement: statement(IP) }] })[0]).toContain('kept by bob');
    expect(conflicts({ bound: [{ ...THERE, ip: IP }] })).toEqual(['10.0.48.5 is let through on ge-0/0/2.0 now']);
    expect(conflicts({ holds: [{ ...hold, ...HERE }], bound: [{ ...HERE, ip: IP }] })).toEqual([]);
    expect(conflicts({ holds: [{ ...hold, statements: [statement('10.0.48.6')] }] })).toEqual([]);
  });

  it('may be at both ports of one server', () => {
    const both = placed([HERE, { ...THERE, bound: [IP] }]);
    expect(conflicts({ placements: [both], bound: [{ ...THERE, ip: IP }] })).toEqual([]);
  });
});
