import { startNeutronLab } from '../../lab/neutron/lab';
import { seedCloud } from '../../lab/neutron/seed';
import { startTenantosLab } from '../../lab/tenantos/lab';
import { configuredSources } from '../../src/app/configuredSources';
import { openPanelAndDevices } from '../../src/app/devices';
import { parseConfiguration } from '../../src/config';
import { deviceId } from '../../src/domain/values/device';
import { createLogger } from '../../src/telemetry/log';
import { closeAll, closeLater, startLab, TOKEN } from '../sources/proxmox/support';
import { testWorld } from '../sources/tenantos/world';
import { converge } from '../../src/devices/pass/converge';
import { bind, codeOf, quickSwitch, recordingContext, request, target } from '../devices/junos/support';

const { signal } = new AbortController();
const log = createLogger({ level: 'silent' });
const none = (): Promise<never> => Promise.reject(new Error('not asked for'));

afterEach(closeAll);

it('whatever is configured is heard by its own name: the panel, clouds, filters of a cluster, and clocks of switches', async () => {
  const [panelLab, cloudLab, clusterLab] = await Promise.all([
    startTenantosLab({ world: testWorld, apiKey: 'key-0123456789' }),
    startNeutronLab(),
    startLab({ tls: false }),
  ]);
  const lab = await quickSwitch('ex3300-12.3', ['set vlans v100 vlan-id 100'], {
    commitLog: { comments: true, pendingMark: false },
  });
  for (const { close } of [panelLab, cloudLab, lab]) closeLater(close);
  lab.editAsOperator(['set vlans v900 vlan-id 900'], { user: 'alice' }).commitConfirmed(10);
  const { credential } = seedCloud(cloudLab);
  const env = {
    ...{ PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789', TENANTOS_API_KEY: 'key-0123456789' },
    ...{ PVE: TOKEN, CLOUD: credential.secret, SWITCH: 'lab-secret' },
  };
  const configuration = parseConfiguration(
    `panel: { url: "${panelLab.url}" }
proxmox: { clusters: [{ name: c1, hosts: ["${clusterLab.urls[0] ?? ''}"], tokenEnv: PVE }] }
proxmoxFirewall: { clusters: [{ cluster: c1 }] }
switches: { overrides: { '1': { host: "${lab.host}", port: ${lab.port}, userName: portwarden, passwordEnv: SWITCH, hostKeys: ["${lab.hostKeyFingerprint}"] } } }
openstack: { projects: [{ name: one, authUrl: "${cloudLab.authUrl}", applicationCredential: { id: ${credential.id}, secretEnv: CLOUD } }] }
`,
    { file: 'portwarden.yaml', cwd: '/', env, role: 'all' },
  );
  const configured = configuredSources(configuration);
  const [cloud, filters] = [deviceId('neutron', 'one'), deviceId('proxmoxFirewall', 'c1')];
  expect(configured.names).toEqual(['panel', 'c1']);
  expect([...configured.devices].sort()).toEqual([cloud, filters]);
  expect([...configured.kinds].sort()).toEqual(['neutron', 'proxmoxFirewall']);
  const heard = new Set<string>();
  const { panel, devices } = openPanelAndDevices(
    configuration,
    { list: none, add: none },
    log,
    (source) => (answer) => {
      heard.add(`${'device' in source ? source.device : source.name} ${answer.login ?? ''}`);
    },
  );
  closeLater(() => {
    panel.close();
  });
  await panel.servers.list(signal);
  await devices.answers(cloud, signal);
  await devices.answers(filters, signal);
  const port = target('ge-0/0/1.0', [bind('192.0.2.11', '02:00:00:00:00:10', 100)]);
  expect(await codeOf(converge(devices.open(deviceId('junos', 1)), request([port]), recordingContext()))).toBe(
    'device-busy',
  );
  expect([...heard].sort()).toEqual([
    'junos:1 ',
    'neutron:one accepted',
    'panel accepted',
    'proxmoxFirewall:c1 accepted',
  ]);
});
