import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const size = { switches: 1, serversPerSwitch: 4 };
const event = { action: 'ip_assigned', serverId: fleetServerId(size, 0, 0) };

suite("a Temporal server of one's own that goes away", () => {
  let system: SystemUnderTest;
  let temporal: TestTemporal;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portwarden-temporal-'));
    temporal = await startTemporalForTests({ dbFile: join(folder, 'temporal.db') });
    system = await SystemUnderTest.create(fleetScenario(size));
    await system.start({ environment: { TEMPORAL_ADDRESS: temporal.address } });
  }, 180_000);
  afterAll(async () => {
    await system.close();
    await temporal.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  const ready = async (): Promise<number> => (await fetch(`${system.running.apiUrl}/readyz`)).status;

  test('while it is away nothing is accepted, and the listener is told when to come back', async () => {
    expect(await ready()).toBe(200);
    await temporal.kill9();
    const refused = await system.post(event);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await ready()).toBe(503);
    expect((await fetch(`${system.running.apiUrl}/healthz`)).status).toBe(200);
  });

  test('once it is back the same event is accepted and proven', async () => {
    await temporal.restart();
    const deadline = Date.now() + 60_000;
    while ((await ready()) !== 200 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 250));
    const answer = await system.event(event);
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/0.0')).toHaveLength(1);
  });
});
