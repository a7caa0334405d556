import { parseConfiguration, type Configuration } from '../../src/config';
import { reconcileRuleOf } from '../../src/domain/drift/reconcileSettings';
import { parseDeviceId } from '../../src/domain/values/device';

const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
  TENANTOS_API_KEY: 'panel-key-0123456789',
  CLOUD_SECRET: 'cloud-secret-0123456789',
};
const CLOUD = `panel: { url: https://panel.example.com }
openstack:
  projects:
    - name: cloud.web
      authUrl: https://keystone.example.com:5000/v3
      applicationCredential: { id: 8ddbdc766ef543a3bfb0384c22e519eb, secretEnv: CLOUD_SECRET }
`;

function parse(sites: string): Configuration {
  return parseConfiguration(`${CLOUD}${sites}`, { file: '/x/portwarden.yaml', cwd: '/x', env: ENV, role: 'all' });
}

test('sites are sets of devices', () => {
  const { sites } = parse(`sites: { fra1: { devices: ['junos:3', 'neutron:cloud.web'] }, empty: {} }\n`);
  expect([...sites]).toEqual([
    ['fra1', ['junos:3', 'neutron:cloud.web']],
    ['empty', []],
  ]);
});

test('a device is in one site, and one that cannot be is refused with its place', () => {
  const text = `sites:
  fra1: { devices: ['junos:3', 'junos:core'] }
  ams2:
    devices:
      - junos:3
      - neutron:cloud.db
      - cisco:1
  'a b': {}
`;
  expect(() => parse(text)).toThrow(
    [
      'The configuration has 5 problems:',
      '  portwarden.yaml:11:9 sites.ams2.devices[0] is junos:3, which is in fra1 already: a device is in one site',
      '  portwarden.yaml:14:3 sites["a b"] must be the name of a site: letters, digits, dots, hyphens and underscores',
      '  portwarden.yaml:8:32 sites.fra1.devices[1] names junos:core, but switches of the panel have its numbers',
      '  portwarden.yaml:12:9 sites.ams2.devices[1] names neutron:cloud.db, which the section openstack does not have; there are: neutron:cloud.web',
      '  portwarden.yaml:13:9 sites.ams2.devices[2] names a device that cannot be: cisco:1 is of no kind that this portwarden can change; there are: junos, neutron, proxmoxFirewall',
    ].join('\n'),
  );
  expect(() => parse(`sites: { fra1: { devices: ['switch 3'] } }\n`)).toThrow(
    /sites\.fra1\.devices\[0\] must be a device id such as junos:3/,
  );
});

test('devices of `reconcile` exist, and have what is not said of them from the installation', () => {
  const { reconcile } = parse(
    `reconcile: { mode: propose, devices: { 'junos:3': { mode: enforce }, 'junos:4': { intervalMinutes: 0 } } }\n`,
  );
  expect(['junos:3', 'junos:4', 'junos:5'].map((id) => reconcileRuleOf(reconcile, parseDeviceId(id)))).toEqual([
    { mode: 'enforce', everyMs: 3_600_000 },
    { mode: 'propose', everyMs: 0 },
    { mode: 'propose', everyMs: 3_600_000 },
  ]);
  expect(() => parse(`reconcile: { devices: { 'neutron:cloud.db': {}, switch3: {} } }\n`)).toThrow(
    /reconcile\.devices\["neutron:cloud\.db"\] names neutron:cloud\.db.*\n.*reconcile\.devices\.switch3 must be a device id|reconcile\.devices\.switch3 must be a device id/,
  );
});
