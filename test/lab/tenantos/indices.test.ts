import fc from 'fast-check';
import { holderOf } from '../../../lab/tenantos/holders';
import { PanelServers } from '../../../lab/tenantos/servers';
import type { PanelServerWorld } from '../../../lab/scenarios/scenario';

const subnet = (id: number, network: string, cidr: number) => ({ id, subnet: network, cidr, gw: '' });
const server = (id: number, ...switchIds: number[]): PanelServerWorld => ({
  ...{ id, servername: `s${id}`, kind: 'dedicated', ips: [] },
  switchPorts: switchIds.map((switchId) => ({ switchId, portId: id, switchAutomation: true })),
});

test('the smallest subnet that holds an address is found, also after the list has changed', () => {
  const subnets = [subnet(1, '10.0.0.0', 8), subnet(2, '10.1.0.0', 16), subnet(3, '2001:db8::', 32)];
  const of = (ip: string) => holderOf(ip, subnets)?.id;
  expect([of('10.1.2.3'), of('10.2.2.3'), of('10.1.0.0/24'), of('2001:db8::5'), of('192.0.2.1')]).toEqual([
    2,
    1,
    2,
    3,
    undefined,
  ]);
  subnets[1] = subnet(4, '10.1.2.0', 24);
  subnets.push(subnet(5, '10.1.2.3', 32));
  expect([of('10.1.2.3'), of('10.1.2.4'), of('10.1.3.4')]).toEqual([5, 4, 1]);
  subnets.splice(0, 1);
  expect(of('10.2.2.3')).toBeUndefined();
});

test('the servers of a switch are those whose connections name it, whatever happened to them', () => {
  const step = fc.record({ id: fc.nat(4), switches: fc.option(fc.uniqueArray(fc.nat(3)), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const servers = new PanelServers();
      for (const { id, switches } of steps)
        if (switches === undefined) servers.delete(id);
        else servers.set(id, server(id, ...switches));
      for (const id of [0, 1, 2, 3])
        expect(
          servers
            .onSwitch(id)
            .map((one) => one.id)
            .sort(),
        ).toEqual(
          [...servers.values()]
            .flatMap((one) => (one.switchPorts?.some(({ switchId }) => switchId === id) === true ? [one.id] : []))
            .sort(),
        );
    }),
  );
});
