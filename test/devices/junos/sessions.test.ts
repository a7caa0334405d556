import type { NetconfSession, SessionOptions } from '../../../src/clients/netconf/session';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import { PortwardenError } from '../../../src/domain/errors';
import { deviceId, type DeviceId } from '../../../src/domain/values/device';
import type { SwitchSettings } from '../../../src/devices/junos/configuration';
import { Secret } from '../../../src/primitives/secret';
import { createLogger } from '../../../src/telemetry/log';
import { createSwitchSessions } from '../../../src/devices/junos/sessions';
import type { HostKeys, PanelLoginParts } from '../../../src/devices/driver';

const PANEL: PanelLoginParts = {
  name: 'access-sw1',
  host: '192.0.2.1',
  port: 22,
  username: 'robot',
  password: 'panel-password',
  vendor: 'juniperSsh',
};
const SETTINGS: SwitchSettings = {
  switchId: 1,
  dialect: 'auto',
  unit: 0,
  confirmedCommit: 'never',
  largeChangeBindings: 50,
  confirmTimeoutMinutes: 10,
  elsGroup: 'portwarden',
  additionalAddresses: 'same-mac',
  history: DEFAULT_JUNOS_SETTINGS.history,
  policies: DEFAULT_JUNOS_SETTINGS.policies,
  trustOnFirstUse: false,
  verifyHostKey: true,
  pipelining: true,
  compression: true,
  timeouts: { connect: 1, ordinary: 2, load: 3, commit: 4 },
  algorithms: { kex: [], serverHostKey: [], cipher: ['aes128-cbc'], hmac: [] },
  hostKeys: [],
};

class MemoryHostKeys implements HostKeys {
  readonly keys: string[] = [];
  failing = false;
  list(): Promise<readonly string[]> {
    return Promise.resolve([...this.keys]);
  }
  add(device: DeviceId, fingerprint: string): Promise<void> {
    if (this.failing) return Promise.reject(new PortwardenError('store-unavailable', 'no store'));
    expect(device).toBe('junos:1');
    this.keys.push(fingerprint);
    return Promise.resolve();
  }
}

/** Behaves as openSession does towards host keys: pinned ones are accepted, for others it asks. */
async function open(
  settings: Partial<SwitchSettings>,
  presented: string,
  options: {
    panel?: PanelLoginParts;
    hostKeys?: MemoryHostKeys;
    loginFails?: boolean;
    loginMethods?: Map<DeviceId, readonly string[]>;
  } = {},
) {
  let used: SessionOptions | undefined;
  let destroyed = false;
  const facts = {
    hostKey: 'SHA256:a',
    algorithms: { kex: 'curve25519-sha256' },
    transport: 'subsystem',
    framing: 'end-of-message',
    loginMethods: ['publickey', 'password'],
  };
  const session = { facts, destroy: () => (destroyed = true) } as unknown as NetconfSession;
  const access = createSwitchSessions({
    device: deviceId('junos', 1),
    settings: { ...SETTINGS, ...settings },
    panelLogin: () => Promise.resolve(options.panel ?? PANEL),
    hostKeys: options.hostKeys ?? new MemoryHostKeys(),
    log: createLogger({ level: 'silent' }),
    loginMethods: options.loginMethods ?? new Map<DeviceId, readonly string[]>(),
    openSession: (given) => {
      used = given;
      const accepted = given.hostKeys.includes(presented) || given.acceptUnknownHostKey?.(presented) === true;
      if (!accepted) return Promise.reject(new PortwardenError('device-host-key', presented));
      if (options.loginFails === true) return Promise.reject(new PortwardenError('device-authentication', 'refused'));
      return Promise.resolve(session);
    },
  });
  const result = access.session(AbortSignal.timeout(10_000)).then((given) => access.open(given));
  const error: unknown = await result.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { used, error, destroyed: () => destroyed };
}

test("the panel's login is used as it is", async () => {
  const { used, error } = await open({ hostKeys: ['SHA256:a'] }, 'SHA256:a');
  expect(error).toBeUndefined();
  expect(used).toMatchObject({
    host: '192.0.2.1',
    port: 22,
    username: 'robot',
    password: 'panel-password',
    timeouts: SETTINGS.timeouts,
    algorithms: SETTINGS.algorithms,
  });
});

test("the configuration's login wins, and a configured key keeps the panel's password from being sent", async () => {
  const settings = {
    host: '192.0.2.9',
    port: 2222,
    userName: 'other',
    privateKey: new Secret('KEY', 'file'),
    passphrase: new Secret('words', 'X'),
    hostKeys: ['SHA256:a'],
  };
  const { used } = await open(settings, 'SHA256:a');
  expect(used).toMatchObject({
    host: '192.0.2.9',
    port: 2222,
    username: 'other',
    privateKey: 'KEY',
    passphrase: 'words',
  });
  expect(used).not.toHaveProperty('password');
  expect((await open({ password: new Secret('own', 'X'), hostKeys: ['SHA256:a'] }, 'SHA256:a')).used?.password).toBe(
    'own',
  );
});

test("without a port anywhere it is NETCONF's", async () => {
  const panel: PanelLoginParts = { host: '192.0.2.1', username: 'robot', password: 'panel-password' };
  expect((await open({ hostKeys: ['SHA256:a'] }, 'SHA256:a', { panel })).used?.port).toBe(830);
});

test('what is missing is named, without what is there', async () => {
  const { error } = await open({}, 'SHA256:a', { panel: { name: 'sw', password: 'panel-password' } });
  expect(error).toMatchObject({ code: 'device-not-configured', message: 'Switch 1 (sw) has no address, no user name' });
});

test("another vendor's switch is refused, unless the configuration says where the switch is", async () => {
  const panel = { ...PANEL, vendor: 'ciscoSsh' };
  expect((await open({}, 'SHA256:a', { panel })).error).toMatchObject({ code: 'device-not-configured' });
  expect((await open({ host: '192.0.2.1', hostKeys: ['SHA256:a'] }, 'SHA256:a', { panel })).error).toBeUndefined();
});

describe('host keys', () => {
  test('an unknown key is refused by default', async () => {
    expect((await open({}, 'SHA256:a')).error).toMatchObject({ code: 'device-host-key' });
    expect((await open({ hostKeys: ['SHA256:b'], trustOnFirstUse: true }, 'SHA256:a')).error).toMatchObject({
      code: 'device-host-key',
    });
  });

  test('trust on first use stores the first key and refuses every other one from then on', async () => {
    const hostKeys = new MemoryHostKeys();
    expect((await open({ trustOnFirstUse: true }, 'SHA256:a', { hostKeys })).error).toBeUndefined();
    expect(hostKeys.keys).toEqual(['SHA256:a']);
    expect((await open({ trustOnFirstUse: true }, 'SHA256:a', { hostKeys })).error).toBeUndefined();
    expect((await open({ trustOnFirstUse: true }, 'SHA256:b', { hostKeys })).error).toMatchObject({
      code: 'device-host-key',
    });
    expect(hostKeys.keys).toEqual(['SHA256:a']);
  });

  test('a key is not stored when the login over it failed', async () => {
    const hostKeys = new MemoryHostKeys();
    expect((await open({ trustOnFirstUse: true }, 'SHA256:a', { hostKeys, loginFails: true })).error).toMatchObject({
      code: 'device-authentication',
    });
    expect(hostKeys.keys).toEqual([]);
  });

  test('a session whose key could not be stored is not used', async () => {
    const hostKeys = new MemoryHostKeys();
    hostKeys.failing = true;
    const { error, destroyed } = await open({ trustOnFirstUse: true }, 'SHA256:a', { hostKeys });
    expect(error).toMatchObject({ code: 'store-unavailable' });
    expect(destroyed()).toBe(true);
  });

  test('a stored key does not count once trust on first use is switched off', async () => {
    const hostKeys = new MemoryHostKeys();
    hostKeys.keys.push('SHA256:a');
    expect((await open({}, 'SHA256:a', { hostKeys })).error).toMatchObject({ code: 'device-host-key' });
  });

  test('verification can be switched off', async () => {
    const { error, used } = await open({ verifyHostKey: false, hostKeys: ['SHA256:b'] }, 'SHA256:a');
    expect(error).toBeUndefined();
    expect(used?.hostKeys).toEqual([]);
  });
});

test('the login methods of a switch are asked for once', async () => {
  const loginMethods = new Map<DeviceId, readonly string[]>();
  const first = await open({ hostKeys: ['SHA256:a'] }, 'SHA256:a', { loginMethods });
  const second = await open({ hostKeys: ['SHA256:a'] }, 'SHA256:a', { loginMethods });
  expect([first.used?.loginMethods, second.used?.loginMethods]).toEqual([[], ['publickey', 'password']]);
});
