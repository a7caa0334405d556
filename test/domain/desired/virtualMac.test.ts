import fc from 'fast-check';
import {
  holderKey,
  mayBeVirtual,
  NEW_VIRTUAL_MAC,
  RANDOM_OCTETS,
  virtualMacFrom,
  type VirtualMac,
} from '../../../src/domain/desired/virtualMac';
import { afterPass, changed, revoke, type Sighting } from '../../../src/domain/desired/virtualMacProgress';
import { tryParseMac } from '../../../src/domain/values/mac';
import { ip, junos, mac, port, server } from '../../activities/fakes/values';

const P1 = { device: junos(1), port: port('ge-0/0/1.0') };
const P2 = { device: junos(2), port: port('ge-0/0/2.0') };
const NEW: VirtualMac = {
  id: '1',
  mac: mac('02:00:00:00:00:01'),
  serverId: server(12),
  ip: ip('10.0.48.9'),
  state: 'pending',
  places: [],
  allocatedAt: '2026-11-29T00:00:00.000Z',
};
const ACTIVE: VirtualMac = { ...NEW, state: 'active', places: [P1], activatedAt: '2026-11-29T00:00:00.000Z' };
const bound = (at = P1): Sighting => ({ at, seen: { isBound: true } });
const gone = (at = P1, left?: string): Sighting => ({
  at,
  seen: { isBound: false },
  ...(left === undefined ? {} : { left }),
});
const failed = (at = P1, failure = 'duplicate MAC address'): Sighting => ({ at, seen: { failure } });
/** State, ports, and what the event log says. */
const outcome = (before: VirtualMac, ...sightings: Sighting[]): unknown => {
  const change = afterPass(before, sightings);
  if (change === undefined) return undefined;
  const { state, places, reason } = changed(before, change);
  return [state, places.map((at) => at.port), change.events.map(({ action }) => action), reason];
};

const anyOctets = fc.uint8Array({ minLength: RANDOM_OCTETS, maxLength: RANDOM_OCTETS });

describe('a virtual MAC', () => {
  it('is a locally administered unicast address in the form that bindings have', () => {
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const made = virtualMacFrom(octets);
        if (made === undefined) return expect(octets.every((octet) => octet === 0)).toBe(true);
        const first = Number.parseInt(made.slice(0, 2), 16);
        expect([first & 1, first & 2, tryParseMac(made), mayBeVirtual(made)]).toEqual([0, 2, made, true]);
        expect(made).not.toBe(NEW_VIRTUAL_MAC);
      }),
    );
    expect(virtualMacFrom(new Uint8Array(RANDOM_OCTETS))).toBeUndefined();
    expect(() => virtualMacFrom(new Uint8Array(6))).toThrow(RangeError);
  });

  it('is another one for other octets', () => {
    fc.assert(
      fc.property(anyOctets, anyOctets, (a, b) => {
        expect(virtualMacFrom(a) === virtualMacFrom(b)).toBe(Buffer.from(a).equals(Buffer.from(b)));
      }),
    );
  });

  it('is one holder: a server with an address', () => {
    expect(holderKey(NEW)).toBe('12 10.0.48.9');
  });
});

describe('what a pass means for a virtual MAC', () => {
  it.each<[string, VirtualMac, readonly Sighting[], unknown]>([
    ['is active once it was read back', NEW, [bound()], ['active', [P1.port], ['activated'], undefined]],
    ['says nothing new when it is read back again', ACTIVE, [bound()], undefined],
    [
      'has failed when the device refuses it',
      NEW,
      [failed()],
      ['failed', [], ['failed'], expect.stringContaining('duplicate') as unknown],
    ],
    [
      'is bound at a second port of its server',
      ACTIVE,
      [bound(P2)],
      ['active', [P1.port, P2.port], ['bound'], undefined],
    ],
    [
      'stays active where it was while its next port refuses it',
      ACTIVE,
      [failed(P2)],
      ['active', [P1.port], ['failed'], expect.stringContaining('junos:2 ge-0/0/2.0') as unknown],
    ],
    [
      'has moved when it is gone from the port before and bound at the next',
      { ...ACTIVE, places: [P1, P2] },
      [gone()],
      ['active', [P2.port], ['moved'], undefined],
    ],
    [
      'has moved too when one pass did both',
      ACTIVE,
      [gone(), bound(P2)],
      ['active', [P2.port], ['bound', 'moved'], undefined],
    ],
    ['waits again when its binding vanished', ACTIVE, [gone()], ['pending', [], ['unbound'], undefined]],
    [
      'is bound again after that, which is no first time',
      { ...ACTIVE, state: 'pending', places: [] },
      [bound()],
      ['active', [P1.port], ['bound'], undefined],
    ],
    [
      'is revoked when its address left and is bound no longer',
      ACTIVE,
      [gone(P1, 'web-1 no longer has it')],
      ['revoked', [], ['revoked'], 'web-1 no longer has it'],
    ],
    [
      'stays its own while it is bound at another port, where its removal may wait for a person',
      { ...ACTIVE, places: [P1, P2] },
      [gone(P1, 'it left')],
      ['active', [P2.port], ['moved'], undefined],
    ],
    ['stays while the removal of its address waits for a person', ACTIVE, [{ ...bound(), left: 'it left' }], undefined],
    [
      'is revoked when its address left before it was ever bound',
      NEW,
      [gone(P1, 'it left')],
      ['revoked', [], ['revoked'], 'it left'],
    ],
  ])('it %s', (_name, before, sightings, expected) => {
    expect(outcome(before, ...sightings)).toEqual(expected);
  });

  it('the same refusal is said once, another one again, and a success takes it back', () => {
    const first = afterPass(NEW, [failed()]);
    if (first === undefined) throw new Error('nothing changed');
    const after = changed(NEW, first);
    expect(afterPass(after, [failed()])).toBeUndefined();
    expect(outcome(after, failed(P1, 'another reason'))).toEqual([
      'failed',
      [],
      ['failed'],
      'junos:1 ge-0/0/1.0: another reason',
    ]);
    expect(outcome(after, bound())).toEqual(['active', [P1.port], ['activated'], undefined]);
  });

  it('a person takes it away once; its port is free when nothing of it is read back any more', () => {
    const taken = revoke(ACTIVE, 'asked for');
    expect(taken).toMatchObject({ fields: { state: 'revoked', reason: 'asked for' } });
    if (taken === undefined) throw new Error('nothing changed');
    const after = changed(ACTIVE, taken);
    expect([taken.fields.isReleased, revoke(after, 'again')]).toEqual([undefined, undefined]);
    expect(afterPass(after, [bound()])).toBeUndefined();
    expect(afterPass(after, [gone()])?.fields).toEqual({ places: [], isReleased: true });
    expect(revoke(NEW, 'asked for')?.fields.isReleased).toBe(true);
  });

  it('bound again after it was gone it is of somebody else, but where a hold has it: then it goes with that', () => {
    const released: VirtualMac = { ...ACTIVE, state: 'revoked', places: [], releasedAt: '2026-11-29T00:00:00.000Z' };
    expect(afterPass(released, [bound()])).toEqual({ fields: { places: [P1] }, events: [] });
    expect(afterPass({ ...released, places: [P1] }, [bound()])).toBeUndefined();
    const held: Sighting = { ...bound(), isHeld: true };
    expect(afterPass(released, [held])?.fields).toEqual({ places: [P1], isReleased: false });
    expect(afterPass({ ...released, places: [P1] }, [held])?.fields).toEqual({ isReleased: false });
    const back: VirtualMac = { ...ACTIVE, state: 'revoked', places: [P1] };
    expect(afterPass(back, [held])).toBeUndefined();
    expect(afterPass(back, [gone()])?.fields).toEqual({ places: [], isReleased: true });
  });

  it('nothing brings a revoked one back', () => {
    const anySighting = fc
      .record({ at: fc.constantFrom(P1, P2), isBound: fc.boolean(), isFailed: fc.boolean(), left: fc.boolean() })
      .map(({ at, isBound, isFailed, left }): Sighting => ({
        at,
        seen: isFailed ? { failure: 'refused' } : { isBound },
        ...(left ? { left: 'it left' } : {}),
      }));
    fc.assert(
      fc.property(fc.array(anySighting, { maxLength: 6 }), (sightings) => {
        let row: VirtualMac = { ...ACTIVE, state: 'revoked' };
        for (const sighting of sightings) {
          const change = afterPass(row, [sighting]);
          if (change !== undefined) row = changed(row, change);
          expect(row.state).toBe('revoked');
        }
      }),
    );
  });
});
