import { describeRealCloud } from '../../servers/neutron';
import { bindFloatingIp, giveForeignGroup, makeTrunk } from '../../servers/realSurroundings';
import { parsePortName } from '../../../src/domain/values/port';
import { PolicyBench, stateOf } from './policyCloud';
import { startRealPolicyCloud, type RealPolicyCloud } from './realPolicyCloud';

// The first start installs packages, and other tests of this machine may have the cloud before.
jest.setTimeout(900_000);

const containing = (text: string): string => expect.stringContaining(text) as string;

/** What ports of a real Neutron have around them: routers and floating IPs, trunks, groups of other projects. */
describeRealCloud('what is around the ports of a real Neutron', (title) => {
  describe(title, () => {
    let cloud: RealPolicyCloud;
    let bench: PolicyBench;
    let web: string;
    beforeAll(async () => {
      cloud = await startRealPolicyCloud();
      web = await cloud.makeGroup('web');
    });
    afterAll(() => cloud.stop());
    beforeEach(async () => {
      bench = new PolicyBench(cloud);
      for (const port of cloud.ports)
        await cloud.write(port, { port_security_enabled: true, security_groups: [web], allowed_address_pairs: [] });
    });

    it("17: the preview of off names the floating IP that is bound to the port; 16: the router's port is left alone", async () => {
      const [port, sibling] = cloud.ports;
      const { made, stop } = await bindFloatingIp(cloud.project, port);
      try {
        bench.say(port, { security: 'off' });
        const text = (await bench.preview(port)).notes.join('\n');
        expect(text).toContain(`floating IP ${made.address} is bound to ${port}: every TCP and UDP port`);
        expect(text).toContain(`loses security group web (${web})`);
        expect(text).toContain(sibling);
        bench.say(sibling, { security: 'off' });
        expect((await bench.preview(sibling)).notes.join('\n')).not.toContain('floating IP');

        const routerPort = parsePortName(made.routerPort);
        const before = JSON.stringify(await cloud.show(routerPort));
        bench.say(routerPort, { security: 'on', groups: [web] });
        const outcome = await bench.pass(routerPort);
        expect(outcome).toMatchObject({
          status: 'unchanged',
          policy: { refused: [{ code: 'policy-not-enforceable', message: containing('network:router_interface') }] },
        });
        expect(JSON.stringify(await cloud.show(routerPort))).toBe(before);
      } finally {
        await stop();
      }
    });

    it('16: a trunk and its subport take policies, and it is said that nothing proves it', async () => {
      const [parent, child, other] = cloud.ports;
      const { stop } = await makeTrunk(cloud.project, parent, child);
      try {
        for (const [port, words] of [
          [parent, `for its subports (${child})`],
          [child, 'a subport'],
        ] as const) {
          bench.say(port, { pairs: ['10.10.10.60'] });
          const outcome = await bench.pass(port);
          expect(outcome.status).toBe('applied');
          expect(outcome.policy?.remarks).toContainEqual(containing('accepted by Neutron, not proven'));
          expect(outcome.policy?.remarks).toContainEqual(containing(words));
        }
        bench.say(other, { pairs: ['10.10.10.60'] });
        expect((await bench.pass(other)).policy?.remarks).not.toContainEqual(containing('accepted by Neutron'));
      } finally {
        await stop();
      }
    });

    it("3: another project's group stays; a policy cannot name it; and what goes back to Neutron does not repeat it", async () => {
      const [port] = cloud.ports;
      const { made: theirs, stop } = await giveForeignGroup(cloud.project, port);
      try {
        bench.say(port, { pairs: ['10.10.10.60'] });
        expect((await bench.pass(port)).status).toBe('applied');
        expect(await stateOf(cloud, port)).toEqual({
          security: 'on',
          groups: [theirs, web].sort(),
          pairs: ['10.10.10.60'],
        });
        bench.say(port, { groups: [theirs] });
        expect((await bench.pass(port)).policy?.refused).toMatchObject([{ code: 'policy-group-unknown' }]);
        expect((await stateOf(cloud, port)).groups).toEqual([theirs, web].sort());
      } finally {
        await stop();
      }
    });
  });
});
