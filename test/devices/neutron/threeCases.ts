import { PolicyBench, stateOf, type PolicyCloud } from './policyCloud';

/**
 * The three cases of docs/openstack.md, on any Neutron: single ports are treated otherwise than their siblings, and no other
 * port changes by a byte. The first two ports are of one machine, the third is of another.
 */
export function describeThreeCases(name: string, start: () => Promise<PolicyCloud>): void {
  describe(`the three cases on ${name}`, () => {
    let cloud: PolicyCloud;
    let bench: PolicyBench;
    let web: string;
    beforeAll(async () => {
      cloud = await start();
      web = await cloud.makeGroup('web');
    });
    afterAll(() => cloud.stop());
    beforeEach(async () => {
      bench = new PolicyBench(cloud);
      const plain = { port_security_enabled: true, security_groups: [web], allowed_address_pairs: [] };
      for (const port of cloud.ports) await cloud.write(port, plain);
    });
    const whole = async (...ports: readonly PolicyCloud['ports'][number][]): Promise<string> =>
      JSON.stringify(await Promise.all(ports.map((port) => cloud.show(port))));
    const on = (pairs: readonly string[]) => ({ security: 'on', groups: [web], pairs });
    const OFF = { security: 'off', groups: [], pairs: [] };

    it('1: one port per VM; port security off on the port of VM B, with what it opens said before; its groups come back', async () => {
      const [vmA, , vmB] = cloud.ports;
      const others = await whole(vmA);
      bench.say(vmB, { security: 'off' });
      const warning = (await bench.preview(vmB)).notes.join('\n');
      expect(warning).toContain('web');
      expect(await bench.pass(vmB)).toMatchObject({ status: 'applied' });
      expect([await stateOf(cloud, vmB), await whole(vmA)]).toEqual([OFF, others]);
      expect(bench.memories.size).toBe(1);
      bench.say(vmB, undefined);
      expect(await bench.pass(vmB)).toMatchObject({ status: 'applied' });
      expect([await stateOf(cloud, vmB), await whole(vmA)]).toEqual([on([]), others]);
    });

    it('2: two ports; filtering by address on both, and a further address on port B alone', async () => {
      const [portA, portB, other] = cloud.ports;
      const others = await whole(portA, other);
      bench.say(portB, { pairs: ['10.10.10.60'] });
      expect(await bench.pass(portB)).toMatchObject({ status: 'applied' });
      expect([await stateOf(cloud, portB), await whole(portA, other)]).toEqual([on(['10.10.10.60']), others]);
      expect(await bench.pass(portB)).toMatchObject({ status: 'unchanged' });
    });

    it('3: two ports per VM; off on the database port alone, a further address on the other one', async () => {
      const [front, database, other] = cloud.ports;
      const others = await whole(other);
      bench.say(front, { pairs: ['10.10.10.60'] });
      bench.say(database, { security: 'off' });
      for (const port of [front, database]) expect(await bench.pass(port)).toMatchObject({ status: 'applied' });
      expect([await stateOf(cloud, front), await stateOf(cloud, database), await whole(other)]).toEqual([
        on(['10.10.10.60']),
        OFF,
        others,
      ]);
      const untouched = await whole(front, other);
      bench.say(database, undefined);
      expect(await bench.pass(database)).toMatchObject({ status: 'applied' });
      expect([await stateOf(cloud, database), await whole(front, other)]).toEqual([on([]), untouched]);
    });
  });
}
