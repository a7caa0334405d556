import { createServer } from 'node:https';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startNeutronLab } from '../../../lab/neutron/lab';
import { seedCloud } from '../../../lab/neutron/seed';
import { makeIdentity } from '../../../lab/proxmox/certificates';
import { CloudHttp } from '../../../src/clients/openstack/exchange';
import { parseConfiguration, type Configuration, type Role } from '../../../src/config';
import { createDeviceDirectory } from '../../../src/devices/directory';
import { deviceId } from '../../../src/domain/values/device';

const SECRET = 'app-cred-secret-4711';
const PASSWORD = 'hunter2-4711';
const CLOUDS = `clouds:
  one:
    auth_type: v3applicationcredential
    region_name: RegionOne
    interface: internal
    identity_api_version: 3
    volume_api_version: 3
    auth:
      auth_url: https://keystone.example.com:5000/v3
      application_credential_id: 8ddbdc766ef543a3bfb0384c22e519eb
  two:
    auth:
      auth_url: https://keystone.example.com/identity
      username: operator
      password: ${PASSWORD}
      project_name: web
      user_domain_name: Default
      project_domain_id: default
    verify: false
`;
const SECURE = `clouds:
  one: { auth: { application_credential_secret: ${SECRET} } }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portwarden-clouds-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
};

function configure(project: string, env: Record<string, string> = {}, role: Role = 'all'): Configuration {
  const text = `panel: { url: "https://panel.example.com" }\nopenstack:\n  projects:\n    - { name: a, ${project} }\n`;
  return parseConfiguration(text, {
    file: join(folder, 'portwarden.yaml'),
    cwd: folder,
    role,
    env: {
      PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789',
      TENANTOS_API_KEY: 'key-0123456789',
      HOME: join(folder, 'home'),
      TEMPORAL_ADDRESS: '127.0.0.1:7233',
      ...env,
    },
  });
}

const first = (configuration: Configuration) => {
  const [project] = configuration.openstack.projects;
  if (project === undefined) throw new Error('no project');
  return project;
};

test('a cloud of clouds.yaml, with its secret from secure.yaml', () => {
  write('clouds.yaml', CLOUDS);
  write('secure.yaml', SECURE);
  const configuration = configure('cloud: one');
  const project = first(configuration);
  expect(project).toMatchObject({
    authUrl: 'https://keystone.example.com:5000/v3',
    cloud: 'one',
    region: 'RegionOne',
    interface: 'internal',
    login: { method: 'applicationCredential', credential: { id: '8ddbdc766ef543a3bfb0384c22e519eb' } },
  });
  expect(project.login.secret.reveal()).toBe(SECRET);
  expect(project.insecure).toBeUndefined();
  expect(configuration.warnings.join()).not.toContain('certificate of cloud');
  expect(JSON.stringify(configuration) + inspect(configuration, { depth: 9 })).not.toContain(SECRET);
});

test('a password, ids as well as names, and a certificate that nobody checks: with a warning that says where', () => {
  write('clouds.yaml', CLOUDS);
  const configuration = configure('cloud: two, interface: admin, region: Here');
  expect(first(configuration)).toMatchObject({
    region: 'Here',
    interface: 'admin',
    insecure: true,
    login: {
      method: 'password',
      user: { name: 'operator', domain: { name: 'Default' } },
      project: { name: 'web', domain: { id: 'default' } },
    },
  });
  expect(configuration.warnings.join('\n')).toMatch(/cloud two is not checked \(verify: false, clouds\.yaml:19:5\)/);
  expect(JSON.stringify(configuration) + configuration.warnings.join()).not.toContain(PASSWORD);
});

test('the first file counts, in the order of the openstack client; a named one is the only one', () => {
  const named = (url: string): string => CLOUDS.replaceAll('keystone.example.com', url);
  write('home/.config/openstack/clouds.yml', named('home.example.com'));
  expect(first(configure('cloud: two')).authUrl).toContain('home.example.com');
  write('xdg/openstack/clouds.yaml', named('xdg.example.com'));
  expect(first(configure('cloud: two', { XDG_CONFIG_HOME: join(folder, 'xdg') })).authUrl).toContain('xdg.example');
  write('clouds.yaml', named('here.example.com'));
  expect(first(configure('cloud: two')).authUrl).toContain('here.example.com');
  write('elsewhere.yaml', named('named.example.com'));
  const env = { OS_CLIENT_CONFIG_FILE: 'elsewhere.yaml' };
  expect(first(configure('cloud: two', env)).authUrl).toContain('named.example.com');
  write('hidden.yaml', SECURE);
  const both = { ...env, OS_CLIENT_SECURE_FILE: 'hidden.yaml' };
  expect(first(configure('cloud: one', both)).login.secret.reveal()).toBe(SECRET);
});

test('a process that logs in nowhere needs no clouds.yaml', () => {
  const project = first(configure('cloud: one', {}, 'api'));
  expect([project.authUrl, project.login.secret.present]).toEqual(['', false]);
});

const changed = (from: string, to: string): string => CLOUDS.replace(from, to);
test.each([
  ['no file', undefined, 'cloud: one', /portwarden\.yaml:4:\d+ .*cloud needs a clouds\.yaml, which is in none of: /],
  ['another cloud', CLOUDS, 'cloud: three', /portwarden\.yaml:4.*names no cloud of clouds\.yaml; there are: one, two/],
  ['both ways', CLOUDS, 'cloud: one, authUrl: "https://k.example.com"', /authUrl cannot be given with cloud/],
  ['no way', CLOUDS, 'region: x', /needs applicationCredential or password, and not both, or cloud/],
  ['no secret', CLOUDS, 'cloud: one', /clouds\.yaml:8:5 clouds\.one\.auth\.application_credential_secret is required/],
  [
    'another type',
    changed('v3applicationcredential', 'v3oidcpassword'),
    'cloud: one',
    /clouds\.yaml:3:5 clouds\.one\.auth_type is none that portwarden handles/,
  ],
  [
    'a login that we do not send',
    changed('username: operator', `passcode: "${PASSWORD}"\n      username: operator`),
    'cloud: two',
    /clouds\.yaml:14:7 clouds\.two\.auth\.passcode is nothing that portwarden sends with password/,
  ],
  [
    'a project for an application credential',
    changed('application_credential_id', 'project_id: x\n      application_credential_id'),
    'cloud: one',
    /clouds\.yaml:10:7 clouds\.one\.auth\.project_id/,
  ],
  [
    'a vendor',
    changed('verify: false', 'profile: vexxhost'),
    'cloud: two',
    /:19:5 clouds\.two\.profile is not handled/,
  ],
  ['no text', changed(PASSWORD, '4711'), 'cloud: two', /:15:7 clouds\.two\.auth\.password must be text/],
  [
    'plain http',
    changed('https://keystone.example.com/i', 'http://keystone.example.com/i'),
    'cloud: two',
    /:13:7.*https/,
  ],
  [
    'a doubtful verify',
    changed('verify: false', 'verify: "no"'),
    'cloud: two',
    /:19:5 clouds\.two\.verify must be true/,
  ],
  ['no CA', changed('verify: false', 'cacert: /nowhere.pem'), 'cloud: two', /:19:5 clouds\.two\.cacert names a file/],
  ['no YAML', 'clouds: [', 'cloud: two', /clouds\.yaml:\d+:\d+ is not valid YAML/],
])('%s is refused with file and line, and without a value', (_what, clouds, project, problem) => {
  if (clouds !== undefined) write('clouds.yaml', clouds);
  let message = '';
  try {
    configure(project);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(problem);
  expect(message).not.toContain(PASSWORD);
});

test('a file that is named and not there is a problem, not a reason to log in elsewhere', () => {
  write('clouds.yaml', CLOUDS);
  expect(() => configure('cloud: two', { OS_CLIENT_CONFIG_FILE: 'gone.yaml' })).toThrow(/gone\.yaml cannot be read/);
});

test('a project by clouds.yaml logs in and is looked at like any other', async () => {
  const lab = await startNeutronLab();
  try {
    const { password } = seedCloud(lab);
    write(
      'clouds.yaml',
      `clouds: { lab: { auth: { auth_url: "${lab.authUrl}", username: operator, project_name: lab, user_domain_id: default } } }`,
    );
    write('secure.yaml', `clouds: { lab: { auth: { password: ${password} } } }`);
    const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const directory = createDeviceDirectory(configure('cloud: lab'), {
      panelLogin: none,
      hostKeys: { list: none, add: none },
      hypervisor: () => undefined,
      vlanNameTemplate: 'VLAN.{id}',
      vlanAllowlist: [],
      securityGroups: new Map(),
      logOf: () => ({ info: () => undefined, warn: () => undefined }),
    });
    const { lines, healthy } = await directory.inspect(deviceId('neutron', 'a'), new AbortController().signal);
    expect(healthy).toBe(true);
    expect(lines.join('\n')).not.toContain(password);
  } finally {
    await lab.close();
  }
});

test('only an operator who says so talks to a cloud whose certificate nobody signed', async () => {
  const { key, cert } = makeIdentity({ names: ['127.0.0.1'] });
  const server = createServer({ key, cert }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const ask = async (insecure: boolean): Promise<number> => {
    const http = new CloudHttp({ timeoutMs: 5_000, insecure });
    try {
      return (await http.send({ method: 'GET', url, signal: new AbortController().signal })).status;
    } finally {
      http.close();
    }
  };
  await expect(ask(false)).rejects.toMatchObject({ code: 'device-unreachable' });
  expect(await ask(true)).toBe(200);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
