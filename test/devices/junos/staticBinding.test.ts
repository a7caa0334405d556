import fc from 'fast-check';
import { bindingOf, keyOfBinding, statementOf, type StaticBinding } from '../../../src/devices/junos/staticBinding';
import { anyIp, anyVlan } from '../../domain/arbitraries';

/** Also such as no switch would have: a server that is no Junos may say anything. */
const anyBinding: fc.Arbitrary<StaticBinding> = fc.record({
  ip: anyIp,
  mac: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '02:00:00:00:00:10', '% 20', 'a b')),
  vlanName: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'v100', 'my vlan')),
});

test('a binding is found again from its statement', () => {
  fc.assert(
    fc.property(anyBinding, fc.option(anyVlan, { nil: undefined }), (binding, vlan) => {
      const statement = statementOf(binding, vlan);
      expect(bindingOf(statement)).toEqual(binding);
      expect(statement).toMatchObject({ ip: binding.ip, ...(binding.mac === '' ? {} : { mac: binding.mac }) });
    }),
  );
});

test('two bindings have the same key only when they are the same', () => {
  fc.assert(
    fc.property(anyBinding, anyBinding, (a, b) => {
      const same = a.ip === b.ip && a.mac === b.mac && a.vlanName === b.vlanName;
      expect(keyOfBinding(a) === keyOfBinding(b)).toBe(same);
    }),
  );
});

test('a statement of another kind of device is refused', () => {
  expect(() => bindingOf({ key: 'ingress', text: 'ingress' })).toThrow(RangeError);
  expect(() => bindingOf({ key: 'no address here', text: '' })).toThrow(RangeError);
});
