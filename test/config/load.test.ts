import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { PortwardenError } from '../../src/domain/errors';
import { loadConfiguration, parseConfiguration, type Configuration, type Role } from '../../src/config';
import { switchSettings } from '../../src/devices/junos/configuration';
import { Secret } from '../../src/primitives/secret';
import { temporalConnectionOptions } from '../../src/temporal/connection';
import { configurationJsonSchema } from '../../src/config/problems';

const ENV = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789',
  TENANTOS_API_KEY: 'panel-key-0123456789',
};
const PANEL = 'panel: { url: https://panel.example.com }\n';

/** Self-signed; its key was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIURfDqT37bocXrgWPEXFLc0RLNvq8wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIwNTAxMzJaGA8yMTI2MTAyOTA1MDEz
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHuf
mrL/jz36cGd8HP/7E9gBljtSwgQDveOQaobIcAvVov9ZovXkcEY3VxFnxCeH0gYV
ux9P1mMCudccNCYGLkijUzBRMB0GA1UdDgQWBBR05FoJGW45U5afnvVwW9W7R+ix
ZDAfBgNVHSMEGDAWgBR05FoJGW45U5afnvVwW9W7R+ixZDAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIEpvpo4EfruG5hTVklNoYINntBMIF8G0i45I
67HJ4RavAiEA/aXD5e4SYj+X9YpdzQf+2Ki1Di9MvOQCi617Ad9RR0I=
-----END CERTIFICATE-----
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portwarden-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function parse(text: string, options: { env?: NodeJS.ProcessEnv; role?: Role } = {}): Configuration {
  return parseConfiguration(text, {
    file: join(folder, 'portwarden.yaml'),
    cwd: folder,
    env: options.env ?? ENV,
    role: options.role ?? 'all',
  });
}

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    expect(error.code).toBe('invalid-configuration');
    const listed = error.details['problems'];
    if (!Array.isArray(listed)) throw new Error('no problems listed');
    for (const problem of listed as string[]) expect(error.message).toContain(problem);
    return listed as string[];
  }
  throw new Error('the configuration was accepted');
}

test('the installation of the store and accepted losses are ids', () => {
  const [id, other] = ['3f2a51c0-7d5e-4a8e-9b1c-2f60a4d1e7b3', '01a20ed1-231d-7ef0-ad3f-250b3565db2a'];
  const { store } = parse(`${PANEL}store: { installation: ${id} }\n`, {
    env: { ...ENV, PORTWARDEN_ACCEPT_LOSS: `${other}, ${id}` },
  });
  expect(store).toMatchObject({ installation: id, acceptedLosses: [other, id] });
  expect(problems(() => parse(`${PANEL}store: { installation: mine }\n`))).toEqual([
    expect.stringContaining('must be the id that the log line of the first start names'),
  ]);
});

test('the smallest configuration takes every documented default', () => {
  const configuration = parse(PANEL);
  expect(configuration.api).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    eventsPerMinute: 6000,
    readsPerMinute: 6000,
    strangersPerMinute: 600,
    maxConnections: 1000,
    bodyLimitBytes: 65_536,
  });
  expect(configuration.panel).toMatchObject({
    url: 'https://panel.example.com',
    timeoutMs: 15_000,
    concurrency: 8,
    maxAnswerBytes: 134_217_728,
    expandSubnetsFrom: 29,
  });
  expect(configuration.proxmox.clusters).toEqual([]);
  expect(configuration.vlans).toEqual({ allowlist: [], nameTemplate: 'VLAN.{id}', map: [] });
  expect([...configuration.sites]).toEqual([]);
  expect(configuration.guards).toEqual({
    maxRemovedBindings: 10,
    maxRemovedShare: 0.5,
    maxBindingsPerPort: 4_000,
    maxChangesPerCommit: 1_000,
    maxChangesPerHour: 2_000,
    brake: { ports: 10, bindings: 50, withinMinutes: 60 },
    devices: new Map(),
    reviewMs: 900_000,
  });
  expect(configuration.policies).toEqual({ widestRanges: { ipv4: 24, ipv6: 64 } });
  expect(configuration.retries).toEqual({
    deviceBackoff: { initialMs: 15_000, maximumMs: 900_000, giveUpAfterMs: 86_400_000 },
    probeMs: 5_000,
    waitForOutcomeMs: 1_800_000,
    batchPorts: 250,
    batchBindings: 2000,
  });
  expect(configuration.temporal).toEqual({ namespace: 'default', taskQueue: 'portwarden', port: 7233, uiPort: 8233 });
  expect(configuration.store).toEqual({ directory: join(folder, 'data'), acceptedLosses: [] });
  expect(configuration.metrics).toEqual({ access: 'token', workerHost: '127.0.0.1' });
  expect(configuration.warnings).toEqual([]);
  expect(switchSettings(configuration, 7)).toEqual({
    switchId: 7,
    additionalAddresses: 'same-mac',
    dialect: 'auto',
    unit: 0,
    confirmedCommit: 'first-change-and-large',
    largeChangeBindings: 50,
    confirmTimeoutMinutes: 10,
    elsGroup: 'portwarden',
    history: { maxCommits: 50, timeoutMs: 45_000 },
    policies: { off: 'trusted', maxAddresses: 16, securityGroups: 'refuse', maxFilterTerms: 128 },
    trustOnFirstUse: false,
    verifyHostKey: true,
    pipelining: true,
    compression: true,
    timeouts: { connect: 30_000, ordinary: 60_000, load: 120_000, commit: 300_000 },
    algorithms: { kex: [], serverHostKey: [], cipher: [], hmac: [] },
    hostKeys: [],
  });
});

test('how wide a range a policy may say, within bounds', () => {
  expect(parse(`${PANEL}policies: { widestRange: { ipv4: 20 } }\n`).policies).toEqual({
    widestRanges: { ipv4: 20, ipv6: 64 },
  });
  expect(problems(() => parse(`${PANEL}policies:\n  widestRange:\n    ipv4: 0\n    ipv6: /48\n`))).toEqual([
    'portwarden.yaml:4:5 policies.widestRange.ipv4 must be a whole number from 8 to 32',
    'portwarden.yaml:5:5 policies.widestRange.ipv6 must be a whole number from 32 to 128',
  ]);
});

test('values become domain types: ranges longest first, allowlist, uplinks, fingerprints', () => {
  const configuration = parse(
    `${PANEL}vlans:
  allowlist: ' 200, 13 ,100,13'
  map: { 10.0.0.0/8: 100, 10.0.48.0/24: 13, 2001:db8:0::/48: 200 }
proxmox:
  clusters:
    - name: c1
      panelProviderId: 1
      hosts: [https://pve1.example.com:8006/]
      tokenEnv: C1_TOKEN
      fingerprints: ['sha256:${'ab:'.repeat(31)}ab']
      nativeVlan: 1
      uplinks: { pve1: { switch: 2, port: ae0 } }
`,
    { env: { ...ENV, C1_TOKEN: 'portwarden@pve!ro=00000000-0000-0000-0000-000000000000' } },
  );
  expect(configuration.vlans.allowlist).toEqual([13, 100, 200]);
  expect(configuration.vlans.map).toEqual([
    { range: '2001:db8::/48', vlan: 200 },
    { range: '10.0.48.0/24', vlan: 13 },
    { range: '10.0.0.0/8', vlan: 100 },
  ]);
  const [cluster] = configuration.proxmox.clusters;
  expect(cluster?.hosts).toEqual(['https://pve1.example.com:8006']);
  expect(cluster?.fingerprints).toEqual([`${'AB:'.repeat(31)}AB`]);
  expect(cluster?.uplinks.get('pve1')).toMatchObject([{ ports: [{ switchId: 2, port: 'ae0' }] }]);
  expect(cluster?.token.reveal()).toContain('portwarden@pve!ro=');
});

test('a switch override wins, and what it leaves out is the default', () => {
  const configuration = parse(
    `${PANEL}switches:
  defaults: { unit: 5, timeouts: { commitSeconds: 400 }, algorithms: { cipher: [aes128-cbc] } }
  overrides:
    '1': { host: 192.0.2.11, port: 22, userName: robot, passwordEnv: SW1, dialect: secure-access-port, timeouts: { rpcSeconds: 90 }, algorithms: { cipher: [] }, hostKeys: ['SHA256:${'A'.repeat(43)}='] }
`,
    { env: { ...ENV, SW1: 'switch-password' } },
  );
  const one = switchSettings(configuration, 1);
  expect(one).toMatchObject({
    switchId: 1,
    host: '192.0.2.11',
    port: 22,
    userName: 'robot',
    unit: 5,
    dialect: 'secure-access-port',
    hostKeys: [`SHA256:${'A'.repeat(43)}`],
    timeouts: { connect: 30_000, ordinary: 90_000, load: 120_000, commit: 400_000 },
  });
  expect(one.algorithms.cipher).toEqual([]);
  expect(one.password?.reveal()).toBe('switch-password');
  expect(switchSettings(configuration, 2)).toMatchObject({ unit: 5, algorithms: { cipher: ['aes128-cbc'] } });
});

test('every problem is listed at once, with file, line, column, option and rule', () => {
  const text = [
    'api:',
    '  port: 99999',
    '  hots: 127.0.0.1',
    'panel:',
    '  url: http://panel.example.com',
    '  password: hunter2hunter2',
    'proxmox:',
    '  clusters:',
    '    - name: c1',
    '      hosts: []',
    '      panelProviderId: 1',
    '      tokenEnv: C1_TOKEN',
    'vlans:',
    '  allowlist: 13,4095',
    '  map:',
    '    10.0.48.0/24: thirteen',
    'switches:',
    '  defaults: { dialect: els }',
    '',
  ].join('\n');
  const found = problems(() => parse(text, { env: {} }));
  expect(found).toEqual(
    expect.arrayContaining([
      'portwarden.yaml:2:3 api.port must be a whole number from 0 to 65535',
      'portwarden.yaml:3:3 api.hots is not an option; did you mean host?',
      'portwarden.yaml:5:3 panel.url must be an https:// URL; http:// is accepted for loopback hosts only',
      'portwarden.yaml:6:3 panel.password is not an option; secrets are not read from this file but from environment variables',
      'portwarden.yaml:10:7 proxmox.clusters[0].hosts must name at least one API host',
      'portwarden.yaml:12:7 proxmox.clusters[0].tokenEnv names the environment variable C1_TOKEN, which is not set',
      'portwarden.yaml:14:3 vlans.allowlist must be a VLAN id from 1 to 4094',
      'portwarden.yaml:16:5 vlans.map["10.0.48.0/24"] must be a whole number from 1 to 4094',
      'portwarden.yaml:18:15 switches.defaults.dialect must be one of auto, secure-access-port, dhcp-security',
      'environment PORT_SECURITY_EVENT_API_BEARER_TOKEN is required: set it, or PORT_SECURITY_EVENT_API_BEARER_TOKEN_FILE',
      'environment TENANTOS_API_KEY is required: set it, or TENANTOS_API_KEY_FILE',
    ]),
  );
  expect(found).toHaveLength(11);
  expect(found.join('\n')).not.toContain('hunter2');
});

test.each([
  ['10.0.48.5/24: 13', 'vlans.map["10.0.48.5/24"] has host bits set; the range is 10.0.48.0/24'],
  ['10.0.48/24: 13', 'vlans.map["10.0.48/24"] must be an address range such as 10.0.48.0/24 or 2001:db8::/64'],
  ['2001:db8::/32: 13, 2001:0db8::/32: 14', 'vlans.map["2001:0db8::/32"] is the range 2001:db8::/32 again'],
])('a wrong range is refused: %s', (entries, rule) => {
  expect(problems(() => parse(`${PANEL}vlans: { map: { ${entries} } }`))).toEqual([expect.stringContaining(rule)]);
});

test('a missing section says what is required', () => {
  expect(problems(() => parse('api: { port: 1 }'))).toEqual(['portwarden.yaml:1:1 panel is required']);
  expect(problems(() => parse(''))).toEqual(['portwarden.yaml:1:1 panel is required']);
  expect(problems(() => parse('panel: {}'))).toEqual(['portwarden.yaml:1:1 panel.url is required']);
});

test('an option without a value counts as absent', () => {
  expect(parse(`${PANEL}vlans:\n  map:\n    # 10.0.48.0/24: 13\nproxmox:\n`).vlans.map).toEqual([]);
});

test('YAML errors name line and column and repeat nothing of the file', () => {
  const found = problems(() => parse('panel:\n  url: "https://hunter2\napi: {\n'));
  expect(found[0]).toMatch(/^portwarden\.yaml:\d+:\d+ is not valid YAML: /);
  expect(found.join('\n')).not.toContain('hunter2');
  expect(problems(() => parse(`${PANEL}${PANEL}`))).toEqual(['portwarden.yaml:2:1 an option is given twice']);
});

test('two clusters cannot share a name or a provider id', () => {
  const cluster = '{ name: c1, panelProviderId: 1, hosts: [https://pve], tokenEnv: C1_TOKEN }';
  const text = `${PANEL}proxmox:\n  clusters:\n    - ${cluster}\n    - ${cluster}\n`;
  expect(problems(() => parse(text, { env: { ...ENV, C1_TOKEN: 'a@pve!b=secret' } }))).toEqual([
    'portwarden.yaml:5:9 proxmox.clusters[1].name is the name of an earlier cluster',
    'portwarden.yaml:5:19 proxmox.clusters[1].panelProviderId is the provider id of an earlier cluster',
  ]);
});

test('a token of the wrong form is refused without showing it', () => {
  const text = `${PANEL}proxmox: { clusters: [{ name: c1, panelProviderId: 1, hosts: [https://pve], tokenEnv: C1_TOKEN }] }`;
  const found = problems(() => parse(text, { env: { ...ENV, C1_TOKEN: 'PVEAPIToken-hunter2' } }));
  expect(found).toEqual([expect.stringContaining('whose value must be USER@REALM!TOKENID=UUID')]);
  expect(found.join('')).not.toContain('hunter2');
});

test('files are read at load: relative to the configuration, with a clear error', () => {
  const text = `${PANEL}switches: { overrides: { '1': { privateKeyFile: keys/none } } }\n`;
  expect(problems(() => parse(text))).toEqual([
    `portwarden.yaml:2:33 switches.overrides.1.privateKeyFile names a file that cannot be read (ENOENT): ${join(folder, 'keys/none')}`,
  ]);
  writeFileSync(join(folder, 'not-a-key'), 'hello');
  expect(problems(() => parse(text.replace('keys/none', 'not-a-key')))).toEqual([
    expect.stringContaining('holds no usable SSH private key'),
  ]);
  expect(problems(() => parse('panel: { url: https://panel, ca: not-a-key }'))).toEqual([
    expect.stringContaining('panel.ca names a file that holds no PEM certificate'),
  ]);
});

test('TLS to Temporal needs an address, and certificate and key together', () => {
  expect(problems(() => parse(`${PANEL}temporal: { tls: {} }`))).toEqual([
    expect.stringContaining('temporal.tls needs temporal.address'),
  ]);
  writeFileSync(join(folder, 'client.pem'), CERTIFICATE);
  expect(
    problems(() => parse(`${PANEL}temporal: { address: 'temporal:7233', tls: { certificateFile: client.pem } }`)),
  ).toEqual([expect.stringContaining('temporal.tls needs certificateFile and keyFile together')]);
  const env = { ...ENV, TEMPORAL_API_KEY: 'cloud-key' };
  const { temporal } = parse(
    `${PANEL}temporal: { address: 'temporal:7233', tls: { ca: client.pem, serverName: temporal.example.com } }`,
    { env },
  );
  const options = temporalConnectionOptions(temporal);
  expect(options).toMatchObject({
    address: 'temporal:7233',
    apiKey: 'cloud-key',
    tls: { serverNameOverride: 'temporal.example.com' },
  });
  expect(options.tls?.serverRootCACertificate?.toString()).toBe(CERTIFICATE);
  expect(temporalConnectionOptions(parse(PANEL, { env }).temporal)).toEqual({ address: '127.0.0.1:7233' });
});

describe('roles', () => {
  test('the API needs the bearer token only, and a Temporal server', () => {
    const env = { PORT_SECURITY_EVENT_API_BEARER_TOKEN: ENV.PORT_SECURITY_EVENT_API_BEARER_TOKEN };
    const text = `${PANEL}proxmox: { clusters: [{ name: c1, panelProviderId: 1, hosts: [https://pve], tokenEnv: C1_TOKEN, ca: none.pem }] }`;
    expect(problems(() => parse(text, { env, role: 'api' }))).toEqual([
      expect.stringContaining('temporal.address is required (or the variable TEMPORAL_ADDRESS)'),
    ]);
    const configuration = parse(text, { env: { ...env, TEMPORAL_ADDRESS: 'temporal:7233' }, role: 'api' });
    expect(configuration.temporal.address).toBe('temporal:7233');
    expect(configuration.panel.apiKey.present).toBe(false);
    expect(() => configuration.panel.apiKey.reveal()).toThrow('TENANTOS_API_KEY is not set');
  });

  test('the worker needs the panel key and a Temporal server, and is warned to be alone on the embedded store', () => {
    const env = { TENANTOS_API_KEY: 'key', TEMPORAL_ADDRESS: '[::1]:7233' };
    expect(problems(() => parse(PANEL, { env: {}, role: 'worker' }))).toHaveLength(2);
    expect(parse(PANEL, { env, role: 'worker' }).warnings).toEqual([
      expect.stringContaining('DATABASE_URL is not set'),
    ]);
    const shared = parse(PANEL, { env: { ...env, DATABASE_URL: 'postgresql://u:p@db/portwarden' }, role: 'worker' });
    expect(shared.warnings).toEqual([]);
    expect(shared.store.databaseUrl?.reveal()).toBe('postgresql://u:p@db/portwarden');
  });

  test("the doctor needs the panel key and the switches' secrets, but no Temporal server", () => {
    expect(problems(() => parse(PANEL, { env: {}, role: 'doctor' }))).toEqual([
      expect.stringContaining('TENANTOS_API_KEY is required'),
    ]);
    expect(parse(PANEL, { env: { TENANTOS_API_KEY: 'key' }, role: 'doctor' }).panel.apiKey.reveal()).toBe('key');
  });

  test('a client needs no secret', () => {
    expect(parse(PANEL, { env: {}, role: 'client' }).api.bearerToken.present).toBe(false);
  });
});

test.each([
  ['PORT_SECURITY_EVENT_API_BEARER_TOKEN', 'short', 'must have at least 16 printable ASCII characters and no spaces'],
  ['PORT_SECURITY_EVENT_API_BEARER_TOKEN', 'with a space in the middle', 'must have at least 16'],
  ['TENANTOS_API_KEY', 'kéy', 'must be printable ASCII without spaces'],
  ['DATABASE_URL', 'mysql://hunter2@db', 'must be a URL such as postgresql://'],
  ['TEMPORAL_ADDRESS', 'https://temporal', 'must be host:port'],
])('the variable %s is checked', (name, value, rule) => {
  const found = problems(() => parse(PANEL, { env: { ...ENV, [name]: value } }));
  expect(found).toEqual([expect.stringContaining(`environment ${name} ${rule}`)]);
  expect(found.join('')).not.toContain(value);
});

test('a secret may come from a file', () => {
  writeFileSync(join(folder, 'key'), 'from-a-file\n');
  const env = { ...ENV, TENANTOS_API_KEY: '', TENANTOS_API_KEY_FILE: 'key' };
  expect(parse(PANEL, { env }).panel.apiKey.reveal()).toBe('from-a-file');
  expect(problems(() => parse(PANEL, { env: { ...env, TENANTOS_API_KEY_FILE: 'gone' } }))).toEqual([
    'environment TENANTOS_API_KEY_FILE names a file that cannot be read (ENOENT)',
  ]);
});

test('risky settings are accepted with a warning each', () => {
  const { warnings } = parse(
    `${PANEL}vlans: { allowlist: '100', map: { 10.0.48.0/24: 13 } }
proxmox: { clusters: [{ name: c1, panelProviderId: 1, hosts: [https://pve], tokenEnv: C1_TOKEN }] }
switches:
  defaults: { trustOnFirstUse: true }
  overrides:
    '1': { verifyHostKey: false }
    '2': { algorithms: { kex: [diffie-hellman-group1-sha1] }, hostKeys: ['SHA256:${'A'.repeat(43)}'] }
    '3': {}
`,
    { env: { ...ENV, C1_TOKEN: 'a@pve!b=secret' } },
  );
  expect(warnings).toEqual([
    expect.stringContaining('proxmox.clusters[0] (c1) has neither ca nor fingerprints'),
    expect.stringContaining('vlans.map puts 10.0.48.0/24 into VLAN 13'),
    expect.stringContaining('switches.defaults: trustOnFirstUse'),
    expect.stringContaining('switches.overrides.1: verifyHostKey is false'),
    expect.stringContaining('switches.overrides.2: legacy SSH algorithms are allowed: diffie-hellman-group1-sha1'),
  ]);
});

test('the file is found by PORTWARDEN_CONFIG, else in the working folder', () => {
  expect(problems(() => loadConfiguration({ cwd: folder, env: ENV }))).toEqual([
    expect.stringContaining('portwarden.yaml is not there: copy portwarden.example.yaml'),
  ]);
  writeFileSync(join(folder, 'portwarden.yaml'), PANEL);
  writeFileSync(join(folder, 'other.yaml'), 'panel: { url: https://other }');
  expect(loadConfiguration({ cwd: folder, env: ENV }).panel.url).toBe('https://panel.example.com');
  expect(loadConfiguration({ cwd: folder, env: { ...ENV, PORTWARDEN_CONFIG: 'other.yaml' } }).panel.url).toBe(
    'https://other',
  );
  expect(problems(() => loadConfiguration({ cwd: folder, env: { ...ENV, PORTWARDEN_CONFIG: 'gone.yaml' } }))).toEqual([
    'gone.yaml cannot be read (ENOENT)',
  ]);
});

test('a secret shows its value to nobody who does not ask for it', () => {
  const secret = new Secret('hunter2', 'SOME_VARIABLE');
  const configuration = parse(PANEL, { env: { ...ENV, DATABASE_URL: 'postgresql://u:hunter2@db/x' } });
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    JSON.stringify(configuration),
    inspect(configuration, { depth: 9 }),
  ].join('\n');
  expect(shown).not.toContain('hunter2');
  expect(shown).not.toContain(ENV.TENANTOS_API_KEY);
  expect(shown).toContain('[secret]');
  expect(secret.reveal()).toBe('hunter2');
});

test('the example file is accepted as it stands and mentions every section', () => {
  const text = readFileSync(join(__dirname, '../../portwarden.example.yaml'), 'utf8');
  const sections = [
    'alarms',
    'api',
    'panel',
    'proxmox',
    'vlans',
    'switches',
    'openstack',
    'policies',
    'securityGroups',
    'proxmoxFirewall',
    'guards',
    'reconcile',
    'retries',
    'temporal',
    'store',
    'backups',
    'journal',
    'logging',
    'metrics',
    'sites',
    'changeWindows',
    'notifications',
  ];
  expect(Object.keys(jsonSchemaProperties()).sort()).toEqual([...sections].sort());
  for (const section of sections) expect(text).toMatch(new RegExp(`^(# )?${section}:`, 'm'));
  const env = {
    ...ENV,
    CLOUD1_SECRET: 'shown-nowhere',
    PROXMOX_CLUSTER1_TOKEN: 'portwarden@pve!ro=00000000-0000-0000-0000-000000000000',
  };
  const withoutCa = text.replace(/^ +ca: .*\n/m, '');
  expect(withoutCa).not.toBe(text);
  expect(parse(withoutCa, { env }).proxmox.clusters[0]?.uplinks.size).toBe(1);
  const withCloud = withoutCa.replace(/^# openstack:[^]*?\n\n/m, (section) => section.replace(/^# ?/gm, ''));
  expect(parse(withCloud, { env }).openstack.projects.map(({ name }) => name)).toEqual(['cloud1.web']);
  expect(problems(() => parse(text, { env }))).toEqual([
    expect.stringContaining('proxmox.clusters[0].ca names a file that cannot be read'),
  ]);
});

function jsonSchemaProperties(): object {
  return configurationJsonSchema().properties ?? {};
}

test('a worker whose figures nobody could read is refused', () => {
  const env = {
    TENANTOS_API_KEY: 'panel-key-0123456789',
    TEMPORAL_ADDRESS: 'temporal:7233',
    DATABASE_URL: 'postgresql://localhost/portwarden',
  };
  const worker = (metrics: string, more: NodeJS.ProcessEnv = {}) =>
    parse(`${PANEL}metrics: ${metrics}\n`, { role: 'worker', env: { ...env, ...more } });
  expect(problems(() => worker('{ workerPort: 9464 }'))).toEqual([
    expect.stringContaining('PORT_SECURITY_EVENT_API_BEARER_TOKEN'),
  ]);
  expect(
    worker('{ workerPort: 9464 }', { PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'webhook-token-0123456789' }).metrics.access,
  ).toBe('token');
  expect(worker('{ workerPort: 9464, access: loopback }').metrics.workerPort).toBe(9464);
  expect(worker('{}').metrics.workerPort).toBeUndefined();
});

describe('security groups for switch ports', () => {
  const group = (rules: string): string => `${PANEL}securityGroups:\n  web:\n    rules:\n${rules}`;

  test('become rules in domain types', () => {
    const configuration = parse(
      group(`      - { direction: ingress, protocol: tcp, ports: 80-443, remote: 10.0.0.7/8 }
      - { direction: egress, protocol: udp, ports: 53, family: ipv4 }
      - { direction: ingress, protocol: any, remoteGroup: web }
`),
    );
    expect(configuration.securityGroups.get('web')).toEqual([
      {
        direction: 'ingress',
        protocol: 'tcp',
        ports: { from: 80, to: 443 },
        remote: { kind: 'range', range: '10.0.0.0/8' },
      },
      { direction: 'egress', protocol: 'udp', ports: { from: 53, to: 53 }, family: 4 },
      { direction: 'ingress', protocol: 'any', remote: { kind: 'group', group: 'web' } },
    ]);
  });

  test.each([
    ['ports without TCP or UDP', '{ direction: ingress, protocol: icmp, ports: 22 }', 'has no ports'],
    ['a port that is none', '{ direction: ingress, protocol: tcp, ports: 0-22 }', 'must be a port from 1 to 65535'],
    ['two remotes', '{ direction: ingress, protocol: tcp, remote: 10.0.0.1, remoteGroup: web }', 'one of the two'],
    ['a group that is not there', '{ direction: ingress, protocol: tcp, remoteGroup: db }', 'not defined here'],
    [
      'the wrong family',
      '{ direction: ingress, protocol: tcp, remote: 10.0.0.1, family: ipv6 }',
      'family of the remote',
    ],
  ])('%s is refused with its line', (_what, rule, words) => {
    expect(problems(() => parse(group(`      - ${rule}\n`)))).toEqual([expect.stringContaining(words)]);
  });
});
