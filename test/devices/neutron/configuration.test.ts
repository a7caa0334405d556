import { parseConfiguration, type Configuration } from '../../../src/config';

const UUID = '3f0c1f6e-0000-4000-8000-00000000000a';
const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789',
  TENANTOS_API_KEY: 'key-0123456789',
  CLOUD_SECRET: 'secret-of-the-cloud',
};

function configure(projects: string, env: Record<string, string> = ENV, role: 'all' | 'api' = 'all'): Configuration {
  const text = `panel: { url: "https://panel.example.com" }\nopenstack:\n  projects:\n${projects}`;
  return parseConfiguration(text, { file: 'portwarden.yaml', cwd: '/', env, role });
}

const project = (more = '', name = 'cloud1.web'): string => `
    - name: ${name}
      authUrl: https://keystone.example.com:5000/v3
      applicationCredential: { id: abc, secretEnv: CLOUD_SECRET }
      ${more}`;

test('a project with its login, its defaults and its servers', () => {
  const [one] = configure(project(`servers: { '101': ${UUID.toUpperCase()} }`)).openstack.projects;
  expect(one).toMatchObject({ name: 'cloud1.web', interface: 'public', timeoutMs: 30_000, maxPairs: 10 });
  expect([...(one?.servers ?? [])]).toEqual([[101, UUID]]);
  expect(one?.login.secret.reveal()).toBe('secret-of-the-cloud');
  expect(JSON.stringify(one)).not.toContain('secret-of-the-cloud');
});

test.each([
  ['', { portSecurity: true, securityGroups: true }],
  ['attributes: [allowedAddressPairs]', { portSecurity: false, securityGroups: false }],
  ['attributes: [allowedAddressPairs, portSecurity]', { portSecurity: true, securityGroups: false }],
])('what of its ports may be written: "%s"', (option, owned) => {
  expect(configure(project(option)).openstack.projects[0]?.owned).toEqual(owned);
});

test('the API process is given no secret of it', () => {
  const [one] = configure(project(), { ...ENV, TEMPORAL_ADDRESS: '127.0.0.1:7233' }, 'api').openstack.projects;
  expect(one?.login.secret.present).toBe(false);
});

test.each([
  ['no pairs', project('attributes: [portSecurity]'), 'must name allowedAddressPairs'],
  ['an attribute twice', project('attributes: [allowedAddressPairs, allowedAddressPairs]'), 'names an attribute twice'],
  ['an unknown attribute', project('attributes: [allowedAddressPairs, groups]'), 'must be one of allowedAddressPairs'],
  [
    'no login',
    `
    - { name: a, authUrl: "https://keystone.example.com" }`,
    'needs applicationCredential or password, and not both',
  ],
  ['two logins', project('password: { user: u, project: p, passwordEnv: CLOUD_SECRET }'), 'and not both'],
  ['a name twice', `${project()}${project()}`, 'is the name of an earlier project'],
  ['no UUID', project("servers: { '101': eth0 }"), 'must be the UUID of a port'],
  ['no server id', project(`servers: { web: ${UUID} }`), "must be the panel's server id"],
  ['a port twice', project(`servers: { '101': ${UUID}, '102': ${UUID} }`), 'names a port that another server has'],
  [
    'a server twice',
    `${project(`servers: { '101': ${UUID} }`)}${project(`servers: { '101': 3f0c1f6e-0000-4000-8000-00000000000b }`, 'b')}`,
    'has a port already',
  ],
  ['plain http elsewhere', project().replace('https://keystone', 'http://keystone'), 'authUrl'],
])('%s is refused with its place', (_what, projects, rule) => {
  expect(() => configure(projects)).toThrow(
    new RegExp(`portwarden\\.yaml:\\d+:\\d+ openstack\\.projects[\\s\\S]*${rule}`),
  );
});

test('a variable that is not set is named', () => {
  const env = Object.fromEntries(Object.entries(ENV).filter(([name]) => name !== 'CLOUD_SECRET'));
  expect(() => configure(project(), env)).toThrow(/CLOUD_SECRET, which is not set/);
});
