import './memory/registered';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPasses } from '../../src/activities';
import { configuredPort, configuredSwitchDevice, requireDriver } from '../../src/app/deviceKinds';
import { openPanelAndDevices, portNaming } from '../../src/app/devices';
import { inspectConfiguredDevice } from '../../src/app/inspectDevice';
import { shutdownTimes } from '../../src/app/shutdown';
import { runCli } from '../../src/cli/program';
import { parseConfiguration, type Configuration } from '../../src/config';
import { renderConfigurationDocs } from '../../src/config/docs';
import { DRIVERS } from '../../src/devices/registry';
import { PortwardenError } from '../../src/domain/errors';
import { deviceId } from '../../src/domain/values/device';
import { fakeWorld } from '../activities/fakes/world';
import { errorOf, startApi } from '../api/apiUnderTest';

/*
 * What a kind of device costs: one line in the registry, and nothing else is edited. The line is added before anything
 * that could list kinds is loaded; then every place that has to know the new kind is asked.
 */

const SITE = deviceId('memory', 'site-1');
const env = {
  PORT_SECURITY_EVENT_API_BEARER_TOKEN: 'token-0123456789',
  TENANTOS_API_KEY: 'key-0123456789',
};

const PANEL = 'panel: { url: "https://panel.example.com" }\n';

function configured(section = ''): Configuration {
  return parseConfiguration(`${PANEL}${section}`, { file: 'portwarden.yaml', cwd: '/', env, role: 'all' });
}

const none = (): Promise<never> => Promise.reject(new Error('not asked for'));

test('its section is part of the file: read, with its defaults, and refused with the place when it is wrong', () => {
  expect(configured('gates: { commitSeconds: 900 }')).toMatchObject({ gates: { commitMs: 900_000 } });
  expect(configured()).toMatchObject({ gates: { commitMs: 5_000 } });
  expect(() => configured('gates: { commitSeconds: 0, open: true }')).toThrow(
    /portwarden\.yaml:2:10 gates\.commitSeconds/,
  );
  expect(() => configured('gates: { open: true }')).toThrow(/gates\.open/);
});

test('the page of the configuration has it', () => {
  expect(renderConfigurationDocs()).toMatch(/^## `gates`$[\s\S]*`commitSeconds`/m);
});

test('a shutdown waits for its slowest commit', () => {
  expect(shutdownTimes(configured('gates: { commitSeconds: 900 }')).commit).toBe(900_000);
});

test('a worker has its devices, and runs its pass by its own name', async () => {
  const log = fakeWorld().log;
  const { devices, panel } = openPanelAndDevices(configured(), { list: none, add: none }, log);
  try {
    expect(devices.open(SITE).id).toBe(SITE);
    const passes = createPasses({ ...fakeWorld(), devices });
    expect(Object.keys(passes)).toEqual(['commitToSwitch', 'updateNeutronPorts', 'writeIpFilters', 'writeGates']);
    expect(devices.passActivityOf(SITE)).toBe('writeGates');
    expect(portNaming(devices).panelSwitchOf(SITE)).toBeUndefined();
  } finally {
    panel.close();
  }
});

test('the API takes its ids, and names it where it refuses those of others', async () => {
  const asked: unknown[] = [];
  const looks = {
    explain: none,
    coverage: none,
    previewConfiguration: none,
    compareBackup: none,
    preview: async (input: unknown) => {
      asked.push(input);
      return { summary: 'a preview', devices: [], notes: [] };
    },
  };
  const { api, get } = await startApi({ looks });
  try {
    expect((await get(`/api/preview?device=${SITE}`)).status).toBe(200);
    expect(asked).toEqual([{ subject: { of: 'device', device: SITE }, form: 'difference' }]);
    expect(await errorOf(await get('/api/preview?device=other:1'))).toMatchObject({
      code: 'device-kind-unknown',
      message: expect.stringMatching(/there are: junos.*, memory$/) as string,
    });
  } finally {
    await api.close();
  }
});

test('the command line takes its ids, and the doctor looks at its devices', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-kind-'));
  writeFileSync(join(folder, 'portwarden.yaml'), PANEL);
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    let [out, err] = ['', ''];
    const code = await runCli(args, {
      env,
      cwd: folder,
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      requireDriver,
      panelSwitchDevice: configuredSwitchDevice,
      portOnDevice: configuredPort,
      openCoordinators: none,
      inspectCluster: () => Promise.reject(new Error('not asked')),
      inspectDevice: inspectConfiguredDevice,
    });
    return { code, out, err };
  };
  expect(await run('doctor', 'device', SITE)).toMatchObject({ code: 0, out: `${SITE}\n0 gates\n` });
  expect((await run('device', 'status', SITE)).err).toContain('not asked for');
  const refused = await run('device', 'status', 'other:1');
  expect(refused.code).not.toBe(0);
  expect(refused.err).toMatch(/device-kind-unknown.*memory/s);
  rmSync(folder, { recursive: true });
});

test('a coordinator of it gets its settings, and one of a kind that is nowhere does not', async () => {
  expect(() => {
    requireDriver(SITE);
  }).not.toThrow();
  expect(() => {
    requireDriver(deviceId('other', 1));
  }).toThrow(PortwardenError);
});

test('every kind that users have, has its page, its README and its tests', () => {
  const root = join(__dirname, '..', '..');
  const pageOf = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const files = DRIVERS.map(({ kind }) => kind)
    .filter((kind) => kind !== 'memory')
    .flatMap((kind) => [`docs/${pageOf(kind)}.md`, `src/devices/${kind}/README.md`, `test/devices/${kind}`]);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
