import type { JunosSwitch } from '../../../lab/junos';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../../../src/devices/junos/settings';
import type { Convergence } from '../../../src/devices/pass/convergence';
import { preview } from '../../../src/devices/pass/preview';
import type { ConvergeRequest, PoliciesOfDevice, PortTarget } from '../../../src/devices/pass/request';
import type { PolicyFields, PortPolicy } from '../../../src/domain/policies/policy';
import type { PortMemory } from '../../../src/domain/policies/portMemory';
import type { SecurityGroups } from '../../../src/domain/policies/securityGroup';
import { deviceId } from '../../../src/domain/values/device';
import { parseIp } from '../../../src/domain/values/ip';
import { parsePortName, type PortName } from '../../../src/domain/values/port';
import { committed } from './policySupport';
import {
  addressOf,
  bind,
  deviceFor,
  outcomeOf,
  quickSwitch,
  recordingContext,
  request,
  target,
  type DrivenSwitch,
} from './support';

const DEVICE = deviceId('junos', 1);
const [PORT_A, PORT_B] = [parsePortName('ge-0/0/1.0'), parsePortName('ge-0/0/2.0')];
const MAC = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const A = target(PORT_A, [bind('192.0.2.10', MAC[0], 10)]);
const B = target(PORT_B, [bind('192.0.2.20', MAC[1], 10)]);
const NOON = new Date('2026-11-29T12:00:00Z');

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

/** A switch with what a store would remember of its policies. */
class Site {
  readonly memories = new Map<PortName, PortMemory>();
  at = NOON;
  policies: readonly PortPolicy[] = [];

  constructor(
    readonly lab: JunosSwitch,
    public device: DrivenSwitch,
  ) {}

  ofDevice(): PoliciesOfDevice {
    return { device: DEVICE, policies: this.policies, at: this.at, memories: this.memories };
  }

  async pass(targets: readonly PortTarget[] = [A, B], more: Partial<ConvergeRequest> = {}): Promise<Convergence> {
    return this.device.converge(
      request(targets, { policies: this.ofDevice(), ...more }),
      recordingContext({
        onRemember: (changes) => {
          for (const { port, memory } of changes)
            if (memory === undefined) this.memories.delete(port);
            else this.memories.set(port, memory);
          return Promise.resolve();
        },
      }),
    );
  }
}

async function site(profile: keyof typeof LINES, settings: Partial<JunosSettings> = {}): Promise<Site> {
  lab = await quickSwitch(profile, LINES[profile]);
  return new Site(lab, deviceFor(addressOf(lab), { confirmedCommit: 'never', securityGroups: GROUPS, ...settings }));
}

function policy(port: PortName, fields: PolicyFields, expiresAt?: Date): PortPolicy {
  return {
    scope: { kind: 'port', device: DEVICE, port },
    reason: 'test',
    author: 'operator',
    createdAt: NOON,
    ...fields,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

describe.each(['ex3300-12.3', 'ex4300-21'] as const)('the shared pass on a simulated %s', (profile) => {
  it('switches port security off until its end, in one commit each, and the rest of the switch is as before', async () => {
    const at = await site(profile);
    await at.pass();
    const before = committed(at.lab);
    at.policies = [policy(PORT_A, { portSecurity: 'off' }, new Date(NOON.getTime() + 3_600_000))];
    const shown = preview(
      await at.device.readState(new AbortController().signal, { withPolicies: true }),
      request([A, B], { policies: at.ofDevice() }),
      [],
    );
    const done = await at.pass();
    expect(shown.commands.difference).toEqual(done.commands);
    expect(shown.ports[0]?.policy?.remarks.join()).toContain('may send from any address in net-10');
    expect(outcomeOf(done, PORT_A)).toMatchObject({ status: 'applied', policy: { refused: [] } });
    expect(outcomeOf(done, PORT_B)).toMatchObject({ status: 'unchanged' });
    expect(committed(at.lab).filter((line) => line.includes(PORT_B))).toEqual(
      before.filter((line) => line.includes(PORT_B)),
    );
    expect((await at.pass()).commit).toBeUndefined();

    at.at = new Date(NOON.getTime() + 3_600_001);
    expect(outcomeOf(await at.pass(), PORT_A)).toMatchObject({ status: 'applied' });
    expect(committed(at.lab)).toEqual(before);
    expect(at.memories.size).toBe(0);
    expect((await at.pass()).commit).toBeUndefined();
  });

  it('an address that the panel takes away meanwhile is gone, one that it gives is there', async () => {
    const at = await site(profile);
    await at.pass();
    at.policies = [policy(PORT_A, { portSecurity: 'off' })];
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
    at.policies = [policy(PORT_A, { portSecurity: 'off' })];
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
    at.policies = [policy(PORT_A, { allowedAddressPairs: [{ address: parseIp('203.0.113.7') }] })];
    await at.pass();
    expect(committed(at.lab).filter((line) => line.includes('203.0.113.7'))).toHaveLength(1);
    at.policies = [];
    await at.pass();
    expect(committed(at.lab)).toEqual(before);
  });

  it('nothing is committed that cannot be remembered; a confirmed commit of a policy is confirmed', async () => {
    const at = await site(profile, { confirmedCommit: 'always' });
    await at.pass();
    at.policies = [policy(PORT_A, { portSecurity: 'off' })];
    const failing = at.device.converge(
      request([A, B], { policies: at.ofDevice() }),
      recordingContext({ onRemember: () => Promise.reject(new Error('the store is gone')) }),
    );
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
    at.policies = [policy(PORT_A, { securityGroups: ['web'] })];
    const done = await at.pass();
    expect(outcomeOf(done, PORT_A)).toMatchObject({
      status: 'applied',
      policy: { refused: [{ code: 'policy-not-enforceable' }] },
    });
  });

  it('a group of groups names the addresses of its ports, and follows them', async () => {
    const at = await site(profile, {
      policies: { ...DEFAULT_JUNOS_SETTINGS.policies, securityGroups: 'firewall-filter' },
    });
    at.policies = [policy(PORT_A, { securityGroups: ['web'] }), policy(PORT_B, { securityGroups: ['db'] })];
    await at.pass();
    await at.pass();
    const remotes = (): readonly string[] =>
      committed(at.lab).filter((line) => line.includes('ge-0-0-2-0-out') && line.includes('source-address'));
    expect(remotes()).toMatchObject([expect.stringContaining('192.0.2.10/32')]);
    const moved = target(PORT_A, [bind('192.0.2.11', MAC[0], 10)]);
    await at.pass([moved]);
    await at.pass([moved, B]);
    expect(remotes()).toMatchObject([expect.stringContaining('192.0.2.11/32')]);
    at.policies = [];
    await at.pass([moved, B]);
    expect(committed(at.lab).join()).not.toContain('firewall');
  });
});
