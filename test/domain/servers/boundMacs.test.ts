import type { MacInVlan } from '../../../src/domain/desired/binding';
import { noteMacs, noteOfMacs, type ReadBack } from '../../../src/domain/servers/boundMacs';
import { expectPlacement, notePass } from '../../../src/domain/servers/placement';
import type { PlacedPort, Placement } from '../../../src/domain/servers/server';
import { ip, junos, mac, port, server, vlan } from '../../activities/fakes/values';

const [M1, M2] = ['bc:24:11:00:00:01', 'bc:24:11:00:00:02'] as const;
const HERE = { device: junos(1), port: port('ge-0/0/1.0') };
const OTHER = { device: junos(2), port: port('ge-0/0/1.0') };
const [A, B] = [ip('10.0.48.1'), ip('10.0.48.2')];
const pair = (address: string, id = 13): MacInVlan => ({ mac: mac(address), vlan: vlan(id) });
const inVlan = (address: string, mac2: string, id = 13): ReadBack => ({ ip: ip(address), mac: mac2, vlan: vlan(id) });
const inSomeVlan = (address: string, mac2: string): ReadBack => ({ ip: ip(address), mac: mac2 });
const placed = (...ports: PlacedPort[]): Placement => ({ serverId: server(1), kind: 'dedicated', ports, ips: [A, B] });
const macsAfter = (before: readonly MacInVlan[] | undefined, ...readBack: ReadBack[]): PlacedPort['macs'] =>
  noteMacs(placed({ ...HERE, bound: [A, B], ...(before === undefined ? {} : { macs: before }) }), HERE, readBack)
    ?.ports[0]?.macs;

describe('the MACs that a pass read back with the addresses of a server', () => {
  it('are remembered once each, with their VLANs, and not those of others', () => {
    expect(macsAfter(undefined, inVlan(A, M2), inVlan(B, M2), inVlan('10.0.48.9', M1))).toEqual([pair(M2)]);
    expect(macsAfter([], inVlan(A, M2, 100), inVlan(B, M1))).toEqual([pair(M1), pair(M2, 100)]);
  });

  it('are forgotten when they are no longer there, or are in another VLAN now', () => {
    expect(macsAfter([pair(M1), pair(M2)], inVlan(A, M2))).toEqual([pair(M2)]);
    expect(macsAfter([pair(M1)], inVlan(A, M1, 100))).toEqual([pair(M1, 100)]);
    expect(macsAfter([pair(M1)])).toBeUndefined();
  });

  it('stay while an address is bound to them whose VLAN nothing says now', () => {
    expect(macsAfter([pair(M1)], inSomeVlan(A, M1), inVlan(B, M2))).toEqual([pair(M1), pair(M2)]);
    expect(macsAfter([pair(M1)], inSomeVlan(A, M2))).toBeUndefined();
    expect(macsAfter(undefined, inSomeVlan(A, M1))).toBeUndefined();
  });

  it('are those of this port alone', () => {
    const before = placed({ ...HERE, bound: [A] }, { ...OTHER, bound: [A], macs: [pair(M2)] });
    expect(noteMacs(before, HERE, [inVlan(A, M1)])?.ports).toEqual([
      { ...HERE, bound: [A], macs: [pair(M1)] },
      { ...OTHER, bound: [A], macs: [pair(M2)] },
    ]);
    expect(noteMacs(before, { ...HERE, port: port('ge-0/0/9.0') }, [inVlan(A, M1)])).toEqual(before);
    expect(noteMacs(undefined, HERE, [])).toBeUndefined();
  });
});

describe('what is remembered of MACs', () => {
  const before = placed({ ...HERE, bound: [A], macs: [pair(M1)] });

  it('survives an event, and a pass after which the server is elsewhere but still bound here', () => {
    expect(expectPlacement(placed(HERE), before).ports).toEqual(before.ports);
    const left = { serverId: server(1), kind: 'dedicated' as const, at: 'left' as const, ips: [] };
    expect(notePass(before, left, HERE, new Set([A]))?.ports).toEqual([
      { ...HERE, bound: [A], macs: [pair(M1)], left: true },
    ]);
  });

  it('is news to a pass only when the MACs are others, in whichever order', () => {
    expect(noteOfMacs(before, HERE, [pair(M1), pair(M1)])).toBeUndefined();
    expect(noteOfMacs(placed(HERE), HERE, [])).toBeUndefined();
    expect(
      noteOfMacs(placed({ ...HERE, bound: [A], macs: [pair(M2), pair(M1)] }), HERE, [pair(M1), pair(M2)]),
    ).toBeUndefined();
    expect(noteOfMacs(before, HERE, [pair(M1, 100)])).toEqual({
      serverId: 1,
      kind: 'dedicated',
      at: 'here',
      ips: [A, B],
      ports: [HERE],
    });
    const guest = { cluster: 'pve', node: 'pve1', vmid: 7 };
    expect(noteOfMacs({ ...before, kind: 'vm', guest }, HERE, [pair(M2)])).toEqual({
      serverId: 1,
      kind: 'vm',
      at: 'here',
      ips: [A, B],
      guest,
    });
  });
});
