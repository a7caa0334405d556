import { openPanelAndDevices, portNaming } from '../../../src/app/devices';
import { parseConfiguration } from '../../../src/config';
import type { ConfiguredUplink } from '../../../src/sources/proxmox/uplinkConfiguration';
import { createHypervisorSource } from '../../../src/sources/proxmox/hypervisorSource';
import { createLogger } from '../../../src/telemetry/log';
import { junos, port, vlan } from '../../activities/fakes/values';
import { closeAll, connect } from './support';

afterAll(closeAll);

const CONFIGURATION = `
panel: { url: https://panel.example.com }
switches: { defaults: { unit: 0 }, overrides: { '2': { unit: 5 } } }
`;
const env = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789' };
const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
const configuration = parseConfiguration(CONFIGURATION, { file: 'portwarden.yaml', cwd: '/', env, role: 'all' });
const { devices, panel } = openPanelAndDevices(
  configuration,
  { list: none, add: none },
  createLogger({ level: 'silent' }),
);
const naming = portNaming(devices);
afterAll(() => panel.close());
type UplinkList = readonly Omit<ConfiguredUplink, 'where'>[];
const cluster = connect(['https://pve1.example.com:8006']);

it("configured uplinks get the unit of their switch, and keep one that they name; the panel's names have none", () => {
  const uplinks = new Map<string, UplinkList>([
    ['pve1', [{ ports: [{ switchId: 1, port: port('ae0') }] }]],
    [
      'pve2',
      [
        {
          ports: [
            { switchId: 1, port: port('ae1') },
            { switchId: 2, port: port('ae1') },
          ],
        },
      ],
    ],
    ['pve3', [{ interfaces: ['vmbr1'], ports: [{ switchId: 2, port: port('ae2.7') }], nativeVlan: vlan(9) }]],
  ]);
  const source = createHypervisorSource(cluster, { uplinks, panelEntries: new Map() }, naming);
  const named = [...source.uplinks.values()].map((list) => list.flatMap(({ ports }) => ports.map((one) => one.port)));
  expect(named).toEqual([['ae0.0'], ['ae1.0', 'ae1.5'], ['ae2.7']]);
  expect(source.uplinks.get('pve3')).toMatchObject([{ interfaces: ['vmbr1'], nativeVlan: 9 }]);
  expect(naming.toPanel(junos(2), port('ae2.7'))).toBe('ae2');
});

it('the native VLAN of the uplinks is what the configuration says, or unknown', () => {
  const none = { uplinks: new Map(), panelEntries: new Map() };
  expect(createHypervisorSource(cluster, { ...none, nativeVlan: vlan(7) }, naming).nativeVlan).toBe(7);
  expect(createHypervisorSource(cluster, none, naming).nativeVlan).toBeUndefined();
});
