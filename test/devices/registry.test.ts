import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PortwardenError } from '../../src/domain/errors';
import { deviceId } from '../../src/domain/values/device';
import { deviceKinds, driverOf } from '../../src/devices/registry';

/** Folders of src/devices that are no kind. */
const SHARED = ['pass'];

test('every folder of src/devices is a kind of the registry, and every kind has its folder', () => {
  const folders = readdirSync(join(__dirname, '..', '..', 'src', 'devices'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SHARED.includes(entry.name))
    .map(({ name }) => name);
  expect([...deviceKinds()].sort()).toEqual(folders.sort());
});

test('a kind is there once, and the driver of a device is that of its kind', () => {
  expect(new Set(deviceKinds()).size).toBe(deviceKinds().length);
  for (const kind of deviceKinds()) expect(driverOf(deviceId(kind, 1)).kind).toBe(kind);
});

test('a device of a kind without a driver is refused with its own code, and the kinds are named', async () => {
  const refused = async (): Promise<unknown> => driverOf(deviceId('cisco', 'core-1'));
  await expect(refused()).rejects.toBeInstanceOf(PortwardenError);
  await expect(refused()).rejects.toMatchObject({
    code: 'device-kind-unknown',
    details: { device: 'cisco:core-1', kinds: deviceKinds() },
  });
});
