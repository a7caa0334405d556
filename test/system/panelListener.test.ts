import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { seedScenario } from '../../lab/scenarios/seed';
import { phpMissing, PhpPanel } from '../../lab/tenantos/phpPanel';
import { LAB_SECRETS } from '../../lab/world';
import { ATTRIBUTE } from '../../src/protocol/names';
import { pickPort } from '../../src/temporal/embedded/ports';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

const missing = phpMissing() ?? temporalUnavailable();
if (missing !== undefined) process.stderr.write(`skipped: the panel's listener and the product: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

suite("the product and the panel's own listener", () => {
  let system: SystemUnderTest;
  let panel: PhpPanel;

  beforeAll(async () => {
    const port = await pickPort({ preferred: 0, exact: false, purpose: 'the API' });
    system = await SystemUnderTest.create(seedScenario, { api: { host: '127.0.0.1', port } });
    await system.start();
    panel = new PhpPanel({
      folder: join(system.site.directory, 'panel'),
      apiUrl: `http://127.0.0.1:${port}`,
      token: LAB_SECRETS.bearerToken,
      variables: { PORTWARDEN_LISTENER_LIMIT_MS: '20000', PORTWARDEN_LISTENER_FIRST_PAUSE_MS: '100' },
    });
  }, 180_000);
  afterAll(async () => {
    panel.close();
    await system.close();
  }, 120_000);

  /** The event workflows that there are, oldest first: action, server. */
  const workflows = async (): Promise<string[]> => {
    const connection = await Connection.connect({ address: system.running.temporalAddress });
    try {
      const found = [];
      for await (const one of new Client({ connection }).workflow.list({ query: 'WorkflowType = "portSecurityEvent"' }))
        found.push(one);
      found.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
      return found.map(({ typedSearchAttributes: attributes }) =>
        [attributes.get(ATTRIBUTE.action), attributes.get(ATTRIBUTE.serverId)].join(' '),
      );
    } finally {
      await connection.close();
    }
  };

  test('an address that the panel assigns is on the switch', async () => {
    await system.world.panel.assign({ serverId: 101, ip: '10.0.48.7' }, { fire: false });
    const delivery = await panel.deliver({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.7' });
    expect((await system.delivered([delivery])).outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/1.0')).toContain('10.0.48.7 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff');
  }, 120_000);

  test('what happens while the product is away is started once when it is back, in order, and done', async () => {
    await system.running.kill9();
    await system.world.panel.remove({ serverId: 101, ip: '10.0.48.7' }, { fire: false });
    await system.world.panel.assign({ serverId: 101, ip: '10.0.48.8' }, { fire: false });
    await panel.fire('ip_removed', 101, ['10.0.48.7']);
    await panel.fire('ip_assigned', 101, ['10.0.48.8']);
    await system.world.panel.deleteServer(102, { fire: false });
    await panel.fire('server_deleted', 102, []);
    expect(await panel.drain('--now', '--seconds', '1')).toMatchObject({ code: 1 });
    await system.start();
    const ends = await Promise.all([0, 1, 2].map(() => panel.drain('--seconds', '45', '--verbose')));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await workflows()).toEqual(['ip_assigned 101', 'ip_removed 101', 'ip_assigned 101', 'server_deleted 102']);
    const ids = ends.flatMap(({ stderr }) => [...stderr.matchAll(/workflow (\S+)/g)].map(([, id]) => id ?? ''));
    expect(ids).toHaveLength(3);
    for (const id of ids) expect((await system.outcome(id)).state).toBe('completed');
    expect((await system.bindings(1, 'ge-0/0/1.0')).map((line) => line.split(' ')[0]).sort()).toEqual([
      '10.0.48.5',
      '10.0.48.6',
      '10.0.48.8',
    ]);
  }, 240_000);
});
