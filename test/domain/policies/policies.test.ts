import fc from 'fast-check';
import { parseAllowedAddress } from '../../../src/domain/policies/addressPair';
import {
  effectivePolicy,
  nextExpiry,
  saysAnything,
  type PolicyTarget,
} from '../../../src/domain/policies/effectivePolicy';
import {
  checkPolicy,
  policyState,
  POLICY_FIELDS,
  scopeKey,
  type PolicyFields,
  type PolicyScope,
  type PortPolicy,
} from '../../../src/domain/policies/policy';
import { parseServerId } from '../../../src/domain/event/event';
import { parseDeviceId } from '../../../src/domain/values/device';
import { parseMac } from '../../../src/domain/values/mac';
import { parsePortName } from '../../../src/domain/values/port';
import { parseVlanId } from '../../../src/domain/values/vlan';

const RANGES = { ipv4: 24, ipv6: 64 };
const NOW = new Date('2026-11-29T03:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const CLOUD = parseDeviceId('neutron:cloud1');
const PORT_B = parsePortName('992c1f3e-0000-4000-8000-000000000001');
const SERVER = parseServerId(201);
const TARGET: PolicyTarget = {
  device: CLOUD,
  port: PORT_B,
  mac: parseMac('fa:16:3e:11:08:c2'),
  serverIds: [SERVER],
  network: 'net-1',
};
const SCOPES: Readonly<Record<PolicyScope['kind'], PolicyScope>> = {
  port: { kind: 'port', device: CLOUD, port: PORT_B },
  server: { kind: 'server', serverId: SERVER },
  network: { kind: 'network', device: CLOUD, network: 'net-1' },
  device: { kind: 'device', device: CLOUD },
};
const pair = (address: string) => ({ address: parseAllowedAddress(address) });

function policy(kind: PolicyScope['kind'], fields: PolicyFields, more: Partial<PortPolicy> = {}): PortPolicy {
  return { scope: SCOPES[kind], reason: 'test', author: 'ada', createdAt: NOW, ...fields, ...more };
}

/** What a thrown error must have. */
function refusal(parts: object): Error {
  const matcher: unknown = expect.objectContaining(parts);
  return matcher as Error;
}

describe('a policy is judged before anything is asked of a device', () => {
  test.each<[string, PolicyFields, string]>([
    [
      'off with further addresses',
      { portSecurity: 'off', allowedAddressPairs: [pair('10.0.0.1')] },
      'policy-contradiction',
    ],
    ['off with groups', { portSecurity: 'off', securityGroups: ['g'] }, 'policy-contradiction'],
    ['nothing', {}, 'policy-empty'],
    ['multicast', { allowedAddressPairs: [pair('224.0.0.1')] }, 'address-pair-multicast'],
    ['the metadata service', { allowedAddressPairs: [pair('169.254.169.254')] }, 'address-pair-metadata'],
    ['everything', { allowedAddressPairs: [pair('0.0.0.0/0')] }, 'address-pair-too-wide'],
  ])('%s is refused', (_, fields, code) => {
    expect(() => {
      checkPolicy(policy('port', fields), NOW, RANGES);
    }).toThrow(refusal({ code }));
  });

  test.each<[string, PolicyFields]>([
    ['off', { portSecurity: 'off' }],
    ['off, with empty lists said', { portSecurity: 'off', allowedAddressPairs: [], securityGroups: [] }],
    ['on with no groups: anti-spoofing only', { portSecurity: 'on', securityGroups: [] }],
    ['further addresses alone', { allowedAddressPairs: [pair('10.10.10.11')] }],
  ])('%s is accepted', (_, fields) => {
    checkPolicy(policy('port', fields), NOW, RANGES);
  });

  test('an end that has passed is refused', () => {
    expect(() => {
      checkPolicy(policy('port', { portSecurity: 'off' }, { expiresAt: NOW }), NOW, RANGES);
    }).toThrow(refusal({ code: 'policy-expired' }));
  });
});

describe('what holds for a port', () => {
  test('the most specific policy wins field by field', () => {
    const found = effectivePolicy(
      [
        policy('device', { portSecurity: 'on', securityGroups: ['everybody'] }),
        policy('network', { securityGroups: ['web'], allowedAddressPairs: [pair('10.0.0.1')] }),
        policy('server', { securityGroups: ['db'] }),
        policy('port', { allowedAddressPairs: [] }),
      ],
      TARGET,
      NOW,
    );
    expect(found.portSecurity).toMatchObject({ value: 'on', from: [{ scope: SCOPES.device }] });
    expect(found.securityGroups).toMatchObject({ value: ['db'], from: [{ scope: SCOPES.server }] });
    expect(found.allowedAddressPairs).toMatchObject({ value: [], from: [{ scope: SCOPES.port }] });
  });

  test('absent, none and a list are three things', () => {
    expect(effectivePolicy([policy('port', { portSecurity: 'on' })], TARGET, NOW)).not.toHaveProperty('securityGroups');
    expect(effectivePolicy([policy('port', { securityGroups: [] })], TARGET, NOW).securityGroups?.value).toEqual([]);
  });

  test('off lets pairs and groups of others wait and names them', () => {
    const found = effectivePolicy(
      [
        policy('port', { portSecurity: 'off' }),
        policy('server', { allowedAddressPairs: [pair('10.0.0.1')], securityGroups: ['a', 'b'] }),
      ],
      TARGET,
      NOW,
    );
    expect(found.allowedAddressPairs).toBeUndefined();
    expect(found.securityGroups).toBeUndefined();
    expect(found.suspended).toEqual(['1 further addresses of server 201', '2 security groups of server 201']);
  });

  test('off by a server is not followed at a port that other servers share; off by the port is', () => {
    const uplink = { ...TARGET, serverIds: [SERVER, parseServerId(202)] };
    const found = effectivePolicy([policy('server', { portSecurity: 'off' })], uplink, NOW);
    expect(found.portSecurity).toBeUndefined();
    expect(found.refused).toEqual([expect.stringMatching(/server 201 is not followed .*2 servers share the port/)]);
    expect(effectivePolicy([policy('port', { portSecurity: 'off' })], uplink, NOW).portSecurity?.value).toBe('off');
  });

  test("a network's further addresses pass in its VLAN; what would be for all VLANs of the port is not followed there", () => {
    const [ten, twenty] = [parseVlanId(10), parseVlanId(20)];
    const port: PolicyTarget = { device: TARGET.device, port: TARGET.port, serverIds: [] };
    const inOne = {
      ...port,
      vlans: new Map([
        ['customers', ten],
        ['10', ten],
      ]),
    };
    const trunk = { ...port, vlans: new Map([...inOne.vlans, ['servers', twenty], ['20', twenty]]) };
    const of = (network: string, fields: PolicyFields): PortPolicy => ({
      ...policy('network', fields),
      scope: { kind: 'network', device: TARGET.device, network },
    });
    const pairs = [
      of('customers', { allowedAddressPairs: [pair('10.0.0.1')] }),
      of('20', { allowedAddressPairs: [pair('10.0.0.2')] }),
    ];
    expect(effectivePolicy(pairs, trunk, NOW).allowedAddressPairs?.value).toEqual([
      { ...pair('10.0.0.1'), vlan: ten },
      { ...pair('10.0.0.2'), vlan: twenty },
    ]);
    expect(effectivePolicy(pairs, inOne, NOW).allowedAddressPairs?.value).toEqual([{ ...pair('10.0.0.1'), vlan: ten }]);
    const named = [of('10', { allowedAddressPairs: [{ ...pair('10.0.0.1'), vlan: twenty }] })];
    expect(effectivePolicy(named, trunk, NOW).allowedAddressPairs?.value).toEqual([
      { ...pair('10.0.0.1'), vlan: twenty },
    ]);
    const wide = [of('10', { portSecurity: 'off' }), of('20', { securityGroups: ['web'] })];
    const found = effectivePolicy(wide, trunk, NOW);
    expect([found.portSecurity, found.securityGroups, found.refused]).toEqual([
      undefined,
      undefined,
      [
        expect.stringMatching(
          /^port security off by the policy of network .* 10 is not followed at .* 2 VLANs/,
        ) as string,
        expect.stringMatching(/^security groups by the policy of network .* 20 is not followed/) as string,
      ],
    ]);
    expect(effectivePolicy(wide, inOne, NOW).portSecurity?.value).toBe('off');
  });

  test('a policy for other ports counts nothing', () => {
    const elsewhere = { ...TARGET, port: parsePortName('other'), serverIds: [], network: 'net-2' };
    const found = effectivePolicy(
      (['port', 'server', 'network'] as const).map((kind) => policy(kind, { portSecurity: 'off' })),
      elsewhere,
      NOW,
    );
    expect(found).toEqual({ suspended: [], refused: [] });
    expect(saysAnything(found)).toBe(false);
  });

  test('exclusive is of the lists that its own policy names', () => {
    const found = effectivePolicy(
      [policy('port', { securityGroups: ['web'] }, { exclusive: true }), policy('server', { allowedAddressPairs: [] })],
      TARGET,
      NOW,
    );
    expect(found.securityGroups?.exclusive).toBe(true);
    expect(found.allowedAddressPairs?.exclusive).toBe(false);
    expect(saysAnything(found)).toBe(true);
  });
});

describe('the end of a policy', () => {
  const ending = policy('port', { portSecurity: 'off' }, { expiresAt: later(90) });

  test('is announced an hour ahead', () => {
    expect([0, 29, 30, 89, 90, 91].map((minutes) => policyState(ending, later(minutes)))).toEqual([
      'active',
      'active',
      'ending',
      'ending',
      'expired',
      'expired',
    ]);
  });

  test('leaves exactly what would hold without it', () => {
    const scopes = fc.constantFrom(...(['port', 'server', 'network', 'device'] as const));
    const fields: fc.Arbitrary<PolicyFields> = fc.record(
      {
        portSecurity: fc.constantFrom('on' as const, 'off' as const),
        allowedAddressPairs: fc.subarray(['10.0.0.1', '10.0.0.2']).map((all) => all.map(pair)),
        securityGroups: fc.subarray(['a', 'b']),
      },
      { requiredKeys: [] },
    );
    const anyPolicy = fc
      .tuple(scopes, fields, fc.option(fc.integer({ min: 1, max: 300 })))
      .map(([kind, said, minutes]) => policy(kind, said, minutes === null ? {} : { expiresAt: later(minutes) }));
    const policies = fc.uniqueArray(anyPolicy, { selector: ({ scope }) => scopeKey(scope) });
    fc.assert(
      fc.property(policies, fc.integer({ min: 0, max: 400 }), (all, minutes) => {
        const at = later(minutes);
        const without = all.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > at);
        const found = effectivePolicy(all, TARGET, at);
        expect(found).toEqual(effectivePolicy(without, TARGET, at));
        // Between two ends nothing changes by itself.
        const next = nextExpiry(all, TARGET, at);
        expect(next === undefined || next > at).toBe(true);
        const before = new Date((next?.getTime() ?? later(10_000).getTime()) - 1);
        expect(effectivePolicy(all, TARGET, before)).toEqual(found);
        // Off never stands beside pairs or groups: Neutron would refuse it.
        if (found.portSecurity?.value === 'off')
          expect([found.allowedAddressPairs, found.securityGroups]).toEqual([undefined, undefined]);
        for (const field of POLICY_FIELDS)
          expect(found[field]?.from.every((source) => source[field] !== undefined) ?? true).toBe(true);
      }),
    );
  });
});
