import { parseConfiguration, type Configuration } from '../../../src/config';
import { openPanelAndDevices } from '../../../src/app/devices';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';
import { fakeWorld } from '../../activities/fakes/world';

const env = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789',
  TENANTOS_API_KEY: 'key-0123456789',
  PVE: 'reader@pve!portwarden=0b1c2d3e-0000-4000-8000-000000000001',
  FILTERS: 'filter@pve!portwarden=0b1c2d3e-0000-4000-8000-000000000002',
  BAD: 'no token',
};
const PANEL = 'panel: { url: "https://panel.example.com" }\n';
const CLUSTER = 'proxmox: { clusters: [{ name: c1, hosts: ["https://pve1.example.com:8006"], tokenEnv: PVE }] }\n';
const configured = (section: string): Configuration =>
  parseConfiguration(`${PANEL}${CLUSTER}${section}`, { file: 'portwarden.yaml', cwd: '/', env, role: 'all' });

test('nothing is filtered unless it is configured, cluster by cluster', () => {
  expect(configured('').proxmoxFirewall.clusters).toEqual([]);
  const { clusters } = configured(
    'proxmoxFirewall: { clusters: [{ cluster: c1, tokenEnv: FILTERS }] }',
  ).proxmoxFirewall;
  expect(clusters.map(({ cluster, token }) => [cluster, token?.reveal()])).toEqual([['c1', env.FILTERS]]);
});

test('nothing besides filters is switched on unless it is configured, each by itself', () => {
  const switchOn = (section: string) =>
    configured(`proxmoxFirewall: { clusters: [{ cluster: c1${section} }] }`).proxmoxFirewall.clusters[0]?.filters
      .switchOn;
  expect(switchOn('')).toEqual({ nicFirewall: false, macFilter: false, ipFilter: false });
  expect(switchOn(', switchOn: { nicFirewall: true }')).toEqual({
    nicFirewall: true,
    macFilter: false,
    ipFilter: false,
  });
});

test.each([
  ['clusters: [{ cluster: other }]', /portwarden\.yaml:3:\d+ proxmoxFirewall\.clusters\[0\]\.cluster.*there are: c1/],
  ['clusters: [{ cluster: c1 }, { cluster: c1 }]', /clusters\[1\]\.cluster.*earlier entry/],
  ['clusters: [{ cluster: c1, tokenEnv: BAD }]', /tokenEnv.*USER@REALM!TOKENID=UUID/],
  ['clusters: [{ cluster: c1, tokenEnv: NOT_SET }]', /NOT_SET, which is not set/],
  ['clusters: [{ cluster: c1, enable: true }]', /enable/],
  ['clusters: [{ cluster: c1, switchOn: { enable: true } }]', /enable/],
  [
    'clusters: [{ cluster: c1, panelManagesFirewalls: true, switchOn: { macFilter: true } }]',
    /switchOn.*must switch nothing on where the panel manages/,
  ],
])('refused with its line: %s', (section, rule) => {
  expect(() => configured(`proxmoxFirewall: { ${section} }`)).toThrow(rule);
});

test("a guest's NICs are ports of the device of their cluster, and of none where that is not configured", () => {
  const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const { panel, devices } = openPanelAndDevices(
    configured('proxmoxFirewall: { clusters: [{ cluster: c1 }] }'),
    { list: none, add: none },
    fakeWorld().log,
  );
  const device = deviceId('proxmoxFirewall', 'c1');
  const port = parsePortName('101/net3');
  const nic = { cluster: 'c1', vmid: 101, nic: 3 };
  try {
    expect(devices.guestPorts.portsOf(nic)).toEqual([{ device, port }]);
    expect(devices.guestPorts.portsOf({ ...nic, cluster: 'c2' })).toEqual([]);
    expect(devices.guestPorts.nicOf({ device, port })).toEqual(nic);
    for (const other of ['101', '101/net32', 'ge-0/0/1.0'])
      expect(devices.guestPorts.nicOf({ device, port: parsePortName(other) })).toBeUndefined();
    expect(devices.guestPorts.nicOf({ device: deviceId('junos', 1), port })).toBeUndefined();
    expect(devices.open(device).id).toBe(device);
    expect(() => devices.open(deviceId('proxmoxFirewall', 'c2'))).toThrow(/there are: c1/);
    expect(devices.passActivityOf(device)).toBe('writeIpFilters');
  } finally {
    panel.close();
  }
});
