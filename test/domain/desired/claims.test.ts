import fc from 'fast-check';
import { macInVlanKey, type Binding } from '../../../src/domain/desired/binding';
import {
  NOTHING_KNOWN,
  settleClaims,
  type Claim,
  type KnownClaims,
  type Rival,
} from '../../../src/domain/desired/claims';
import { ip, mac, server, vlan } from '../../activities/fakes/values';

const [M1, M2] = ['bc:24:11:00:00:01', 'bc:24:11:00:00:02'] as const;
const X = '10.0.48.1';
const bound = (address: string, address2: string, id = 13): { readonly binding: Binding } => ({
  binding: { ip: ip(address), mac: mac(address2), vlan: vlan(id) },
});
const claim = (id: number, address: string, mac2: string, id2?: number): Claim => ({
  serverId: server(id),
  name: `vm-${id}`,
  ip: ip(address),
  outcome: bound(address, mac2, id2),
});
const here = (held: Readonly<Record<number, readonly string[]>>): KnownClaims => ({
  ...NOTHING_KNOWN,
  here: new Map(Object.entries(held).map(([id, ips]) => [server(Number(id)), new Set(ips.map(ip))])),
});
const elsewhere = (hasIt: boolean, held: Readonly<Record<number, readonly string[]>> = {}): KnownClaims => ({
  ...here(held),
  elsewhere: new Map([[ip(X), [{ name: 'server 9 on junos:2 ae0.0', hasIt }]]]),
});

function settle(claims: readonly Claim[], known?: KnownClaims) {
  const { bound: settled, excluded } = settleClaims(claims, known);
  return {
    bound: settled.map(({ binding: one }) => `${one.ip} ${one.mac}`),
    rules: excluded.map((one) => `${one.ip} ${one.rule}`),
    messages: excluded.map((one) => one.message),
  };
}

describe('one address of two servers behind the port', () => {
  const claims = [claim(1, X, M1), claim(2, X, M2)];

  it('stays with the one that had it first', () => {
    expect(settle(claims, here({ 2: [X] }))).toEqual({
      bound: [`${X} ${M2}`],
      rules: [`${X} duplicate-address`],
      messages: [
        `the panel assigns ${X} to vm-1 (server 1) and vm-2 (server 2); it stays with vm-2 (server 2), which had it first`,
      ],
    });
  });

  it.each([
    ['nobody', {}],
    ['both', { 1: [X], 2: [X] }],
  ])('is bound to none of them anew when %s had it', (_name, held) => {
    expect(settle(claims, here(held))).toMatchObject({ bound: [], rules: [`${X} duplicate-address`] });
  });

  it('is not taken over by the one whose VLAN is known from the one whose is not', () => {
    const unresolved: Claim = {
      serverId: server(1),
      name: 'vm-1',
      ip: ip(X),
      outcome: { rule: 'vlan-unresolved', message: 'unknown' },
    };
    expect(settle([unresolved, claim(2, X, M2)], here({ 1: [X] }))).toMatchObject({
      bound: [],
      rules: [`${X} duplicate-address`, `${X} vlan-unresolved`],
    });
    expect(settle([unresolved, claim(2, X, M2)])).toMatchObject({ bound: [], rules: [`${X} duplicate-address`] });
  });

  it('of one server twice is no conflict, unless the two differ', () => {
    expect(settle([claim(1, X, M1), claim(1, X, M1)])).toEqual({ bound: [`${X} ${M1}`], rules: [], messages: [] });
    expect(settle([claim(1, X, M1), claim(1, X, M2)])).toMatchObject({ bound: [], rules: [`${X} ambiguous-nic`] });
  });
});

describe('one address of a server here and of one elsewhere', () => {
  it.each([
    [
      'stays here, when it is bound here and not there',
      false,
      { 1: [X] },
      true,
      /it stays with vm-1 \(server 1\), which had it first/,
    ],
    [
      'stays there, when it is bound there',
      true,
      {},
      false,
      /it stays with server 9 on junos:2 ae0\.0, which had it first/,
    ],
    ['is bound to nobody anew, when it is bound at both', true, { 1: [X] }, false, /bound to none of them anew/],
    ['is bound to nobody anew, when it is bound at neither', false, {}, false, /bound to none of them anew/],
  ] as const)('%s', (_name, hasIt, held, isBound, message) => {
    const result = settle([claim(1, X, M1)], elsewhere(hasIt, held));
    expect(result).toMatchObject({
      bound: isBound ? [`${X} ${M1}`] : [],
      rules: [`${X} duplicate-address`],
      messages: [expect.stringMatching(message)],
    });
  });
});

describe('one MAC of two servers in a VLAN', () => {
  const [A, B] = ['10.0.48.7', '10.0.48.8'] as const;

  it('stays with the one that is bound here; also its further addresses are bound', () => {
    expect(settle([claim(1, A, M1), claim(2, B, M1), claim(2, X, M1)], here({ 2: [B] }))).toEqual({
      bound: [`${B} ${M1}`, `${X} ${M1}`],
      rules: [`${A} duplicate-mac`],
      messages: [
        `vm-1 (server 1) and vm-2 (server 2) have the same MAC ${M1} in VLAN 13; it stays with vm-2 (server 2), which had it first, and ${A} is not bound to it`,
      ],
    });
  });

  it.each([
    ['nobody', {}],
    ['both', { 1: [A], 2: [B] }],
  ])('nothing is bound to it anew when %s had addresses bound', (_name, held) => {
    expect(settle([claim(1, A, M1), claim(2, B, M1)], here(held))).toMatchObject({
      bound: [],
      rules: [`${A} duplicate-mac`, `${B} duplicate-mac`],
    });
  });

  it('in two VLANs is no conflict, nor of one server', () => {
    expect(settle([claim(1, A, M1), claim(2, B, M1, 100)]).rules).toEqual([]);
    expect(settle([claim(1, A, M1), claim(1, B, M1)]).rules).toEqual([]);
  });
});

describe('one MAC in a VLAN of a server here and of one elsewhere', () => {
  const [A, B] = ['10.0.48.7', '10.0.48.8'] as const;
  const key = (address: string, id = 13): string => macInVlanKey({ mac: mac(address), vlan: vlan(id) });
  const rival = (hasIt: boolean): Rival => ({ name: 'server 9 at junos:2 ae0.0', hasIt });
  const known = (
    rivals: readonly Rival[],
    macsHere: Readonly<Record<number, readonly string[]>> = {},
    held: Readonly<Record<number, readonly string[]>> = {},
  ): KnownClaims => ({
    ...here(held),
    macsHere: new Map(Object.entries(macsHere).map(([id, keys]) => [server(Number(id)), new Set(keys)])),
    macsElsewhere: new Map([[key(M1), rivals]]),
  });

  it('stays there when it is bound there; the server here is not bound to it, and both are named', () => {
    expect(settle([claim(1, A, M1)], known([rival(true)]))).toEqual({
      bound: [],
      rules: [`${A} duplicate-mac`],
      messages: [
        `vm-1 (server 1) and server 9 at junos:2 ae0.0 have the same MAC ${M1} in VLAN 13; it stays with server 9 at junos:2 ae0.0, which had it first, and ${A} is not bound to it`,
      ],
    });
  });

  it('stays here when it is bound here alone, also with a further address, and the other is named', () => {
    expect(settle([claim(1, A, M1), claim(1, B, M1)], known([rival(false)], { 1: [key(M1)] }))).toEqual({
      bound: [`${A} ${M1}`, `${B} ${M1}`],
      rules: [`${A} duplicate-mac`, `${B} duplicate-mac`],
      messages: Array.from(
        { length: 2 },
        () =>
          `vm-1 (server 1) and server 9 at junos:2 ae0.0 have the same MAC ${M1} in VLAN 13; it stays with vm-1 (server 1), which had it first`,
      ),
    });
  });

  it.each([
    ['both', [rival(true)], { 1: [key(M1)] }],
    ['neither', [rival(false)], {}],
    ['two elsewhere', [rival(true), rival(true)], {}],
  ] as const)('is bound to nobody anew when %s had it', (_name, rivals, macsHere) => {
    const result = settle([claim(1, A, M1)], known(rivals, macsHere));
    expect(result).toMatchObject({ bound: [], rules: [`${A} duplicate-mac`] });
    expect(result.messages[0]).toMatch(/no address of theirs is bound to it anew$/);
  });

  it('is no conflict in another VLAN', () => {
    expect(settle([claim(1, A, M1, 100)], known([rival(true)]))).toMatchObject({ bound: [`${A} ${M1}`], rules: [] });
  });

  it('was not had by a server whose address was bound to another MAC, or in another VLAN', () => {
    expect(settle([claim(1, A, M1)], known([rival(true)], { 1: [key(M2), key(M1, 100)] }, { 1: [A] }))).toMatchObject({
      messages: [expect.stringContaining('it stays with server 9')],
    });
    expect(
      settle([claim(1, A, M1), claim(2, B, M1)], known([], { 1: [key(M2)], 2: [key(M1)] }, { 1: [A] })),
    ).toMatchObject({
      bound: [`${B} ${M1}`],
    });
  });

  it('was had, by what placements of earlier releases know, by whoever had an address that is claimed with it', () => {
    expect(settle([claim(1, A, M1)], known([rival(false)], {}, { 1: [A] }))).toMatchObject({ bound: [`${A} ${M1}`] });
  });
});

describe('whatever is claimed', () => {
  const anyClaim = fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(M1, M2),
      fc.constantFrom(13, 100),
    )
    .map(([id, last, address, id2]) => claim(id, `10.0.48.${last}`, address, id2));
  const anyKnown = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), { maxLength: 6 })
    .map((pairs) =>
      here(
        Object.fromEntries(
          [1, 2, 3, 4].map((id) => [id, pairs.filter(([owner]) => owner === id).map(([, last]) => `10.0.48.${last}`)]),
        ),
      ),
    );

  it('an address is bound once, a MAC in a VLAN to one server, and whoever disputes an address in vain loses it', () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 8 }), anyKnown, (claims, known) => {
        const { bound: settled, lost, excluded } = settleClaims(claims, known);
        expect(new Set(settled.map((one) => one.ip)).size).toBe(settled.length);
        const owners = new Map(settled.map(({ binding, serverId }) => [`${binding.mac} ${binding.vlan}`, serverId]));
        for (const { binding, serverId } of settled)
          expect(owners.get(`${binding.mac} ${binding.vlan}`)).toBe(serverId);
        for (const one of claims) {
          const isBound = settled.some(({ ip: address, serverId }) => address === one.ip && serverId === one.serverId);
          const rivals = new Set(
            claims.filter(({ ip: address }) => address === one.ip).map(({ serverId }) => serverId),
          );
          const isLost = lost.some(({ ip: address, serverId }) => address === one.ip && serverId === one.serverId);
          if (isLost) expect([rivals.size > 1, isBound]).toEqual([true, false]);
          expect(
            [...rivals].filter((id) => !lost.some(({ ip: address, serverId }) => address === one.ip && serverId === id))
              .length,
          ).toBeLessThanOrEqual(1);
          expect(isBound || excluded.some(({ ip: address }) => address === one.ip)).toBe(true);
        }
      }),
    );
  });

  it('a MAC that somebody elsewhere has bound is bound to nobody here', () => {
    const anyRivals = fc.array(fc.tuple(fc.constantFrom(M1, M2), fc.constantFrom(13, 100), fc.boolean()));
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 8 }), anyKnown, anyRivals, (claims, known, pairs) => {
        const rivals = pairs.map(([address, id, hasIt]) => ({
          key: macInVlanKey({ mac: mac(address), vlan: vlan(id) }),
          rival: { name: 'server 9', hasIt },
        }));
        const macsElsewhere = new Map(
          rivals.map(({ key }) => [key, rivals.filter((one) => one.key === key).map(({ rival }) => rival)]),
        );
        const alone = settleClaims(claims, known);
        const { bound: settled, excluded, lost } = settleClaims(claims, { ...known, macsElsewhere });
        expect(lost).toEqual(alone.lost);
        for (const one of settled) {
          expect(macsElsewhere.get(macInVlanKey(one.binding))?.some(({ hasIt }) => hasIt) ?? false).toBe(false);
          expect(alone.bound).toContainEqual(one);
        }
        for (const one of claims)
          expect([...settled, ...excluded].some(({ ip: address }) => address === one.ip)).toBe(true);
      }),
    );
  });

  it('the order of the claims does not matter', () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 8 }), anyKnown, (claims, known) => {
        const [one, other] = [settleClaims(claims, known), settleClaims([...claims].reverse(), known)];
        expect(new Set(other.bound.map((claimed) => JSON.stringify(claimed)))).toEqual(
          new Set(one.bound.map((claimed) => JSON.stringify(claimed))),
        );
      }),
    );
  });

  it('looking again, once what was decided is bound, decides alike', () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 8 }), anyKnown, (claims, known) => {
        const { bound: first, lost } = settleClaims(claims, known);
        const after = new Map(
          [1, 2, 3, 4].map((id) => [
            server(id),
            new Set([
              ...[...(known.here.get(server(id)) ?? [])].filter(
                (address) => !lost.some((one) => one.ip === address && one.serverId === id),
              ),
              ...first.filter(({ serverId }) => serverId === id).map((one) => one.ip),
            ]),
          ]),
        );
        expect(settleClaims(claims, { ...NOTHING_KNOWN, here: after }).bound).toEqual(first);
      }),
    );
  });
});
