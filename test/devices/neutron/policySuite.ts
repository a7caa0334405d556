import { PolicyBench, stateOf, texts, type PolicyCloud } from './policyCloud';

/** What policies promise of any Neutron: the fake one, and a real one. Numbers are those of docs/neutron.md. */
export function describePolicies(name: string, start: () => Promise<PolicyCloud>): void {
  describe(`policies on ${name}`, () => {
    let cloud: PolicyCloud;
    let bench: PolicyBench;
    let web: string;
    let db: string;
    beforeAll(async () => {
      cloud = await start();
      web = await cloud.makeGroup('web');
      db = await cloud.makeGroup('db');
    });
    afterAll(() => cloud.stop());
    beforeEach(async () => {
      bench = new PolicyBench(cloud);
      for (const port of cloud.ports)
        await cloud.write(port, {
          port_security_enabled: true,
          security_groups: [web],
          allowed_address_pairs: [{ ip_address: '192.0.2.1' }],
        });
    });
    const state = (port = cloud.ports[0]) => stateOf(cloud, port);
    const isOne = async (change: () => Promise<unknown>): Promise<void> => {
      const { revision_number: before } = await cloud.show(cloud.ports[0]);
      await change();
      const { revision_number: after } = await cloud.show(cloud.ports[0]);
      expect(after - before).toBe(1);
    };

    it('1, 8: off takes groups and pairs in one request, and on brings back exactly these', async () => {
      const [port] = cloud.ports;
      const before = await state();
      bench.say(port, { security: 'off' });
      await isOne(async () => {
        const outcome = await bench.pass(port, ['10.10.10.50']);
        expect(outcome).toMatchObject({ status: 'applied', excluded: [{ rule: 'suspended-by-policy' }] });
        expect(outcome.parked).toBeUndefined();
      });
      expect(await state()).toEqual({ security: 'off', groups: [], pairs: [] });
      bench.say(port, undefined);
      await isOne(() => bench.pass(port));
      expect(await state()).toEqual(before);
      expect(bench.memories.size).toBe(0);
    });

    it('2: `on` with no groups can be said, and is shown as what it is', async () => {
      const [port] = cloud.ports;
      bench.say(port, { security: 'on', groups: [], exclusive: true });
      const outcome = await bench.pass(port);
      expect(await state()).toEqual({ security: 'on', groups: [], pairs: ['192.0.2.1'] });
      expect(outcome.policy?.remarks).toContainEqual(expect.stringContaining('anti-spoofing only'));
      bench.say(port, { security: 'on', groups: [] });
      const kept = await bench.pass(port);
      expect(await state()).toMatchObject({ groups: [web] });
      expect(kept.policy?.remarks).toContainEqual(expect.stringContaining('it is not ours'));
    });

    it('3: foreign pairs and groups survive; exclusive takes them, and its end brings them back', async () => {
      const [port] = cloud.ports;
      bench.say(port, { groups: [db], pairs: ['10.10.10.60'] });
      await bench.pass(port);
      expect(await state()).toEqual({
        security: 'on',
        groups: [db, web].sort(),
        pairs: ['10.10.10.60', '192.0.2.1'],
      });
      bench.say(port, { groups: [db], pairs: ['10.10.10.60'], exclusive: true });
      await bench.pass(port);
      expect(await state()).toEqual({ security: 'on', groups: [db], pairs: ['10.10.10.60'] });
      bench.say(port, undefined);
      await bench.pass(port);
      expect(await state()).toEqual({ security: 'on', groups: [web], pairs: ['192.0.2.1'] });
    });

    it('5: a converged port is not written, over 20 passes and however its pairs are spelled', async () => {
      const [port] = cloud.ports;
      const { mac_address: mac } = await cloud.show(port);
      const spellings = [
        { ip_address: '10.10.10.60' },
        { ip_address: '10.10.10.60', mac_address: mac },
        { ip_address: '10.10.10.60', mac_address: mac.toUpperCase() },
        { ip_address: '10.10.10.60', mac_address: mac.replaceAll(':', '-') },
        { ip_address: '10.10.10.60/32' },
        { ip_address: '10.10.10.60/32', mac_address: mac.toUpperCase().replaceAll(':', '-') },
        { ip_address: '2001:DB8::60' },
        { ip_address: '2001:db8:0:0:0:0:0:60/128', mac_address: mac },
      ];
      for (const spelling of spellings) {
        await cloud.write(port, { allowed_address_pairs: [spelling] });
        bench.say(port, { groups: [web], pairs: [spelling.ip_address.replace(/\/\d+$/, '').toLowerCase()] });
        const { revision_number: before } = await cloud.show(port);
        for (let pass = 0; pass < 20; pass += 1) expect((await bench.pass(port)).status).toBe('unchanged');
        expect((await cloud.show(port)).revision_number).toBe(before);
      }
    });

    it('11: a pair without a MAC is the one with the MAC of the port', async () => {
      const [port] = cloud.ports;
      const moved = { address: '10.10.10.61', mac: '00:00:5e:00:01:0a' };
      bench.say(port, { pairs: ['10.10.10.60', moved] });
      await bench.pass(port);
      const { mac_address: mac } = await cloud.show(port);
      bench.say(port, { pairs: ['10.10.10.60', moved, { address: '10.10.10.60', mac }] });
      expect((await bench.pass(port)).status).toBe('unchanged');
    });

    it('12: other ports are byte for byte as they were', async () => {
      const [port, ...others] = cloud.ports;
      const read = async (): Promise<string> => JSON.stringify(await Promise.all(others.map((one) => cloud.show(one))));
      const before = await read();
      for (const words of [{ security: 'off' as const }, { groups: [db] }, { pairs: ['10.10.10.60'] }, undefined]) {
        bench.say(port, words);
        expect((await bench.pass(port)).status).toBe('applied');
      }
      expect(await read()).toBe(before);
    });

    it('8: a group that was deleted meanwhile waits for a person by its name; an approval restores the rest', async () => {
      const [port] = cloud.ports;
      const mail = await cloud.makeGroup('mail');
      await cloud.write(port, { security_groups: [web, mail] });
      bench.say(port, { security: 'off' });
      await bench.pass(port);
      await cloud.dropGroup(mail);
      bench.say(port, undefined);
      const waiting = await bench.pass(port);
      expect(waiting).toMatchObject({
        status: 'parked',
        parked: {
          guards: ['policy-restore'],
          reason: expect.stringContaining(`security group mail (${mail})`) as string,
        },
      });
      expect(await state()).toEqual({ security: 'off', groups: [], pairs: [] });
      const approved = await bench.pass(port, [], { approvedFingerprint: waiting.parked?.fingerprint ?? '' });
      expect(approved.status).toBe('applied');
      expect(await state()).toEqual({ security: 'on', groups: [web], pairs: ['192.0.2.1'] });
    });

    it('8: on, where others switched off and nothing is known, waits for a person', async () => {
      const [port] = cloud.ports;
      await cloud.write(port, { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] });
      bench.say(port, { security: 'on' });
      const waiting = await bench.pass(port);
      expect(waiting).toMatchObject({
        status: 'parked',
        parked: { reason: expect.stringContaining('No groups are known') as string },
      });
      expect(await state()).toMatchObject({ security: 'off' });
      bench.say(port, { security: 'on', groups: [db] });
      expect((await bench.pass(port)).status).toBe('applied');
      expect(await state()).toEqual({ security: 'on', groups: [db], pairs: [] });
      bench.say(port, undefined);
      await bench.pass(port);
      expect(await state()).toMatchObject({ security: 'off' });
    });

    it('9: the end of a policy is what the next pass finds', async () => {
      const [port] = cloud.ports;
      bench.say(port, { security: 'off', expiresAt: new Date(bench.now.getTime() + 60_000) });
      await bench.pass(port);
      bench.now = new Date(bench.now.getTime() + 61_000);
      await bench.pass(port);
      expect(await state()).toEqual({ security: 'on', groups: [web], pairs: ['192.0.2.1'] });
    });

    it('7: what the port sends from anyway is no pair; addresses of others need a word', async () => {
      const [port] = cloud.ports;
      const words = { pairs: ['10.10.10.11', '10.10.10.1', '10.10.10.21', '10.10.10.60'] };
      bench.say(port, words);
      const outcome = await bench.pass(port);
      expect(outcome.policy?.refused).toEqual([
        expect.objectContaining({
          code: 'address-pair-taken',
          message: expect.stringContaining('10.10.10.1 is the gateway') as string,
        }),
        expect.objectContaining({
          code: 'address-pair-taken',
          message: expect.stringContaining('10.10.10.21 is a fixed') as string,
        }),
      ]);
      expect(outcome.excluded).toMatchObject([{ ip: '10.10.10.11', rule: 'fixed-address' }]);
      expect((await state()).pairs).toEqual(['10.10.10.60', '192.0.2.1']);
      bench.say(port, { ...words, takenAddresses: true });
      expect((await bench.pass(port)).policy?.refused).toEqual([]);
      expect((await state()).pairs).toEqual(['10.10.10.1', '10.10.10.21', '10.10.10.60', '192.0.2.1']);
    });

    it('17: the preview of off says what goes and what stays', async () => {
      const [port, sibling] = cloud.ports;
      bench.say(port, { security: 'off' });
      const { status, added, removed, notes } = await bench.preview(port);
      expect([status, texts(added)]).toEqual(['change', ['port security off']]);
      expect(texts(removed)).toContain(`security group web (${web})`);
      expect(notes.join('\n')).toContain(sibling);
      expect(notes.join('\n')).toContain(`loses security group web (${web})`);
    });
  });
}
