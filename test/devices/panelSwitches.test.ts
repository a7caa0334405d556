import { z } from 'zod';
import { defineDriver, type DeviceDriver } from '../../src/devices/driver';
import { disputedSwitches, panelSwitchDevice, panelSwitchOf } from '../../src/devices/panelSwitches';
import { COVERAGE_CODES, type KindCoverage } from '../../src/domain/coverage';
import { DRIVERS } from '../../src/devices/registry';
import { parseDeviceId } from '../../src/domain/values/device';
import { defineSection, noVariables } from '../../src/primitives/configuration/section';
import { memoryDriver } from './memory/driver';

/** A second vendor's switches, which the panel lists beside those of Junos. */
const arista = defineDriver({
  kind: 'arista',
  passActivity: 'commitToArista',
  configuration: {
    name: 'aristaSwitches',
    section: defineSection({
      schema: z.array(z.number()),
      readVariables: noVariables,
      build: (numbers) => ({ numbers }),
    }),
  },
  coverage: Object.fromEntries(COVERAGE_CODES.map((code) => [code, null])) as KindCoverage,
  longestCommitMs: () => 1_000,
  panelSwitches: ({ numbers }) => numbers,
  naming: () => ({ toDevice: (port) => port, toPanel: (port) => port }),
  devices: () => {
    throw new Error('not opened');
  },
});

const drivers: readonly DeviceDriver[] = [...DRIVERS, memoryDriver(new Map()), arista];
const configuration = {
  switches: { settings: new Map([[3, {}]]) },
  gates: { commitMs: 1 },
  aristaSwitches: { numbers: [7, 8] },
};

test('a switch of the panel is of the kind whose section names it, else of the first that drives such switches', () => {
  const device = (switchId: number): string => panelSwitchDevice(switchId, configuration, drivers);
  expect([3, 4, 7, 8].map(device)).toEqual(['junos:3', 'junos:4', 'arista:7', 'arista:8']);
  expect(() => panelSwitchDevice(3, configuration, [memoryDriver(new Map())])).toThrow(
    expect.objectContaining({ code: 'device-not-configured' }) as Error,
  );
});

test('the panel has a number only for its own switches', () => {
  const numberOf = (device: string): number | undefined => panelSwitchOf(parseDeviceId(device), drivers);
  expect(['junos:3', 'arista:7'].map(numberOf)).toEqual([3, 7]);
  for (const device of ['memory:1', 'neutron:1', 'junos:core', 'junos:0', 'junos:99999999999'])
    expect(numberOf(device)).toBeUndefined();
});

test('a switch that two sections name is found', () => {
  expect(disputedSwitches(configuration, drivers)).toEqual([]);
  const both = { ...configuration, aristaSwitches: { numbers: [3, 7] } };
  expect(disputedSwitches(both, drivers)).toEqual([{ switchId: 3, sections: ['switches', 'aristaSwitches'] }]);
});
