import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudScenario } from '../../../lab/scenarios/cloud';
import { writeSite } from '../../../lab/siteConfiguration';
import { startLabWorld } from '../../../lab/world';
import { inspectConfiguredCloud } from '../../../src/app/inspectCloud';
import { loadConfiguration } from '../../../src/config';

test("the lab's cloud is configured by clouds.yaml, and its servers are linked by configuration and by a tag", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-lab-cloud-'));
  const world = await startLabWorld(cloudScenario);
  try {
    const { cloud } = world;
    if (cloud === undefined) throw new Error('the lab has no cloud');
    const site = writeSite(world, folder);
    const configuration = loadConfiguration({ env: site.environment, cwd: folder, role: 'doctor' });
    const { text, healthy } = await inspectConfiguredCloud(configuration, 'lab');
    expect(healthy).toBe(true);
    expect(text).toContain(`server 401  port ${cloud.portId('vm-a')}: the login may change it`);
    expect(text).toMatch(new RegExp(`server 402 {2}port ${cloud.portId('vm-b')}: .*, by its tag`));
    expect(readFileSync(site.configurationFile, 'utf8')).not.toContain('password');
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('OpenStack clients find the versions of Keystone and Neutron without a token', async () => {
  const world = await startLabWorld(cloudScenario);
  try {
    const { authUrl, networkUrl } = world.cloud?.lab ?? { authUrl: '', networkUrl: '' };
    const ask = async (url: string): Promise<unknown> => (await fetch(url)).json();
    expect(await ask(authUrl)).toMatchObject({ version: { id: 'v3.14', links: [{ href: `${authUrl}/` }] } });
    expect(await ask(networkUrl)).toMatchObject({ versions: [{ id: 'v2.0', status: 'CURRENT' }] });
  } finally {
    await world.close();
  }
});
