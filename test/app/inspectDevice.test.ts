import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedScenario } from '../../lab/scenarios/seed';
import { writeSite, type SiteOverrides } from '../../lab/siteConfiguration';
import { startLabWorld, type LabWorld } from '../../lab/world';
import { configuredPort, configuredSwitchDevice, requireDriver } from '../../src/app/deviceKinds';
import { inspectConfiguredDevice } from '../../src/app/inspectDevice';
import { runCli } from '../../src/cli/program';

describe('portwarden doctor switch, on the lab', () => {
  let world: LabWorld;
  let folder: string;
  beforeAll(async () => {
    world = await startLabWorld(seedScenario);
  });
  afterAll(() => world.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portwarden-doctor-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function doctor(
    id: string,
    overrides: SiteOverrides = {},
  ): Promise<{ code: number; out: string; err: string }> {
    const site = writeSite(world, folder, overrides);
    let out = '';
    let err = '';
    const code = await runCli(['doctor', 'switch', id], {
      env: site.environment,
      cwd: folder,
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      requireDriver,
      openCoordinators: () => Promise.reject(new Error('not asked for')),
      panelSwitchDevice: configuredSwitchDevice,
      portOnDevice: configuredPort,
      inspectCluster: () => Promise.reject(new Error('not asked')),
      inspectDevice: inspectConfiguredDevice,
    });
    return { code, out, err };
  }

  function simulated(id: number) {
    const found = world.switches.get(id);
    if (found === undefined) throw new Error(`no switch ${id}`);
    return found;
  }

  test('shows host key, dialect and what is bound, and changes nothing', async () => {
    const before = simulated(1).committedText();
    const { code, out } = await doctor('1');
    expect(code).toBe(0);
    expect(out).toContain(simulated(1).hostKeyFingerprint);
    expect(out).toContain('secure-access-port');
    expect(out).not.toContain('lab-secret-sw1');
    expect(simulated(1).committedText()).toBe(before);
    expect(simulated(1).commits()).toEqual([]);
    expect(simulated(1).isLocked()).toBe(false);
    expect(simulated(1).isCandidateDirty()).toBe(false);
  });

  test('an unknown host key is refused, with the fingerprint to compare', async () => {
    const overrides = { switches: { overrides: { '1': { hostKeys: [`SHA256:${'A'.repeat(43)}`] } } } };
    const { code, err } = await doctor('1', overrides);
    expect(code).toBe(1);
    expect(err).toContain('error device-host-key');
    expect(err).toContain(simulated(1).hostKeyFingerprint);
  });

  test('a refused password exits 1 and names what to do', async () => {
    const overrides = {
      switches: { overrides: { '1': { userName: 'nobody', hostKeys: [simulated(1).hostKeyFingerprint] } } },
    };
    const { code, err } = await doctor('1', overrides);
    expect(code).toBe(1);
    expect(err).toContain('error device-authentication');
    expect(err).not.toContain('lab-secret-sw1');
  });

  test('a switch that the panel does not know is named', async () => {
    expect(await doctor('77')).toMatchObject({
      code: 1,
      err: expect.stringContaining('error device-missing') as string,
    });
  });
});
