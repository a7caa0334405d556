import fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import {
  ERRORS,
  errorReport,
  isErrorCode,
  NON_RETRYABLE_CODES,
  PortwardenError,
  reportError,
  type ErrorCode,
} from '../../src/domain/errors';
import { parseEvent, parseServerId } from '../../src/domain/event/event';
import {
  cidrContains,
  compareIps,
  ipNumber,
  ipVersion,
  parseCidr,
  parseIp,
  prefixLength,
  tryParseCidr,
  tryParseIp,
} from '../../src/domain/values/ip';
import { parseMac, tryParseMac } from '../../src/domain/values/mac';
import { coordinatorWorkflowId, deviceOfCoordinator } from '../../src/protocol/names';
import { deviceId, deviceKeyOf, deviceKindOf, parseDeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseVlanAllowlist, tryParseVlanId, vlanAllowed, vlanNameFromTemplate } from '../../src/domain/values/vlan';
import { statedVlan, vlanFromMap } from '../../src/domain/desired/vlanResolution';
import { anyIp, anyVlan } from './arbitraries';
import { vlan } from '../activities/fakes/values';

describe('IP addresses', () => {
  it.each(['10.0.48.5', '0.0.0.0', '255.255.255.255'])('reads %s', (text) => {
    expect(tryParseIp(` ${text} `)).toBe(text);
  });
  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['::', '::'],
  ])('spells %s as RFC 5952 does', (text, canonical) => {
    expect(tryParseIp(text)).toBe(canonical);
  });
  it.each([
    '',
    '10.0.48',
    '10.0.48.256',
    '010.0.0.1',
    '10.0.0.1/24',
    '1.2.3.4.5',
    'fe80::1%eth0',
    '2001:db8::1/64',
    '10.0.0.1; delete',
    '1::2::3',
    ':',
    '12345::',
    '0x7f.0.0.1',
    '１0.0.0.1',
  ])('refuses "%s"', (text) => {
    expect(tryParseIp(text)).toBeUndefined();
    expect(() => parseIp(text)).toThrow(RangeError);
  });
  it('canonical spelling is a fixed point, and different addresses differ', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), (a, b) => {
        const [left, right] = [parseIp(a), parseIp(b)];
        expect(parseIp(left)).toBe(left);
        expect(parseIp(a.toUpperCase())).toBe(left);
        expect(compareIps(left, right) === 0).toBe(left === right);
        expect(Math.sign(compareIps(left, right))).toBe(-Math.sign(compareIps(right, left)) + 0);
        expect(ipVersion(left)).toBe(a.includes(':') ? 6 : 4);
      }),
    );
  });
  it.each([
    '::',
    '::1',
    '1::',
    '::ffff:1.2.3.4',
    '2001:db8:0:0:1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '255.255.255.255',
    '0.0.0.0',
  ])('the number of %s is that of the library which reads addresses', (text) => {
    const Address = text.includes(':') ? Address6 : Address4;
    expect(ipNumber(parseIp(text))).toBe(new Address(text).bigInt());
  });
  it('any number is that of the library, and orders addresses', () => {
    const any = fc.oneof(fc.ipV4(), fc.ipV6());
    const number = (text: string): bigint => (text.includes(':') ? new Address6(text) : new Address4(text)).bigInt();
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(ipNumber(parseIp(a))).toBe(number(a));
        if (a.includes(':') === b.includes(':'))
          expect(compareIps(parseIp(a), parseIp(b)) < 0).toBe(number(a) < number(b));
      }),
      { numRuns: 1_000 },
    );
  });
  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:./]{0,30}$/)), (text) => {
        tryParseIp(text);
        tryParseCidr(text);
        tryParseMac(text);
        tryParseVlanId(text);
      }),
    );
  });
});

describe('ranges', () => {
  it.each([
    ['10.0.48.7/24', '10.0.48.0/24'],
    ['10.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::ffff/64', '2001:db8::/64'],
    ['10.0.0.1/32', '10.0.0.1/32'],
  ])('%s is %s', (text, canonical) => {
    expect(parseCidr(text)).toBe(canonical);
  });
  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/24/1',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '/24',
    '10.0.0.0/2 4',
  ])('refuses "%s"', (text) => {
    expect(() => parseCidr(text)).toThrow(RangeError);
  });
  it('contains what shares its leading bits', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (a, b, bits) => {
        const number = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
        const cidr = parseCidr(`${a}/${bits}`);
        expect(prefixLength(cidr)).toBe(bits);
        expect(cidrContains(cidr, parseIp(b))).toBe(
          Math.floor(number(a) / 2 ** (32 - bits)) === Math.floor(number(b) / 2 ** (32 - bits)),
        );
      }),
    );
  });
  it('of IPv6, too', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 }), (a, b, bits) => {
        const leading = (text: string): bigint => new Address6(text).bigInt() >> BigInt(128 - bits);
        const cidr = parseCidr(`${a}/${bits}`);
        expect(cidrContains(cidr, parseIp(a))).toBe(true);
        expect(cidrContains(cidr, parseIp(b))).toBe(leading(a) === leading(b));
      }),
    );
  });
  it('never contains an address of the other version', () => {
    expect(cidrContains(parseCidr('0.0.0.0/0'), parseIp('::1'))).toBe(false);
    expect(cidrContains(parseCidr('::/0'), parseIp('10.0.0.1'))).toBe(false);
  });
});

describe('MAC addresses', () => {
  it('are read in every usual spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        bytes[0] = (bytes[0] ?? 0) & 0xfe;
        if (bytes.every((byte) => byte === 0)) bytes[5] = 1;
        const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
        const canonical = hex.join(':');
        const plain = hex.join('');
        for (const text of [
          canonical,
          hex.join('-'),
          plain,
          (plain.match(/..../g) ?? []).join('.'),
          canonical.toUpperCase(),
          ` ${canonical} `,
        ])
          expect(parseMac(text)).toBe(canonical);
      }),
    );
  });
  it.each([
    '',
    '00:00:00:00:00:00',
    '01:00:5e:00:00:01',
    'ff:ff:ff:ff:ff:ff',
    'aa:bb:cc:dd:ee',
    'aa:bb:cc:dd:ee:ff:00',
    'aabb.ccdd',
    'gg:bb:cc:dd:ee:ff',
    'aa:bb:cc:dd:ee:f',
  ])('refuse "%s"', (text) => {
    expect(() => parseMac(text)).toThrow(RangeError);
  });
});

describe('VLANs', () => {
  it.each([
    [1, 1],
    ['4094', 4094],
    [' 13 ', 13],
  ])('reads %p', (text, id) => {
    expect(tryParseVlanId(text)).toBe(id);
  });
  it.each([0, 4095, -1, 1.5, NaN, '', '0', '4095', '0x10', '1e3', '13.0', '12345'])('refuses %p', (text) => {
    expect(tryParseVlanId(text)).toBeUndefined();
  });
  it('an allowlist is read, sorted, and an empty one permits all', () => {
    expect(parseVlanAllowlist('200, 13,,100,13')).toEqual([13, 100, 200]);
    expect(parseVlanAllowlist(' , ')).toEqual([]);
    expect(() => parseVlanAllowlist('13,all')).toThrow(RangeError);
    expect([vlanAllowed([], vlan(7)), vlanAllowed([vlan(13)], vlan(13)), vlanAllowed([vlan(13)], vlan(7))]).toEqual([
      true,
      true,
      false,
    ]);
  });
  it('a name template takes the id wherever it says so', () => {
    expect(vlanNameFromTemplate('V{id}-{id}', vlan(13))).toBe('V13-13');
  });
  it('of an address come from the longest configured range, then the panel', () => {
    const map = [
      { range: parseCidr('10.0.0.0/8'), vlan: vlan(1) },
      { range: parseCidr('10.0.48.0/24'), vlan: vlan(2) },
      { range: parseCidr('10.0.0.0/16'), vlan: vlan(3) },
    ];
    expect(vlanFromMap(map, parseIp('10.0.48.9'))).toBe(2);
    expect(vlanFromMap([...map].reverse(), parseIp('10.0.48.9'))).toBe(2);
    expect(statedVlan(map, { vlan: vlan(77) }, parseIp('10.0.9.9'))).toEqual({ vlan: 3, source: 'configured-map' });
    expect(statedVlan(map, { vlan: vlan(77) }, parseIp('192.0.2.1'))).toEqual({ vlan: 77, source: 'panel-subnet' });
    expect(statedVlan(map, {}, parseIp('192.0.2.1'))).toBeUndefined();
    expect(statedVlan(map, { unclear: 'row 7' }, parseIp('10.0.9.9'))).toEqual({ vlan: 3, source: 'configured-map' });
    expect(statedVlan(map, { unclear: 'row 7' }, parseIp('192.0.2.1'))).toEqual({ unclear: 'row 7' });
    fc.assert(
      fc.property(anyIp, anyVlan, (ip, panel) => {
        expect(statedVlan([], { vlan: panel }, ip)).toEqual({ vlan: panel, source: 'panel-subnet' });
      }),
    );
  });
});

describe('devices and ports', () => {
  it('a device id says its kind and key', () => {
    const id = deviceId('neutron', 'cloud-1');
    expect([id, deviceKindOf(id), deviceKeyOf(id), coordinatorWorkflowId(id)]).toEqual([
      'neutron:cloud-1',
      'neutron',
      'cloud-1',
      'device:neutron:cloud-1',
    ]);
    expect(['device:neutron:cloud-1', 'device:Other:1', 'junos:1', 'event-1'].map(deviceOfCoordinator)).toEqual([
      id,
      undefined,
      undefined,
      undefined,
    ]);
    expect(deviceKindOf(deviceId('junos', 3))).toBe('junos');
  });
  it.each(['junos:', 'Junos:1', '1junos:1', ':1', 'jun-os:1', 'junos:a b', 'junos:1\n', 'junos:-1', 'junos'])(
    'refuses the device id %j',
    (text) => {
      expect(() => parseDeviceId(text)).toThrow(RangeError);
    },
  );
  it.each(['ge-0/0/1.0', 'ae0', 'xe-0/0/1:2.100', '3f0c1f6e-0000-4000-8000-000000000000'])(
    'accepts the port %s',
    (text) => {
      expect(parsePortName(` ${text} `)).toBe(text);
    },
  );
  it.each(
    ['', 'ge-0/0/1 ', 'a b', 'x;delete', '<x>', 'ge-0/0/*', '../etc', 'x'.repeat(65)].filter(
      (text) => text !== 'ge-0/0/1 ',
    ),
  )('refuses the port %j, so that none carries another statement', (text) => {
    expect(() => parsePortName(text)).toThrow(RangeError);
  });
});

describe('events', () => {
  it('are read from what panels and people send', () => {
    expect(parseEvent({ action: 'ip_assigned', serverId: '101', ip: '10.0.48.7', extra: 1 })).toEqual({
      action: 'ip_assigned',
      serverId: 101,
      ips: ['10.0.48.7'],
    });
    expect(
      parseEvent({ action: 'ip_removed', serverId: 101, ip: '2001:DB8::1', ips: ['2001:db8:0::1', '10.0.0.1'] }),
    ).toEqual({ action: 'ip_removed', serverId: 101, ips: ['2001:db8::1', '10.0.0.1'] });
    expect(parseEvent({ action: 'server_deleted', serverId: 101, ip: 'whatever' })).toEqual({
      action: 'server_deleted',
      serverId: 101,
      ips: [],
    });
    expect(
      parseEvent({ action: 'ip_removed', serverId: 1, ips: ['10.0.64.8/29', '10.0.64.1/32', '2001:DB8::/64'] }).ips,
    ).toEqual(['10.0.64.8/29', '10.0.64.1', '2001:db8::/64']);
    for (const ip of ['', null, undefined])
      expect(parseEvent({ action: 'ip_assigned', serverId: 1, ip }).ips).toEqual([]);
  });
  it.each([
    ['body', null],
    ['body', []],
    ['body', 'x'],
    ['action', {}],
    ['action', { action: 'IP_ASSIGNED', serverId: 1 }],
    ['action', { action: ['ip_assigned'], serverId: 1 }],
    ['serverId', { action: 'ip_assigned' }],
    ['serverId', { action: 'ip_assigned', serverId: 1.5 }],
    ['serverId', { action: 'ip_assigned', serverId: '1e3' }],
    ['serverId', { action: 'ip_assigned', serverId: 2 ** 31 }],
    ['serverId', { action: 'ip_assigned', serverId: true }],
    ['ip', { action: 'ip_assigned', serverId: 1, ip: 7 }],
    ['ip', { action: 'ip_removed', serverId: 1, ip: '10.0.48.5/24' }],
    ['ip', { action: 'ip_removed', serverId: 1, ip: '10.0.0.0/15' }],
    ['ip', { action: 'ip_removed', serverId: 1, ip: '2001::/31' }],
    ['ip', { action: 'ip_removed', serverId: 1, ip: '10.0.0.0/33' }],
    ['ips', { action: 'ip_assigned', serverId: 1, ips: '10.0.0.1' }],
    ['ips[1]', { action: 'ip_assigned', serverId: 1, ips: ['10.0.0.1', null] }],
    ['ips', { action: 'ip_assigned', serverId: 1, ips: Array(257).fill('10.0.0.1') }],
  ])('name the field %s in %j', (field, input) => {
    const error = (() => {
      try {
        parseEvent(input);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ code: 'invalid-event', details: { field } });
  });
  it('any input is an event or an invalid-event, and an event reads as itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({
            action: fc.constantFrom('ip_assigned', 'server_deleted', 'x'),
            serverId: fc.anything(),
            ip: fc.anything(),
            ips: fc.anything(),
          }),
        ),
        (input) => {
          try {
            const event = parseEvent(input);
            expect(parseEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
          } catch (error) {
            if (!(error instanceof PortwardenError)) throw error;
            expect(error.code).toBe('invalid-event');
          }
        },
      ),
    );
  });
  it('server ids are positive 32-bit integers', () => {
    expect([parseServerId(' 7 '), parseServerId(2_147_483_647)]).toEqual([7, 2_147_483_647]);
  });
});

describe('the error registry', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  it.each(codes)('%s says what happened and what to do', (code) => {
    const { meaning, remedy, httpStatus } = ERRORS[code];
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const text of [meaning, remedy]) expect(text).toMatch(/^[A-Z].*[.]$/s);
    expect(httpStatus).toBeGreaterThanOrEqual(400);
    expect(httpStatus).toBeLessThan(600);
  });
  it('non-retryable codes are exactly those marked so', () => {
    expect([...NON_RETRYABLE_CODES].sort()).toEqual(codes.filter((code) => !ERRORS[code].retryable).sort());
  });
  it("knows its codes and nothing of Object's", () => {
    expect([isErrorCode('device-busy'), isErrorCode('toString'), isErrorCode('')]).toEqual([true, false, false]);
  });
  it('reports anything thrown', () => {
    const cause = new Error('inner');
    const error = new PortwardenError('device-busy', 'locked', { details: { by: 'admin' }, retryAfterMs: 5, cause });
    expect([error.retryable, error.cause, error.retryAfterMs]).toEqual([true, cause, 5]);
    expect(reportError(error)).toEqual({
      code: 'device-busy',
      message: 'locked',
      retryable: true,
      remedy: ERRORS['device-busy'].remedy,
    });
    for (const thrown of [new TypeError('x'), 'x', undefined, { toString: () => 'x' }])
      expect(reportError(thrown).code).toBe('internal');
    expect(errorReport('device-rejected', 'm').retryable).toBe(false);
  });
});
