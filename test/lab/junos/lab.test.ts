import { utils } from 'ssh2';
import { runJunosLab } from '../../../lab/junos/main';
import { seedScenario } from '../../../lab/scenarios/seed';
import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

test('the lab command starts a switch and tells how to reach it', async () => {
  const lab = await runJunosLab(['--port', '0', '--profile', 'ex3400-18', '--commit-ms', '0', '--check-ms', '0']);
  try {
    const env = Object.fromEntries(lab.lines.map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
    expect(Object.keys(env)).toEqual(
      expect.arrayContaining([
        'JUNOS_HOST',
        'JUNOS_PORT',
        'JUNOS_USER',
        'JUNOS_PASSWORD',
        'JUNOS_HOSTKEY',
        'JUNOS_PROFILE',
      ]),
    );
    expect(Number(env['JUNOS_PORT'])).toBe(lab.switch.port);
    const c = await RawClient.connect(lab.switch, {
      username: env['JUNOS_USER'] ?? '',
      password: env['JUNOS_PASSWORD'] ?? '',
    });
    expect(await c.rpc('<get-system-information/>')).toContain('<os-version>18.4R3.3</os-version>');
    c.end();
  } finally {
    await lab.close();
  }
});

test('wrong arguments are refused with what would be right', async () => {
  await expect(runJunosLab(['--profile', 'ex9999'])).rejects.toThrow(/unknown profile ex9999[\s\S]*ex3300-12\.3/);
  await expect(runJunosLab(['--commit-ms', 'soon'])).rejects.toThrow('--commit-ms must be a whole number');
});

test("the seed's switches start with exactly their configuration", async () => {
  for (const { profile, configuration } of seedScenario.switches) {
    const sw = await startSwitch({
      profile,
      configuration,
      hostKey: utils.generateKeyPairSync('ecdsa', { bits: 256 }).private,
    });
    expect([...sw.committedSet()].sort()).toEqual([...configuration].sort());
  }
});

test('an initial configuration that is not Junos is refused', async () => {
  await expect(startSwitch({ configuration: ['sett system host-name x'] })).rejects.toThrow(
    'not Junos: syntax error sett',
  );
});
