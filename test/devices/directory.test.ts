import { createDeviceDirectory, type DeviceDirectory } from '../../src/devices/directory';
import { DRIVERS, longestCommitMs } from '../../src/devices/registry';
import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { portNaming } from '../../src/app/devices';
import { createPanelSource } from '../../src/sources/tenantos/panelSource';
import { TenantosPanel } from '../../src/sources/tenantos/panel';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { memoryDriver } from './memory/driver';
import { GateSite } from './memory/gates';

const SITE = deviceId('memory', 'site-1');
const GATE = parsePortName('3F0C1F6E-0000-4000-8000-00000000000A');
const CONFIGURATION = {
  switches: { defaults: behaviourOf(switchesSchema.parse({}).defaults), settings: new Map() },
  openstack: { projects: [] },
  proxmoxFirewall: { clusters: [] },
  gates: { commitMs: 5_000 },
};
const none = (): Promise<never> => Promise.reject(new Error('not asked for'));

let directory: DeviceDirectory;
beforeEach(() => {
  directory = createDeviceDirectory(
    CONFIGURATION,
    {
      panelLogin: none,
      hostKeys: { list: none, add: none },
      hypervisor: () => undefined,
      vlanNameTemplate: 'VLAN.{id}',
      vlanAllowlist: [],
      securityGroups: new Map(),
      logOf: () => ({ info: () => undefined, warn: () => undefined }),
    },
    [...DRIVERS, memoryDriver(new Map([['site-1', new GateSite()]]))],
  );
});

test('each device is opened by the driver of its kind, and its pass has the name that the driver gives it', () => {
  expect(directory.open(SITE).id).toBe(SITE);
  expect(directory.open(deviceId('junos', 3)).id).toBe('junos:3');
  expect([directory.passActivityOf(SITE), directory.passActivityOf(deviceId('junos', 3))]).toEqual([
    'writeGates',
    'commitToSwitch',
  ]);
  expect(directory.passActivities).toEqual(['commitToSwitch', 'updateNeutronPorts', 'writeIpFilters', 'writeGates']);
});

test('a kind without a driver, and a device that its driver does not know, are refused', async () => {
  const refused = async (kind: string, key: string): Promise<unknown> => directory.open(deviceId(kind, key));
  await expect(refused('cisco', 'cloud1')).rejects.toMatchObject({ code: 'device-kind-unknown' });
  await expect(refused('memory', 'site-2')).rejects.toMatchObject({ code: 'device-not-configured' });
  await expect(refused('junos', 'core')).rejects.toMatchObject({ code: 'device-not-configured' });
  await expect((async () => directory.passActivityOf(deviceId('cisco', 'cloud1')))()).rejects.toMatchObject({
    code: 'device-kind-unknown',
  });
});

test('the shutdown waits for the slowest commit of any kind', () => {
  const slow = { ...CONFIGURATION, gates: { commitMs: 900_000 } };
  const drivers = [...DRIVERS, memoryDriver(new Map())];
  expect([longestCommitMs(CONFIGURATION, drivers), longestCommitMs(slow, drivers)]).toEqual([300_000, 900_000]);
});

test('the panel is never asked for a device that is no switch of its own, and no foreign port gets a unit', async () => {
  const panel = new TenantosPanel({
    switchDevice: (id) => deviceId('junos', id),
    url: 'http://127.0.0.1:1',
    apiKey: 'key',
    concurrency: 1,
    timeoutMs: 1_000,
    maxAnswerBytes: 1_000,
    clusters: [],
  });
  try {
    const source = createPanelSource(panel, portNaming(directory), { expandSubnetsFrom: 29 });
    const { signal } = new AbortController();
    expect(await source.portAssignments(SITE, GATE, signal)).toEqual([]);
    expect((await source.portVlans(SITE, signal))(GATE)).toBeUndefined();
    expect(await source.switchAttachment(SITE, GATE, signal)).toEqual({
      device: SITE,
      portId: 0,
      port: GATE.toLowerCase(),
      automated: true,
      manageable: true,
    });
    // The same questions about a switch of the panel go there.
    await expect(source.portVlans(deviceId('junos', 3), signal)).rejects.toMatchObject({
      code: 'panel-unreachable',
    });
  } finally {
    panel.close();
  }
});
