import fc from 'fast-check';
import { parseServerId } from '../../../src/domain/event/event';
import { effectivePolicy } from '../../../src/domain/policies/effectivePolicy';
import { groupMembers, type MemberSources } from '../../../src/domain/policies/groupMembers';
import type { PolicyFields, PolicyScope, PortPolicy } from '../../../src/domain/policies/policy';
import type { PlacedPort, Placement } from '../../../src/domain/servers/server';
import { parseDeviceId } from '../../../src/domain/values/device';
import { parseIp, parseIpOrRange, type IpOrRange } from '../../../src/domain/values/ip';
import { parsePortName } from '../../../src/domain/values/port';

const NOW = new Date('2026-11-29T03:00:00Z');
const [SWITCH, OTHER, CLOUD] = ['junos:1', 'junos:2', 'neutron:lab'].map(parseDeviceId) as [
  PlacedPort['device'],
  PlacedPort['device'],
  PlacedPort['device'],
];
const port = (device: PlacedPort['device'], name: string): PlacedPort => ({ device, port: parsePortName(name) });
const server = (id: number, ips: readonly string[], ...ports: readonly PlacedPort[]): Placement => ({
  ...{ serverId: parseServerId(id), kind: 'dedicated', ips: ips.map(parseIp), ports },
});
const policy = (scope: PolicyScope, fields: PolicyFields = { securityGroups: ['web'] }): PortPolicy => ({
  ...{ scope, reason: 'test', author: 'ada', createdAt: NOW },
  ...fields,
});
const at = ({ device, port: name }: PlacedPort): PolicyScope => ({ kind: 'port', device, port: name });
const of = (id: number): PolicyScope => ({ kind: 'server', serverId: parseServerId(id) });

function members(sources: Partial<MemberSources>): readonly IpOrRange[] | undefined {
  const given = { policies: [], placements: [], keeps: [], networksOf: () => ({}), at: NOW, ...sources };
  return groupMembers(new Set(['web']), given).get('web');
}

const A = port(SWITCH, 'ge-0/0/1.0');
const B = port(OTHER, 'ge-0/0/1.0');
const C = port(CLOUD, '3f1c');

test('members are at ports of whatever device, by the policy of a port, a server, a network or a device', () => {
  const placements = [
    server(1, ['10.0.0.1'], A),
    server(2, ['10.0.0.2', '2001:db8::2'], B),
    server(3, ['10.0.0.3'], C),
  ];
  expect(members({ placements, policies: [policy(at(A)), policy(of(2))] })).toEqual([
    '10.0.0.1',
    '10.0.0.2',
    '2001:db8::2',
  ]);
  expect(members({ placements, policies: [policy({ kind: 'device', device: OTHER })] })).toHaveLength(2);
  const network = policy({ kind: 'network', device: CLOUD, network: 'front' });
  expect(members({ placements, policies: [network], networksOf: () => ({ network: 'front' }) })).toEqual(['10.0.0.3']);
  expect(members({ placements, policies: [network], networksOf: () => ({ network: 'back' }) })).toEqual([]);
});

test('the effective policy decides: a more specific one without the group, or port security off, leaves the server out', () => {
  const placements = [server(1, ['10.0.0.1'], A)];
  const device = policy({ kind: 'device', device: SWITCH });
  expect(members({ placements, policies: [device] })).toEqual(['10.0.0.1']);
  expect(members({ placements, policies: [device, policy(of(1), { securityGroups: [] })] })).toEqual([]);
  expect(members({ placements, policies: [device, policy(at(A), { portSecurity: 'off' })] })).toEqual([]);
  expect(members({ placements, policies: [{ ...device, expiresAt: NOW }] })).toEqual([]);
});

test("a group of one server behind a shared port is not everybody else's; one of the port is", () => {
  const placements = [server(1, ['10.0.0.1'], A), server(2, ['10.0.0.2'], A)];
  expect(members({ placements, policies: [policy(of(1))] })).toEqual(['10.0.0.1']);
  expect(members({ placements, policies: [policy(at(A))] })).toEqual(['10.0.0.1', '10.0.0.2']);
});

test('further addresses, whole subnets and keeps are members too; a server that has left is none; a member of an aggregate is', () => {
  const ranges = [parseIpOrRange('10.9.0.0/24')] as NonNullable<PlacedPort['ranges']>;
  const further = { securityGroups: ['web'], allowedAddressPairs: [{ address: parseIpOrRange('192.0.2.0/30') }] };
  const member = { ...port(SWITCH, 'ge-0/0/7.0'), effectivePort: parsePortName('ae0.0') };
  const kept = { device: SWITCH, port: A.port, statement: { key: 'k', text: 'k', ip: parseIp('10.0.0.9') } };
  expect(
    members({
      placements: [
        server(1, ['10.0.0.1'], { ...A, ranges }),
        server(2, ['10.0.0.2'], { ...A, left: true }),
        server(3, ['10.0.0.3'], member),
      ],
      keeps: [
        kept,
        { ...kept, port: B.port, device: OTHER, statement: { key: 'l', text: 'l', ip: parseIp('10.0.0.8') } },
      ],
      policies: [policy(at(A), further), policy(at(port(SWITCH, 'ae0.0')))],
    }),
  ).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.9', '10.9.0.0/24', '192.0.2.0/30']);
  expect(members({ policies: [policy(at(B), further)] })).toEqual(['192.0.2.0/30']);
  const { allowedAddressPairs } = further;
  const device = policy({ kind: 'device', device: OTHER });
  const overruled = [device, policy(at(B), { allowedAddressPairs }), policy(of(1), { securityGroups: [] })];
  expect(members({ policies: overruled })).toEqual(['192.0.2.0/30']);
  expect(members({ policies: overruled, placements: [server(1, ['10.0.0.1'], B)] })).toEqual([]);
});

test('whatever is configured: an address is a member exactly when some port of its server has the group, in one order, once', () => {
  const ports = [A, B, C];
  const scopes: readonly PolicyScope[] = [
    ...ports.map(at),
    ...[1, 2, 3, 4].map(of),
    ...[SWITCH, OTHER].map((device): PolicyScope => ({ kind: 'device', device })),
  ];
  const fields = fc.constantFrom<PolicyFields>(
    { securityGroups: ['web'] },
    { securityGroups: [] },
    { portSecurity: 'off' },
  );
  const policies = fc
    .uniqueArray(fc.record({ scope: fc.constantFrom(...scopes), fields }), {
      selector: ({ scope }) => JSON.stringify(scope),
      maxLength: 6,
    })
    .map((list) => list.map(({ scope, fields: says }) => policy(scope, says)));
  const placements = fc
    .array(fc.subarray(ports), { minLength: 1, maxLength: 4 })
    .map((list) => list.map((some, index) => server(index + 1, [`10.0.0.${index + 1}`], ...some)));
  fc.assert(
    fc.property(policies, placements, fc.boolean(), (list, placed, isReversed) => {
      const found = members({ policies: list, placements: isReversed ? [...placed].reverse() : placed });
      const expected = placed.filter(({ serverId, ports: where }) =>
        where.some(({ device, port: name }) => {
          const target = { device, port: name, serverIds: [serverId] };
          return effectivePolicy(list, target, NOW).securityGroups?.value.includes('web') === true;
        }),
      );
      expect(found).toEqual(expected.flatMap(({ ips }) => ips));
    }),
  );
});
