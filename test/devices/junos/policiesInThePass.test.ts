import type { JunosSwitch } from '../../../lab/junos';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../../../src/devices/junos/settings';
import type { Convergence } from '../../../src/devices/pass/convergence';
import type { ConvergeContext, PortTarget } from '../../../src/devices/pass/request';
import type { PolicyFields, PortPolicy } from '../../../src/domain/policies/policy';
import type { SecurityGroups } from '../../../src/domain/policies/securityGroup';
import { parseIp, parseIpOrRange } from '../../../src/domain/values/ip';
import { parsePortName } from '../../../src/domain/values/port';
import { AN_HOUR_LATER, PolicySite } from '../policySite';
import { committed } from './policySupport';
import { addressOf, bind, deviceFor, outcomeOf, quickSwitch, target, type DrivenSwitch } from './support';

const [PORT_A, PORT_B] = [parsePortName('ge-0/0/1.0'), parsePortName('ge-0/0/2.0')];
const MAC = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const A = target(PORT_A, [bind('192.0.2.10', MAC[0], 10)]);
const B = target(PORT_B, [bind('192.0.2.20', MAC[1], 10)]);

const GROUPS: SecurityGroups = new Map([
  ['web', [{ direction: 'ingress', protocol: 'tcp', ports: { from: 443, to: 443 } }]],
  [
    'db',
    [
      {
        direction: 'ingress',
        protocol: 'tcp',
        ports: { from: 5432, to: 5432 },
        remote: { kind: 'group', group: 'web' },
      },
    ],
  ],
]);

const LINES = {
  'ex3300-12.3': [
    'set vlans net-10 vlan-id 10',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
    'set interfaces ge-0/0/2 unit 0 family ethernet-switching port-mode access',
    'set ethernet-switching-options secure-access-port vlan net-10 ip-source-guard',
  ],
  'ex4300-21': [
    'set vlans net-10 vlan-id 10',
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members net-10',
    'set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members net-10',
    'set vlans net-10 forwarding-options dhcp-security ip-source-guard',
  ],
};

let lab: JunosSwitch | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

/** A switch with what a store would remember of its policies, and two ports. */
class Site extends PolicySite {
  constructor(
    readonly lab: JunosSwitch,
    device: DrivenSwitch,
  ) {
    super(device);
  }

  override pass(targets: readonly PortTarget[] = [A, B], context: Partial<ConvergeContext> = {}): Promise<Convergence> {
    return super.pass(targets, context);
  }
}

async function site(profile: keyof typeof LINES, settings: Partial<JunosSettings> = {}): Promise<Site> {
  lab = await quickSwitch(profile, LINES[profile]);
  return new Site(lab, deviceFor(addressOf(lab), { confirmedCommit: 'never', securityGroups: GROUPS, ...settings }));
}

describe.each(['ex3300-12.3', 'ex4300-21'] as const)('the shared pass on a simulated %s', (profile) => {
  it('switches port security off until its end, in one commit each, and the rest of the switch is as before', async () => {
    const at = await site(profile);
    await at.pass();
    const before = committed(at.lab);
    at.policies = [at.policy(PORT_A, { portSecurity: 'off', expiresAt: AN_HOUR_LATER })];
    const shown = await at.preview([A, B]);
    const done = await at.pass();
    expect(shown.commands.difference).toEqual(done.commands);
    expect(shown.ports[0]?.policy?.remarks.join()).toContain('may send from any address in net-10');
    expect(outcomeOf(done, PORT_A)).toMatchObject({ status: 'applied', policy: { refused: [] } });
    expect(outcomeOf(done, PORT_B)).toMatchObject({ status: 'unchanged' });
    expect(committed(at.lab).filter((line) => line.includes(PORT_B))).toEqual(
      before.filter((line) => line.includes(PORT_B)),
    );
    expect((await at.pass()).commit).toBeUndefined();

    at.at = new Date(AN_HOUR_LATER.getTime() + 1);
    expect(outcomeOf(await at.pass(), PORT_A)).toMatchObject({ status: 'applied' });
    expect(committed(at.lab)).toEqual(before);
    expect(at.memories.size).toBe(0);
    expect((await at.pass()).commit).toBeUndefined();
  });

  it('an address that the panel takes away meanwhile is gone, one that it gives is there', async () => {
    const at = await site(profile);
    await at.pass();
    at.policies = [at.policy(PORT_A, { portSecurity: 'off' })];
    await at.pass();
    const moved = target(PORT_A, [bind('192.0.2.11', MAC[0], 10)]);
    await at.pass([moved, B]);
    at.policies = [];
    await at.pass([moved, B]);
    const bound = committed(at.lab).filter((line) => line.includes('static-ip'));
    expect(bound.join('\n')).not.toContain('trusted');
    expect(bound).toHaveLength(2);
    expect(bound.join('\n')).toContain('192.0.2.11');
  });

  it('without bindings where it is set so, and they come back', async () => {
    const at = await site(profile, { policies: { ...DEFAULT_JUNOS_SETTINGS.policies, off: 'none' } });
    await at.pass();
    const before = committed(at.lab);
    at.policies = [at.policy(PORT_A, { portSecurity: 'off' })];
    const done = await at.pass();
    expect(outcomeOf(done, PORT_A).excluded).toMatchObject([{ rule: 'suspended-by-policy' }]);
    expect(committed(at.lab).filter((line) => line.includes('192.0.2.10'))).toEqual([]);
    at.policies = [];
    await at.pass();
    expect(committed(at.lab)).toEqual(before);
  });

  it('further addresses come and go with their policy', async () => {
    const at = await site(profile);
    await at.pass();
    const before = committed(at.lab);
    at.policies = [at.policy(PORT_A, { allowedAddressPairs: [{ address: parseIp('203.0.113.7') }] })];
    await at.pass();
    expect(committed(at.lab).filter((line) => line.includes('203.0.113.7'))).toHaveLength(1);
    at.policies = [];
    await at.pass();
    expect(committed(at.lab)).toEqual(before);
  });

  it("a network's further addresses pass in its VLAN, by its name or its id; without a word of it they are refused", async () => {
    const at = await site(profile);
    const two = target(PORT_A, [bind('192.0.2.10', MAC[0], 10), bind('192.0.2.11', MAC[0], 20)]);
    at.lab.editAsOperator(['set vlans net-20 vlan-id 20'], { commit: true }).release();
    await at.pass([two]);
    const before = committed(at.lab);
    const further: PolicyFields = { allowedAddressPairs: [{ address: parseIp('203.0.113.7') }] };
    const network = (name: string): PortPolicy => ({
      ...at.policy(PORT_A, further),
      scope: { kind: 'network', device: at.device.id, network: name },
    });
    at.policies = [at.policy(PORT_A, further)];
    expect(outcomeOf(await at.pass([two]), PORT_A).policy?.refused).toMatchObject([
      { code: 'policy-not-enforceable', message: expect.stringContaining('VLANs 10, 20; name one (vlan)') as string },
    ]);
    for (const name of ['net-20', '20']) {
      at.policies = [network(name)];
      await at.pass([two]);
      const lines = committed(at.lab).filter((line) => line.includes('203.0.113.7'));
      expect(lines).toEqual([expect.stringContaining('net-20')]);
    }
    at.policies = [network('net-30')];
    await at.pass([two]);
    expect(committed(at.lab)).toEqual(before);
  });

  it('nothing is committed that cannot be remembered; a confirmed commit of a policy is confirmed', async () => {
    const at = await site(profile, { confirmedCommit: 'always' });
    await at.pass();
    at.policies = [at.policy(PORT_A, { portSecurity: 'off' })];
    const failing = at.pass([A, B], { onRemember: () => Promise.reject(new Error('the store is gone')) });
    await expect(failing).rejects.toThrow('the store is gone');
    expect(committed(at.lab).join()).not.toContain('trusted');
    const done = await at.pass();
    expect(done.commit?.confirmed).toBe(true);
    const trusted = committed(at.lab);
    at.lab.advance(24 * 60);
    expect(committed(at.lab)).toEqual(trusted);
    expect(trusted.join()).toContain('trusted');
  });

  it('groups that the switch does not render are told, and bindings go on', async () => {
    const at = await site(profile);
    at.policies = [at.policy(PORT_A, { securityGroups: ['web'] })];
    const done = await at.pass();
    expect(outcomeOf(done, PORT_A)).toMatchObject({
      status: 'applied',
      policy: { refused: [{ code: 'policy-not-enforceable' }] },
    });
  });

  it('a group of groups names the addresses of its members, follows them, and stays as it is while they are not known', async () => {
    const at = await site(profile, {
      policies: { ...DEFAULT_JUNOS_SETTINGS.policies, securityGroups: 'firewall-filter', maxFilterTerms: 40 },
    });
    at.policies = [at.policy(PORT_B, { securityGroups: ['db'] })];
    const remotes = (): readonly string[] =>
      committed(at.lab).flatMap(
        (line) => / filter portwarden-ge-0-0-2-0-out .*source-address (\S+)/.exec(line)?.[1] ?? [],
      );
    const members = (...addresses: readonly string[]): void =>
      void (at.groups = new Map([['web', { addresses: addresses.map(parseIpOrRange) }]]));
    members('192.0.2.10', '198.51.100.0/24');
    await at.pass();
    expect(remotes().toSorted()).toEqual(['192.0.2.10/32', '198.51.100.0/24']);
    members('192.0.2.11');
    await at.pass([B]);
    expect(remotes()).toEqual(['192.0.2.11/32']);
    at.groups = new Map([['web', { unknown: 'neutron:lab does not answer' }]]);
    const waiting = outcomeOf(await at.pass([B]), PORT_B);
    expect([waiting.status, waiting.policy?.refused]).toMatchObject([
      'unchanged',
      [{ code: 'policy-not-enforceable', message: expect.stringContaining('neutron:lab does not answer') as string }],
    ]);
    members(...Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 100}`));
    expect(outcomeOf(await at.pass([B]), PORT_B).policy?.refused).toMatchObject([
      { code: 'policy-not-enforceable', message: expect.stringMatching(/the limit is 40 .*web 60$/) as string },
    ]);
    expect(remotes()).toEqual(['192.0.2.11/32']);
    at.policies = [];
    await at.pass([B]);
    expect(committed(at.lab).join()).not.toContain('firewall');
  });
});
