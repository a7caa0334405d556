import { judgePolicy } from '../../src/activities/policies/judgePolicy';
import { neutronDriver } from '../../src/devices/neutron/driver';
import { parseAllowedAddress } from '../../src/domain/policies/addressPair';
import { parseDeviceId } from '../../src/domain/values/device';

const DEVICE = parseDeviceId('neutron:lab');
const NOW = new Date('2026-11-29T12:00:00Z');

/** Judges a policy of the device that lets a range through. @param limit the shortest IPv4 prefix, as configured. */
const judge = (range: string, limit: number, wideRanges = false): readonly string[] =>
  judgePolicy(
    { requireDriver: () => neutronDriver, policyRefusal: () => undefined },
    {
      scope: { kind: 'device', device: DEVICE },
      allowedAddressPairs: [{ address: parseAllowedAddress(range) }],
      ...{ wideRanges, author: 'ada', reason: 'test' },
    },
    { ipv4: limit, ipv6: 64 },
    [DEVICE],
    NOW,
  );

test('how wide a range may be is what the configuration says', () => {
  expect(judge('10.10.0.0/20', 20)).toEqual([]);
  expect(() => judge('10.10.0.0/20', 24)).toThrow('ranges wider than /24');
  expect(() => judge('10.10.10.0/24', 25)).toThrow('ranges wider than /25');
  expect(judge('10.10.0.0/20', 24, true)).toEqual([]);
});
