import fc from 'fast-check';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import {
  devicesInScope,
  isInScope,
  parseScope,
  parseScopeText,
  parseSiteName,
  requireSite,
  scopesOf,
  scopeText,
  siteOf,
  type Scope,
  type Sites,
} from '../../src/domain/values/scope';

const [first, second, third] = [deviceId('junos', 1), deviceId('junos', 2), deviceId('neutron', 'cloud.web')];
const port = parsePortName('ge-0/0/1.0');
const sites: Sites = new Map([
  [parseSiteName('fra1'), [first]],
  [parseSiteName('ams.2'), [second]],
]);

const anyDevice = fc.constantFrom<DeviceId>(first, second, third);
const anyPort = fc.constantFrom('ge-0/0/1.0', 'ae0.0', 'xe-0/0/47:1.5').map(parsePortName);
const anyScope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: 'all' }),
  fc.constantFrom('fra1', 'ams.2', 'none').map((name): Scope => ({ kind: 'site', site: parseSiteName(name) })),
  anyDevice.map((device): Scope => ({ kind: 'device', device })),
  fc.record({ device: anyDevice, port: anyPort }).map((ref): Scope => ({ kind: 'port', ...ref })),
);

test('a scope is read from its words as it was written', () => {
  fc.assert(
    fc.property(anyScope, (scope) => {
      expect(parseScopeText(scopeText(scope))).toEqual(scope);
    }),
  );
});

test('a port is in a scope exactly when the scope is one of those it is in', () => {
  fc.assert(
    fc.property(anyScope, anyDevice, anyPort, (scope, device, ofIt) => {
      const isOne = scopesOf({ device, port: ofIt }, sites).some((one) => scopeText(one) === scopeText(scope));
      expect(isInScope({ device, port: ofIt }, scope, sites)).toBe(isOne);
    }),
  );
});

test('the scopes of a port go from the narrowest to everything; a device without a site has none', () => {
  expect(scopesOf({ device: first, port }, sites).map(scopeText)).toEqual([
    'port junos:1 ge-0/0/1.0',
    'device junos:1',
    'site fra1',
    'all',
  ]);
  expect(scopesOf({ device: third }, sites).map(scopeText)).toEqual(['device neutron:cloud.web', 'all']);
  expect(siteOf(third, sites)).toBeUndefined();
});

test('a scope says which devices it is about', () => {
  expect(devicesInScope({ kind: 'all' }, sites)).toBeUndefined();
  expect(devicesInScope({ kind: 'site', site: parseSiteName('fra1') }, sites)).toEqual([first]);
  expect(devicesInScope({ kind: 'site', site: parseSiteName('none') }, sites)).toEqual([]);
  expect(devicesInScope({ kind: 'port', device: second, port }, sites)).toEqual([second]);
});

test('exactly one of all, site, device, or device and port is a scope', () => {
  expect(parseScope({ all: true })).toEqual({ kind: 'all' });
  expect(parseScope({ site: 'fra1' })).toEqual({ kind: 'site', site: 'fra1' });
  expect(parseScope({ device: 'junos:1', port: 'ge-0/0/1.0' })).toEqual({ kind: 'port', device: first, port });
  expect(() => parseScope({})).toThrow(/exactly one/);
  expect(() => parseScope({ all: true, device: 'junos:1' })).toThrow(/exactly one/);
  expect(() => parseScope({ site: 'fra1', device: 'junos:1' })).toThrow(/exactly one/);
  expect(() => parseScope({ all: true, port: 'ge-0/0/1.0' })).toThrow(/device of the port/);
  expect(() => parseScope({ site: 'not a name' })).toThrow(/name of a site/);
  expect(() => parseScopeText('port junos:1')).toThrow(RangeError);
  expect(() => parseScopeText('all of it')).toThrow(RangeError);
  expect(() => requireSite(parseScope({ site: 'none' }), sites)).toThrow('there are: fra1, ams.2');
  expect(requireSite({ kind: 'all' }, sites)).toEqual({ kind: 'all' });
});
