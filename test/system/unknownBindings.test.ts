import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const CLI = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const FOUND_MS = 60_000;

interface JournalRow {
  readonly id: string;
  readonly status: string;
  readonly summary: string;
  readonly removed?: readonly { readonly ip: string }[];
}

const PORT1 = [
  '10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
  '10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
  '10.0.48.7 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
];
/** A router and a virtual address that somebody configured on the port of server 101 before portwarden came. */
const BY_HAND = ['10.0.48.1 vlan VLAN.13 mac 00:00:5e:00:01:01', '10.0.48.250 vlan VLAN.13 mac 02:00:00:00:00:fa'];
const BY_HAND_PORT2 = '10.0.48.251 vlan VLAN.13 mac 02:00:00:00:00:fb';
const bind = (port: string, binding: string): string =>
  `set ethernet-switching-options secure-access-port interface ${port} static-ip ${binding}`;

suite('a switch that was in use before portwarden came', () => {
  let system: SystemUnderTest;

  const configure = (...lines: string[]): void => {
    system.world.switches.get(1)?.editAsOperator(lines, { commit: true }).release();
  };
  const cli = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ...system.site.environment, TEMPORAL_ADDRESS: system.running.temporalAddress };
    return (
      await promisify(execFile)(process.execPath, [CLI, ...args], { cwd: system.site.directory, env, timeout: 60_000 })
    ).stdout;
  };
  const api = async <T>(path: string): Promise<T> =>
    (await (
      await fetch(`${system.running.apiUrl}/api/port-security${path}`, {
        headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
      })
    ).json()) as T;
  const journal = async (port: string): Promise<JournalRow[]> =>
    (await api<{ entries: JournalRow[] }>(`/journal?device=junos:1&port=${port}`)).entries;
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + FOUND_MS; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${FOUND_MS} ms`);
      await new Promise((done) => setTimeout(done, 200));
    }
  };

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario);
    configure(...BY_HAND.map((binding) => bind('ge-0/0/1.0', binding)), bind('ge-0/0/2.0', BY_HAND_PORT2));
    await system.start();
  }, 180_000);
  afterAll(() => system.close(), 60_000);

  test('the first event of a port binds what is new; what nobody knows stays, and the event says what to do about it', async () => {
    const answer = await system.delivered(await system.world.panel.assign({ serverId: 101, ip: '10.0.48.7' }));
    expect(answer.outcome?.status).toBe('applied');
    expect(answer.outcome?.ports[0]?.parked?.remove.map(({ ip }) => ip)).toEqual(['10.0.48.1', '10.0.48.250']);
    expect(answer.outcome?.summary).toMatch(
      /2 of \d bindings are assigned to no server behind the port and stay \(10\.0\.48\.1, 10\.0\.48\.250\)\. .*`portwarden port approve junos:1 ge-0\/0\/1\.0`/,
    );
    expect((await system.bindings(1, 'ge-0/0/1.0')).sort()).toEqual([...PORT1, ...BY_HAND].sort());
  });

  test('they wait where a person looks, once, however often the port is looked at', async () => {
    for (let again = 0; again < 2; again += 1) {
      const answer = await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.7' });
      expect(answer.outcome).toMatchObject({
        status: 'unchanged',
        summary: expect.stringContaining('port approve junos:1') as unknown,
      });
    }
    const rows = await journal('ge-0/0/1.0');
    expect(rows.map(({ status }) => status)).toEqual(['parked', 'applied']);
    const row = await api<JournalRow>(`/journal/${rows[0]?.id ?? ''}`);
    expect([row.removed?.map(({ ip }) => ip), row.summary]).toEqual([
      ['10.0.48.1', '10.0.48.250'],
      expect.stringContaining('Parked until a person confirms'),
    ]);
    expect(await cli('device', 'status', 'junos:1')).toContain(
      'are assigned to no server behind the port and stay (10.0.48.1, 10.0.48.250)',
    );
  });

  test('an approval removes exactly these', async () => {
    await cli('port', 'approve', 'junos:1', 'ge-0/0/1.0', '--api', system.running.apiUrl);
    await until('the removal', async () => (await system.bindings(1, 'ge-0/0/1.0')).length === PORT1.length);
    expect((await system.bindings(1, 'ge-0/0/1.0')).sort()).toEqual(PORT1);
    const answer = await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.7' });
    expect([answer.outcome?.status, answer.outcome?.ports[0]?.parked]).toEqual(['unchanged', undefined]);
    const rows = await journal('ge-0/0/1.0');
    expect(rows.map(({ status }) => status)).toEqual(['applied', 'unchanged', 'parked', 'applied']);
    expect(rows[1]?.summary).toContain('approves what waits');
  });

  test('a rejection keeps them', async () => {
    const answer = await system.event({ action: 'ip_assigned', serverId: 102, ip: '10.1.100.20' });
    expect(answer.outcome).toMatchObject({
      status: 'applied',
      ports: [{ parked: { remove: [{ ip: '10.0.48.251' }] } }],
    });
    await cli('port', 'reject', 'junos:1', 'ge-0/0/2.0', '--api', system.running.apiUrl);
    await until('the rejection', async () => (await journal('ge-0/0/2.0'))[0]?.status === 'skipped');
    expect(await system.bindings(1, 'ge-0/0/2.0')).toEqual(
      expect.arrayContaining([BY_HAND_PORT2, '10.1.100.20 vlan customers-100 mac 00:50:56:86:e1:a2']),
    );
  });

  test('a binding stays in a VLAN that has become a list, and the event says that it is not proven', async () => {
    configure('delete vlans customers-100 vlan-id', 'set vlans customers-100 vlan-range 100-101');
    const answer = await system.event({ action: 'ip_assigned', serverId: 102, ip: '10.0.48.20' });
    expect(answer.outcome?.ports[0]?.excluded).toEqual([
      expect.objectContaining({ ip: '10.1.100.20', rule: 'vlan-unresolved' }),
    ]);
    expect(await system.bindings(1, 'ge-0/0/2.0')).toContain('10.1.100.20 vlan customers-100 mac 00:50:56:86:e1:a2');
    configure('delete vlans customers-100 vlan-range', 'set vlans customers-100 vlan-id 100');
  });

  test('a deleted server takes its own bindings with it and no others', async () => {
    const answer = await system.delivered(await system.world.panel.deleteServer(102));
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/2.0')).toEqual([BY_HAND_PORT2]);
  });
});
