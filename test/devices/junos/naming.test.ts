import { withoutUnit, withUnit } from '../../../src/devices/junos/naming';
import { parsePortName } from '../../../src/domain/values/port';

test('a unit is added when there is none, and taken off', () => {
  expect([
    withUnit(parsePortName('ae0'), 0),
    withUnit(parsePortName('ae0.7'), 0),
    withoutUnit(parsePortName('ae0.7')),
    withoutUnit(parsePortName('ae0')),
  ]).toEqual(['ae0.0', 'ae0.7', 'ae0', 'ae0']);
});
