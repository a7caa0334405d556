import fc from 'fast-check';
import { planPort, type PlanInput } from '../../../src/domain/change/planPort';
import type { Keep } from '../../../src/domain/change/keep';
import type { SettledKeep } from '../../../src/domain/change/settleKeeps';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { addressesOf, sameStatement, type Statement } from '../../../src/domain/change/statement';
import type { Exclusion } from '../../../src/domain/change/outcome';
import { NOTHING_KNOWN } from '../../../src/domain/desired/claims';
import { claimsOf, desiredBindings } from '../../../src/domain/desired/desiredBindings';
import type { PortSources } from '../../../src/domain/desired/sources';
import type { AddressExplanation, AddressState } from '../../../src/domain/explain/explanation';
import { explainPort } from '../../../src/domain/explain/explainPort';
import { assigned, guest, ip, junos, mac, nic, port, server, statement, vlan } from '../../activities/fakes/values';
import { anyMixed, anySources, enforced } from '../arbitraries';

const PORT = { device: junos(1), port: port('ge-0/0/1.0') };
const LIMITS = { maxRemovedBindings: 3, maxRemovedShare: 0.5 };
const NOTHING: PortSources = { dedicated: [], guests: [], stated: new Map(), allowlist: [] };

interface Given {
  readonly sources?: PortSources;
  readonly actual?: readonly Statement[];
  readonly excluded?: readonly Exclusion[];
  readonly removals?: PlanInput['removals'];
  readonly keeps?: readonly SettledKeep[];
  /** Whether the virtual MACs of all that is there were revoked. */
  readonly isRevoked?: true;
}

function explained({
  sources = NOTHING,
  actual = [],
  excluded = [],
  removals = NO_REMOVALS,
  keeps = [],
  isRevoked,
}: Given) {
  const { bindings, excluded: byRule, retainIps } = desiredBindings(claimsOf(sources), NOTHING_KNOWN);
  const all = [...byRule, ...excluded];
  const { plan, parked } = planPort({
    port: PORT.port,
    actual,
    desired: bindings.map(enforced),
    retainIps: [...retainIps, ...excluded.map((one) => one.ip)],
    removals,
    limits: LIMITS,
    approved: [],
    kept: keeps.flatMap(({ statements }) => statements),
    ...(isRevoked === undefined ? {} : { revokedKeys: actual.map(({ key }) => key) }),
  });
  return {
    port: PORT,
    sources,
    desired: bindings,
    newVirtualMacs: [],
    excluded: all,
    removals,
    actual,
    added: plan.add,
    removed: plan.remove,
    revoked: plan.remove.filter(({ key }) => plan.because.get(key) === 'revoked'),
    keeps,
    ...(parked === undefined ? {} : { parked }),
  };
}

const explain = (given: Given): readonly AddressExplanation[] => explainPort(explained(given));

const X = ip('10.0.48.5');
const M = mac('00:50:56:00:00:01');
const WEB: PortSources = {
  ...NOTHING,
  dedicated: [{ serverId: server(12), name: 'web-1', pxeMac: M, ips: [assigned('10.0.48.5')] }],
  stated: new Map([[X, { vlan: vlan(13), source: 'panel-subnet' }]]),
};

describe('why an address is let through or not', () => {
  it.each<[AddressState, string, Given]>([
    [
      'to-be-bound',
      'The panel assigns 10.0.48.5 to web-1 (server 12), from 00:50:56:00:00:01 in VLAN 13',
      { sources: WEB },
    ],
    ['bound', 'The panel assigns 10.0.48.5 to web-1 (server 12)', { sources: WEB, actual: [statement('10.0.48.5')] }],
    [
      'to-be-replaced',
      'what is there says otherwise',
      { sources: WEB, actual: [statement('10.0.48.5', '00:50:56:00:00:09')] },
    ],
    ['left-out', 'not in the allowlist', { sources: { ...WEB, allowlist: [vlan(7)] } }],
    ['kept', 'not in the allowlist', { sources: { ...WEB, allowlist: [vlan(7)] }, actual: [statement('10.0.48.5')] }],
    ['parked', 'assigned to no server behind the port', { actual: [statement('10.0.48.5')] }],
    [
      'to-be-removed',
      'An event or a proven move says',
      { actual: [statement('10.0.48.5')], removals: { named: [X], absent: [] } },
    ],
    [
      'to-be-removed',
      'The virtual MAC 02:00:00:00:00:06 of 10.0.48.5 was revoked',
      {
        actual: [statement('10.0.48.5', '02:00:00:00:00:06')],
        excluded: [{ ip: X, rule: 'server-gone', message: 'nobody says what became of it' }],
        isRevoked: true,
      },
    ],
    [
      'to-be-removed',
      "no longer has 10.0.48.5, and nobody else's has it",
      {
        sources: {
          ...WEB,
          dedicated: [{ serverId: server(13), name: 'b', pxeMac: M, ips: [assigned('10.0.48.6')] }],
          stated: new Map([[ip('10.0.48.6'), { vlan: vlan(13), source: 'panel-subnet' }]]),
        },
        actual: [statement('10.0.48.5'), statement('10.0.48.6')],
        removals: { named: [], absent: [X] },
      },
    ],
    [
      'parked',
      'The sources name no binding for this port',
      { actual: [statement('10.0.48.5')], removals: { named: [], absent: [X] } },
    ],
  ])('%s: %s', (state, because, given) => {
    const one = explain(given).find((explanation) => explanation.ip === X);
    expect(one).toMatchObject({ state, because: expect.stringContaining(because) as string });
  });

  it('says whose word keeps a binding, why and since when, also of one that comes back', () => {
    const kept = statement('10.0.48.250', '02:00:00:00:00:fa');
    const keep: Keep = {
      ...{ id: '7', device: PORT.device, port: PORT.port, statement: kept },
      ...{ author: 'ada@ops1', reason: 'router', createdAt: '2026-11-29T13:00:00.000Z' },
    };
    const keeps = [{ keep, statements: [kept] }];
    const because = 'Kept by ada@ops1 because "router" since 2026-11-29T13:00:00.000Z (keep 7)';
    expect(explain({ actual: [kept], keeps })).toMatchObject([
      { ip: kept.ip, state: 'kept', because, present: [kept] },
    ]);
    expect(explain({ keeps })).toMatchObject([
      { state: 'to-be-bound', because: `${because}; it is missing, and the next pass puts it back` },
    ]);
  });

  it('names the rule, the servers and what was read of them', () => {
    const sources: PortSources = {
      ...NOTHING,
      guests: [
        {
          serverId: server(301),
          name: 'vm-a',
          ips: [assigned('10.0.48.5')],
          guest: guest(3001, [nic(0, 'bc:24:11:00:00:01', { kind: 'tagged', vlan: vlan(100) })]),
        },
      ],
      stated: new Map([[X, { vlan: vlan(13), source: 'configured-map' }]]),
    };
    expect(explain({ sources })).toEqual([
      expect.objectContaining({
        ip: X,
        state: 'left-out',
        rule: 'vlan-conflict',
        servers: [{ serverId: 301, name: 'vm-a' }],
        sources: [
          'panel: vm-a (server 301) has 10.0.48.5',
          'configuration: vlans.map says VLAN 13',
          'hypervisor: guest 3001 (vm-a) has net0: bc:24:11:00:00:01, VLAN 100',
        ],
      }),
    ]);
  });

  it('a statement that names no address stays until a person decides', () => {
    const text = 'any to any';
    expect(explain({ actual: [{ key: text, text }] })).toEqual([
      expect.objectContaining({ state: 'parked', present: [{ key: text, text }], servers: [] }),
    ]);
  });

  it('explains every statement and every assigned address once, and as the plan decides', () => {
    fc.assert(
      fc.property(anySources, anyMixed, (sources, actual) => {
        const given = explained({ sources, actual });
        const explanations = explainPort(given);
        const ips = explanations.flatMap((one) => one.ip ?? []);
        expect(new Set(ips).size).toBe(ips.length);
        expect(explanations.flatMap(({ present }) => present)).toHaveLength(actual.length);
        for (const one of explanations) {
          const about = (statements: readonly Statement[]): boolean =>
            one.present.some((statement) => statements.some((other) => sameStatement(other, statement)));
          const goes = about(given.removed);
          const comes = one.ip !== undefined && addressesOf(given.added).includes(one.ip);
          expect([one.state === 'to-be-removed' || one.state === 'to-be-replaced', goes]).toEqual([goes, goes]);
          expect([one.state === 'to-be-bound' || one.state === 'to-be-replaced', comes]).toEqual([comes, comes]);
          if (one.state === 'parked') expect(about(given.parked?.remove ?? [])).toBe(true);
          if (one.state === 'left-out') expect(one.present).toEqual([]);
          if (one.state === 'bound') expect(given.desired.some((binding) => binding.ip === one.ip)).toBe(true);
          expect(one.because).not.toBe('');
        }
      }),
    );
  });
});

test('what a policy wants, suspends or has left behind is explained by it', () => {
  const says = ['further addresses 10.0.48.5 by the policy of server 1 (ada: "failover")'];
  const before = explained({ actual: [statement('10.0.48.5')] });
  const X5 = statement('10.0.48.5');
  const by = (given: object): AddressExplanation | undefined =>
    explainPort({ ...before, parked: undefined as never, ...given })[0];
  expect(by({ policy: { wants: [X5], says } })).toMatchObject({
    state: 'bound',
    because: expect.stringContaining('failover') as string,
  });
  expect(by({ actual: [], added: [X5], policy: { wants: [X5], says } })).toMatchObject({ state: 'to-be-bound' });
  expect(by({ removed: [X5], policy: { wants: [], says: [] } })).toMatchObject({
    state: 'to-be-removed',
    because: expect.stringContaining('has ended') as string,
  });
  expect(by({ removed: [X5], policy: { wants: [], says: ['port security off by ada'] } })).toMatchObject({
    because: 'By a policy: port security off by ada',
  });
  const range = { key: 'm|10.0.0.0/24', text: '10.0.0.0/24 from m' };
  expect(by({ actual: [range], policy: { wants: [range], says } })).toMatchObject({ state: 'bound', present: [range] });
});
