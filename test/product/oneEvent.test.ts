import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { startNeutronLab, type NeutronLab } from '../../lab/neutron/lab';
import { seedCloud, type SeededCloud } from '../../lab/neutron/seed';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { temporalUnavailable } from '../servers/temporal';
import { searchHistories } from '../support/historySecrets';
import { SystemUnderTest } from '../system/site';
import { replayHistoriesAt } from '../support/replayHistories';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('one event, end to end, in the product as a user starts it', () => {
  let system: SystemUnderTest;
  let otherLines: string[];
  let lab: NeutronLab;
  let cloud: SeededCloud;
  /** A server of the panel that the configuration gives a port in the cloud. */
  const IN_CLOUD = 171;
  const start = (): Promise<void> => system.start({ environment: { CLOUD1_SECRET: cloud.credential.secret } });
  // An interface statement that only held bindings stays, empty: it is not portwarden's to delete.
  const owned = (line: string): boolean => / secure-access-port interface \S+( static-ip .*)?$/.test(line);

  beforeAll(async () => {
    lab = await startNeutronLab();
    cloud = seedCloud(lab);
    const project = {
      name: 'cloud1.lab',
      authUrl: lab.authUrl,
      applicationCredential: { id: cloud.credential.id, secretEnv: 'CLOUD1_SECRET' },
      servers: { [IN_CLOUD]: cloud.first.id },
    };
    system = await SystemUnderTest.create(seedScenario, { openstack: { projects: [project] } });
    system.world.panel.addServer({ id: IN_CLOUD, servername: 'vm-in-cloud', kind: 'vm', ips: ['10.10.10.11'] });
    otherLines = (await system.committed(1)).filter((line) => !owned(line));
    await start();
  }, 180_000);
  afterAll(async () => {
    await system.close();
    await lab.close();
  });

  test('an address assigned to a dedicated server is committed on its port', async () => {
    const answer = await system.delivered(await system.world.panel.assign({ serverId: 101, ip: '10.0.48.7' }));
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/1.0')).toEqual([
      '10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
      '10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
      '10.0.48.7 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
    ]);
  });

  test('the commit log of the switch names the workflow', () => {
    const [newest] = system.world.switches.get(1)?.commits() ?? [];
    expect(JSON.stringify(newest)).toContain('portwarden device:junos:1 batch');
  });

  test('an event that changes nothing commits nothing', async () => {
    const before = system.world.switches.get(1)?.commits().length;
    const answer = await system.event({ action: 'ip_assigned', serverId: '101', ip: '10.0.48.7', unknownField: true });
    expect(answer.outcome?.status).toBe('unchanged');
    expect(system.world.switches.get(1)?.commits().length).toBe(before);
  });

  test('the VLAN name is the one the switch itself gives that id', async () => {
    await system.event({ action: 'ip_assigned', serverId: 102, ip: '10.1.100.20' });
    expect(await system.bindings(1, 'ge-0/0/2.0')).toEqual([
      '10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2',
      '10.1.100.20 vlan customers-100 mac 00:50:56:86:e1:a2',
    ]);
  });

  test("a VM's event makes the uplink of its node the union over all guests of the node", async () => {
    const answer = await system.delivered(await system.world.panel.assign({ serverId: 301, ip: '10.0.48.105' }));
    expect(answer.outcome?.ports[0]?.port).toBe('ae0.0');
    expect(await system.bindings(2, 'ae0.0')).toEqual([
      '10.0.48.101 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.0.48.102 vlan VLAN.13 mac bc:24:11:00:31:02',
      '10.0.48.105 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.1.100.102 vlan VLAN.100 mac bc:24:11:00:30:02',
      '10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03',
    ]);
    expect(await system.bindings(2, 'ae1.0')).toEqual([]);
  });

  test('a VM that migrated leaves its old uplink and appears on the new one', async () => {
    await system.world.clusters.get('pve-lab')?.migrate(3003, 'pve2');
    const answer = await system.event({ action: 'ip_assigned', serverId: 303, ip: '10.2.200.103' });
    expect(answer.outcome?.ports.map((port) => port.port).sort()).toEqual(['ae0.0', 'ae1.0']);
    expect(await system.bindings(2, 'ae0.0')).not.toContain('10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03');
    expect(await system.bindings(2, 'ae1.0')).toContain('10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03');
  });

  test('a removed address leaves the port', async () => {
    const answer = await system.delivered(await system.world.panel.remove({ serverId: 101, ip: '10.0.48.7' }));
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/1.0')).toHaveLength(2);
  });

  test('an address of a server in a cloud becomes a pair of its port, and goes again; other ports stay as they are', async () => {
    const { first, second } = cloud;
    const before = JSON.stringify(second);
    const given = await system.delivered(await system.world.panel.assign({ serverId: IN_CLOUD, ip: '10.10.10.50' }));
    expect(given.outcome).toMatchObject({
      status: 'applied',
      ports: [
        { device: 'neutron:cloud1.lab', port: first.id, excluded: [{ ip: '10.10.10.11', rule: 'fixed-address' }] },
      ],
    });
    expect(first.allowed_address_pairs).toEqual([{ ip_address: '10.10.10.50', mac_address: first.mac_address }]);
    const taken = await system.delivered(await system.world.panel.remove({ serverId: IN_CLOUD, ip: '10.10.10.50' }));
    expect([taken.outcome?.status, first.allowed_address_pairs, JSON.stringify(second)]).toEqual([
      'applied',
      [],
      before,
    ]);
  });

  test('what the switch repeats of its secrets reaches neither an outcome nor the journal', async () => {
    const lab = system.world.switches.get(1);
    const password = seedScenario.switches.find(({ id }) => id === 1)?.password ?? '';
    const echoes = [
      `user with password ${password} may not see all of it`,
      'cannot reach ftp://backup:S3CRurl@192.0.2.9/',
      'odd statement: secret "S3CRradius"; ## SECRET-DATA',
    ];
    const problems = (severity: 'warning' | 'error') => echoes.map((message) => ({ severity, message }));
    lab?.faults.replies.push({ rpc: 'load-configuration', problems: problems('warning') });
    const applied = await system.delivered(await system.world.panel.assign({ serverId: 101, ip: '10.0.48.9' }));
    lab?.faults.replies.push({ rpc: 'load-configuration', times: 20, problems: problems('error') });
    const rejected = await system.delivered(await system.world.panel.assign({ serverId: 101, ip: '10.0.48.10' }));
    lab?.faults.reset();
    expect([applied.outcome?.status, rejected.error?.code]).toEqual(['applied', 'device-rejected']);
    expect(rejected.error?.message).toContain('REDACTED');
    const journal = await (
      await fetch(`${system.running.apiUrl}/api/port-security/journal`, {
        headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
      })
    ).text();
    for (const secret of [password, 'S3CRurl', 'S3CRradius'])
      expect([secret, journal.includes(secret), JSON.stringify([applied, rejected]).includes(secret)]).toEqual([
        secret,
        false,
        false,
      ]);
    await system.delivered(await system.world.panel.remove({ serverId: 101, ip: '10.0.48.10' }));
    await system.delivered(await system.world.panel.remove({ serverId: 101, ip: '10.0.48.9' }));
  });

  test('a deleted VM leaves the uplink, its neighbours stay', async () => {
    system.world.clusters.get('pve-lab')?.removeGuest(3002);
    const answer = await system.delivered(await system.world.panel.deleteServer(302));
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(2, 'ae0.0')).toEqual([
      '10.0.48.101 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.0.48.105 vlan VLAN.13 mac bc:24:11:00:30:01',
    ]);
  });

  test('a deleted dedicated server is remembered over a restart and its port is wiped', async () => {
    await system.stop();
    await start();
    const answer = await system.delivered(await system.world.panel.deleteServer(102));
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/2.0')).toEqual([]);
  }, 240_000);

  test.each([
    ['switch-automation', 103, '10.0.48.30'],
    ['switch-connection', 104, '10.0.48.40'],
  ])('when %s does not hold the event is skipped and names it', async (requirement, serverId, ip) => {
    const answer = await system.event({ action: 'ip_assigned', serverId, ip });
    expect(answer.outcome).toMatchObject({ status: 'skipped', requirement });
  });

  test('an address in a VLAN outside the allowlist is skipped and names the requirement', async () => {
    const answer = await system.delivered(
      await system.world.panel.assign({ serverId: 101, ip: '10.9.9.9', vlan: 999 }),
    );
    expect(answer.outcome).toMatchObject({ status: 'skipped', requirement: 'vlan-allowlist' });
    expect(answer.outcome?.summary).toContain('999');
    expect(await system.bindings(1, 'ge-0/0/1.0')).toHaveLength(2);
  });

  test('without management credentials the event is skipped and names the requirement', async () => {
    system.world.panel.setSwitch(7, {
      name: 'unmanaged',
      ports: [{ id: 1, name: 'ge-0/0/1' }],
      host: '127.0.0.1',
      managementPort: 1,
    });
    system.world.panel.addServer({
      id: 107,
      servername: 'on-unmanaged',
      kind: 'dedicated',
      ips: ['10.0.48.70'],
      pxeMac: '00:50:56:86:E1:A7',
      switchPorts: [{ switchId: 7, portId: 1, switchAutomation: true }],
    });
    const answer = await system.event({ action: 'ip_assigned', serverId: 107, ip: '10.0.48.70' });
    expect(answer.outcome).toMatchObject({ status: 'skipped', requirement: 'switch-credentials' });
  });

  test('an Idempotency-Key makes a repeat return the same workflow', async () => {
    const body = { action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' };
    const first = (await (await system.post(body, { 'idempotency-key': 'key-1' })).json()) as { workflowId: string };
    const second = (await (await system.post(body, { 'idempotency-key': 'key-1' })).json()) as { workflowId: string };
    expect(second.workflowId).toBe(first.workflowId);
    expect((await system.post({ ...body, ip: '10.0.48.6' }, { 'idempotency-key': 'key-1' })).status).toBe(422);
    expect((await system.outcome(first.workflowId)).state).toBe('completed');
  });

  test('nothing but the owned statements changed on the switch', async () => {
    expect((await system.committed(1)).filter((line) => !owned(line))).toEqual(otherLines);
    for (const simulated of system.world.switches.values()) {
      expect({ locked: simulated.isLocked(), dirty: simulated.isCandidateDirty() }).toEqual({
        locked: false,
        dirty: false,
      });
    }
  });

  test('the workflows can be listed by server and by switch', async () => {
    const connection = await Connection.connect({ address: system.running.temporalAddress });
    try {
      const client = new Client({ connection });
      const found: string[] = [];
      for await (const workflow of client.workflow.list({
        query: 'ServerId = "301" AND Device = "junos:2" AND Port = "ae0.0"',
      }))
        found.push(workflow.type);
      expect(found).toContain('portSecurityEvent');
    } finally {
      await connection.close();
    }
  });

  test('no secret is in any history, nor in the log', async () => {
    const secrets: Record<string, string> = {
      ...LAB_SECRETS,
      proxmoxTokenValue: LAB_SECRETS.proxmoxToken.split('=')[1] ?? '',
      'password in a URL': 'S3CRurl',
      'secret of a statement': 'S3CRradius',
      'secret of the cloud': cloud.credential.secret,
      ...Object.fromEntries(seedScenario.switches.map(({ id, password }) => [`password of switch ${id}`, password])),
    };
    const connection = await Connection.connect({ address: system.running.temporalAddress });
    try {
      const { runs, findings } = await searchHistories(new Client({ connection }), secrets);
      expect(runs).toBeGreaterThan(10);
      expect(findings).toEqual([]);
    } finally {
      await connection.close();
    }
    const log = readFileSync(system.running.logFile, 'utf8');
    expect(log).toMatch(/"algorithms":\{"kex":.*"msg":"session with the switch"/);
    expect(
      Object.entries(secrets)
        .filter(([, secret]) => log.includes(secret))
        .map(([name]) => name),
    ).toEqual([]);
  });

  test('workflows did what they do in a replay', () => replayHistoriesAt(system.running.temporalAddress));
});
