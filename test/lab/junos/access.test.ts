import { connect } from 'node:net';
import { Client, utils } from 'ssh2';
import type { JunosSwitch } from '../../../lab/junos';
import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

async function command(
  sw: JunosSwitch,
  text: string,
  username = 'portwarden',
  password = 'secret',
): Promise<{ out: string; code: number | undefined }> {
  const client = new Client();
  await new Promise<void>((done, fail) => {
    client.once('ready', done).once('error', fail).connect({ host: sw.host, port: sw.port, username, password });
  });
  return new Promise((done, fail) => {
    client.exec(text, (error, channel) => {
      if (error !== undefined) {
        client.end();
        fail(error);
        return;
      }
      let out = '';
      let code: number | undefined;
      channel.on('data', (data: Buffer) => (out += data.toString()));
      channel.on('exit', (status: number) => (code = status));
      channel.on('close', () => {
        client.end();
        done({ out, code });
      });
    });
  });
}

test('passwords and keys', async () => {
  const pair = utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const sw = await startSwitch({ authorizedKeys: [pair.public] });
  const refusal = 'All configured authentication methods failed';
  await expect(RawClient.connect(sw, { password: 'wrong' })).rejects.toThrow(refusal);
  await expect(RawClient.connect(sw, { username: 'nobody' })).rejects.toThrow(refusal);
  (await RawClient.connect(sw, { extra: { password: '', privateKey: pair.private } })).end();
  await expect(
    RawClient.connect(sw, {
      extra: { password: '', privateKey: utils.generateKeyPairSync('ecdsa', { bits: 256 }).private },
    }),
  ).rejects.toThrow(refusal);
  sw.faults.refuseAuthentication = true;
  await expect(RawClient.connect(sw)).rejects.toThrow(refusal);
});

test('the host key is the one whose fingerprint is told, and stays when given', async () => {
  const hostKey = utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  const [one, two] = [await startSwitch({ hostKey }), await startSwitch({ hostKey })];
  expect(one.hostKeyFingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(two.hostKeyFingerprint).toBe(one.hostKeyFingerprint);
  let seen = '';
  const extra = { hostHash: 'sha256', hostVerifier: (hash: string) => ((seen = hash), true) };
  (await RawClient.connect(one, { extra })).end();
  expect(`SHA256:${Buffer.from(seen, 'hex').toString('base64').replace(/=+$/, '')}`).toBe(one.hostKeyFingerprint);
});

test('legacy algorithms need to be asked for', async () => {
  const sw = await startSwitch({ legacyAlgorithms: true });
  await expect(RawClient.connect(sw)).rejects.toThrow('no matching');
  const extra = {
    algorithms: {
      kex: { append: ['diffie-hellman-group14-sha1'], prepend: [], remove: [] },
      cipher: { append: ['aes128-cbc'], prepend: [], remove: [] },
    },
  } as const;
  (await RawClient.connect(sw, { extra: extra as object })).end();
});

test('without the subsystem, xml-mode on the same account works', async () => {
  const sw = await startSwitch({ refuseSubsystem: true });
  await expect(RawClient.connect(sw)).rejects.toThrow('Unable to start subsystem: netconf');
  const c = await RawClient.connect(sw, { command: 'xml-mode netconf need-trailer' });
  expect(await c.rpc('<get-system-information/>')).toContain('<hardware-model>ex3300-24t</hardware-model>');
  c.end();
});

test('connection limit, rate limit and refused connections close the connection', async () => {
  const sw = await startSwitch({ connectionLimit: 2 });
  const held = [await RawClient.connect(sw), await RawClient.connect(sw)];
  await expect(RawClient.connect(sw)).rejects.toThrow();
  const gone = new Promise((done) => sw.events.once('session-close', done));
  held[0]?.destroy();
  await gone;
  (await RawClient.connect(sw)).end();
  sw.faults.refuseConnections = true;
  await expect(RawClient.connect(sw)).rejects.toThrow();
  const slow = await startSwitch({ rateLimitPerMinute: 1 });
  (await RawClient.connect(slow)).end();
  await expect(RawClient.connect(slow)).rejects.toThrow();
});

test('bytes that are no SSH do no harm', async () => {
  const sw = await startSwitch();
  const socket = connect(sw.port, sw.host);
  socket.on('error', () => undefined).resume();
  socket.end('GET / HTTP/1.0\r\n\r\n');
  await new Promise((done) => socket.once('close', done));
  (await RawClient.connect(sw)).end();
});

test('an independent look at the switch by operational commands', async () => {
  const sw = await startSwitch();
  const shown = await command(
    sw,
    'show configuration ethernet-switching-options secure-access-port interface ge-0/0/2.0',
  );
  expect(shown).toEqual({ out: 'static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2;\n', code: 0 });
  expect((await command(sw, 'show configuration | display set')).out.trim().split('\n')).toEqual(sw.committedSet());
  expect((await command(sw, 'show system commit')).out).toContain('by root via cli');
  expect((await command(sw, 'show system uptime')).out).toMatch(/^Current time: \d{4}-/);
  await expect(command(sw, 'request system reboot')).rejects.toThrow();
});

test('control commands of the lab, for its own account only', async () => {
  const sw = await startSwitch({ controlPassword: 'control' });
  const control = (text: string): Promise<{ out: string; code: number | undefined }> =>
    command(sw, text, 'lab', 'control');
  expect((await control('faults {"commitMs":70,"output":{"prefix":"nc:"},"latencyMs":{"lock":5}}')).code).toBe(0);
  expect(sw.faults).toMatchObject({ commitMs: 70, output: { prefix: 'nc:', comments: false }, latencyMs: { lock: 5 } });
  expect(await control('faults {"nonsense":1}')).toEqual({ out: 'there is no fault nonsense\n', code: 1 });
  await control('faults {"clockSkewMs":-900000,"commitLog":{"comments":false}}');
  expect(sw.faults).toMatchObject({ clockSkewMs: -900_000, commitLog: { comments: false, pendingMark: true } });
  await control('reset');
  expect(sw.faults.output.prefix).toBe('');
  const pid = (await control('edit {"user":"bob","lock":true,"lines":["set vlans VLAN.200 vlan-id 200"]}')).out.trim();
  expect(JSON.parse((await control('status')).out)).toMatchObject({ locked: true, dirty: true, commits: [] });
  expect((await control(`commit ${pid}`)).out).toBe('ok\n');
  await control(`release ${pid}`);
  expect((await control('committed')).out).toContain('VLAN.200');
  const other = (await control('edit {"user":"bob","lines":["set vlans VLAN.201 vlan-id 201"]}')).out.trim();
  await control(`commit-confirmed ${other} 10`);
  await control('advance 11');
  expect((await control('committed')).out).not.toContain('VLAN.201');
  await control('edit {"user":"bob","lines":["set vlans VLAN.202 vlan-id 202"]}').then(({ out }) =>
    control(`commit-at ${out.trim()} reboot`),
  );
  expect(JSON.parse((await control('status')).out)).toMatchObject({ scheduledCommit: 'reboot', pendingConfirm: null });
  expect(await control('advance soon')).toEqual({ out: 'minutes are expected\n', code: 1 });
  await control('clear-commit-at');
  expect(sw.scheduledCommit()).toBeUndefined();
  await expect(command(sw, 'status')).rejects.toThrow();
  await expect(RawClient.connect(sw, { username: 'lab', password: 'control' })).rejects.toThrow();
});
