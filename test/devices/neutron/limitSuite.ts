import type { NeutronDevice } from '../../../src/devices/neutron/neutronDevice';
import type { PortName } from '../../../src/domain/values/port';
import { PolicyBench, stateOf, type PolicyCloud } from './policyCloud';

/** A cloud whose administrator does something, too. */
export interface LimitedCloud extends PolicyCloud {
  /** The same project, with more pairs than the cloud takes: what is too much is refused by Neutron. */
  readonly lenient: NeutronDevice;
  /** Gives a port another MAC, as an administrator. */
  changeMac(port: PortName, mac: string): Promise<void>;
  /** How many requests to write to ports there were. */
  writes(): Promise<number>;
  /** Those that were refused: port and status, oldest first. */
  refusals(): Promise<readonly string[]>;
}

const containing = (text: string): string => expect.stringContaining(text) as string;

/** What policies meet on any Neutron, the fake one and a real one, where ports are not like the others. Numbers are those of docs/policies-neutron.md. */
export function describeLimits(name: string, start: () => Promise<LimitedCloud>): void {
  describe(`limits of policies on ${name}`, () => {
    let cloud: LimitedCloud;
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
    const first = () => cloud.ports[0];
    const state = () => stateOf(cloud, first());
    const write = (...ips: readonly string[]) =>
      cloud.write(first(), { allowed_address_pairs: ips.map((ip_address) => ({ ip_address })) });

    it('10: too many pairs are counted before anything is sent, ours and foreign ones', async () => {
      await write('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5');
      const before = [await cloud.show(first()), await cloud.writes()];
      bench.say(first(), { pairs: [60, 61, 62, 63, 64].map((host) => `10.10.10.${host}`) });
      expect(await bench.pass(first(), ['10.10.10.50', '10.10.10.51'])).toMatchObject({
        status: 'failed',
        error: { code: 'device-rejected', message: containing('12 of 10 pairs (7 ours, 5 foreign)') },
      });
      expect([await cloud.show(first()), await cloud.writes()]).toEqual(before);
      expect(bench.memories.size).toBe(0);
    });

    it('14: what Neutron refuses is a sentence with its type and what to do, and nothing was changed', async () => {
      const lenient = new PolicyBench({ ...cloud, device: cloud.lenient });
      lenient.say(first(), { pairs: Array.from({ length: 12 }, (_, index) => `10.10.10.${60 + index}`) });
      const before = await cloud.show(first());
      const { status, error } = await lenient.pass(first());
      expect([status, error?.code]).toEqual(['failed', 'device-rejected']);
      expect(error?.message).toContain('AllowedAddressPairExhausted');
      expect(error?.message).toContain('`maxPairs`');
      expect(await cloud.show(first())).toEqual(before);
      expect((await cloud.refusals()).at(-1)).toBe(`${first()} 400`);
    });

    it('11: a pair without a MAC follows the MAC of its port, in one request', async () => {
      bench.say(first(), { pairs: ['10.10.10.60', { address: '10.10.10.61', mac: '00:00:5e:00:01:0a' }] });
      await bench.pass(first());
      const { mac_address: own } = await cloud.show(first());
      await cloud.changeMac(first(), 'fa:16:3e:99:99:99');
      try {
        const before = await cloud.writes();
        expect((await bench.pass(first())).status).toBe('applied');
        expect(await cloud.writes()).toBe(before + 1);
        expect((await state()).pairs).toEqual(['10.10.10.60', '10.10.10.61 00:00:5e:00:01:0a']);
      } finally {
        await cloud.changeMac(first(), own);
      }
    });

    it('11: the policy of a server is carried out at whatever port it has, a new one too', async () => {
      const [, second] = cloud.ports;
      const policy = bench.policy(first(), { pairs: ['10.10.10.60'] });
      bench.policies = [{ ...policy, scope: { kind: 'server', serverId: 101 as never } }];
      await bench.pass(first(), [], { serverIds: [101 as never] });
      await bench.pass(second, [], { serverIds: [101 as never] });
      await bench.pass(first(), [], { serverIds: [] });
      expect((await state()).pairs).toEqual([]);
      expect((await stateOf(cloud, second)).pairs).toEqual(['10.10.10.60']);
    });

    it('15: what others changed since our last change is said once, with the revisions; a revision alone is nothing', async () => {
      bench.say(first(), { groups: [web], pairs: ['10.10.10.60'] });
      await bench.pass(first());
      const { revision_number: ours } = await cloud.show(first());
      await cloud.write(first(), { name: 'renamed' });
      const changed = containing('Changed by somebody else');
      expect((await bench.pass(first())).policy?.remarks).not.toContainEqual(changed);
      await write('10.10.10.60', '192.0.2.1');
      const { revision_number: theirs } = await cloud.show(first());
      expect(theirs).toBeGreaterThan(ours + 1);
      const since = `since revision ${ours} (now revision ${theirs}): +192.0.2.1`;
      expect((await bench.pass(first())).policy?.remarks).toContainEqual(containing(since));
      expect((await bench.pass(first())).policy?.remarks).not.toContainEqual(changed);
    });

    it('15: who switches on what a policy switched off is overruled and named; what they set comes back, not what was before', async () => {
      const db = await cloud.makeGroup('db');
      bench.say(first(), { security: 'off' });
      await bench.pass(first());
      await cloud.write(first(), { port_security_enabled: true, security_groups: [db] });
      expect(await bench.pass(first())).toMatchObject({
        status: 'applied',
        policy: { remarks: expect.arrayContaining([containing('-port security off')]) as string[] },
      });
      expect(await state()).toMatchObject({ security: 'off' });
      bench.say(first(), undefined);
      await bench.pass(first());
      expect((await state()).groups).toEqual([db]);
    });
  });
}
