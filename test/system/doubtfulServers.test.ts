import { seedScenario } from '../../lab/scenarios/seed';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest, type EventAnswer } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const PATIENCE_MS = 60_000;
const CLUSTER = 'pve-lab';

/** Waits until something is as expected; the last difference is the failure. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

suite('doubt about a server, in the product as a user starts it', () => {
  let system: SystemUnderTest;
  const ips = async (switchId: number, port: string): Promise<string[]> =>
    (await system.bindings(switchId, port)).map((line) => line.split(' ')[0] ?? '');
  const rules = (answer: EventAnswer): string[][] =>
    (answer.outcome?.ports ?? []).flatMap((port) => port.excluded.map(({ ip, rule }) => [ip, rule]));
  const cluster = (): NonNullable<ReturnType<SystemUnderTest['world']['clusters']['get']>> => {
    const found = system.world.clusters.get(CLUSTER);
    if (found === undefined) throw new Error('the scenario has no cluster');
    return found;
  };
  const fresh = (id: number, ip: string, extra: object): void => {
    system.world.panel.addServer({
      id,
      servername: `server-${id}`,
      kind: 'dedicated',
      ips: [ip],
      pxeMac: `00:50:56:00:00:${id % 90}`,
      ...extra,
    });
  };

  /**
   * What waits for the product's patience with a deletion (half a minute each) runs beside the other tests, which are
   * about other servers and ports, and is looked at when they are done.
   */
  const deletions = {
    gateway: (): Promise<{ held: string[]; answer: EventAnswer }> => Promise.reject(new Error('not begun')),
    contradiction: (): Promise<EventAnswer> => Promise.reject(new Error('not begun')),
    runningGuest: (): Promise<EventAnswer> => Promise.reject(new Error('not begun')),
    claimedGuest: (): Promise<EventAnswer> => Promise.reject(new Error('not begun')),
  };
  /** Begins it now; its failure is that of the test that asks for it. */
  const begin = <T>(play: () => Promise<T>): (() => Promise<T>) => {
    const playing = play();
    playing.catch(() => undefined);
    return () => playing;
  };

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario);
    await system.start();
    fresh(141, '10.0.48.141', { switchPorts: [{ switchId: 1, portId: 5, switchAutomation: true }] });
    for (const [serverId, ip] of [
      [101, '10.0.48.5'],
      [102, '10.0.48.20'],
      [141, '10.0.48.141'],
      [301, '10.0.48.101'],
      [304, '10.0.48.104'],
    ] as const) {
      expect((await system.event({ action: 'ip_assigned', serverId, ip })).state).toBe('completed');
    }
    expect(await ips(1, 'ge-0/0/1.0')).toEqual(['10.0.48.5', '10.0.48.6']);
    expect(await ips(1, 'ge-0/0/5.0')).toEqual(['10.0.48.141']);
    expect(await ips(2, 'ae1.0')).toEqual(['10.0.48.104']);

    deletions.gateway = begin(async () => {
      const mend = system.world.panel.fault({ kind: 'gateway-404', path: '^/servers/101' });
      const { workflowId } = (await (await system.post({ action: 'server_deleted', serverId: 101 })).json()) as {
        workflowId: string;
      };
      await system.waitsFor(workflowId, '404');
      const held = await ips(1, 'ge-0/0/1.0');
      mend();
      return { held, answer: await system.outcome(workflowId) };
    });
    deletions.contradiction = begin(async () => {
      const mend = system.world.panel.fault({ kind: 'not-found', path: '^/servers/141' });
      const answer = await system.event({ action: 'server_deleted', serverId: 141 });
      mend();
      return answer;
    });
  }, 240_000);
  afterAll(() => system.close(), 60_000);

  test('a server that vanished without an event holds nobody up on its port, and is reported', async () => {
    system.world.panel.state.delete(102);
    fresh(150, '10.0.48.150', { switchPorts: [{ switchId: 1, portId: 2, switchAutomation: true }] });
    const answer = await system.event({ action: 'ip_assigned', serverId: 150, ip: '10.0.48.150' });
    expect(answer.outcome?.status).toBe('applied');
    expect(rules(answer)).toEqual([
      ['10.0.48.20', 'server-gone'],
      ['10.1.100.20', 'server-gone'],
    ]);
    expect((await ips(1, 'ge-0/0/2.0')).sort()).toEqual(['10.0.48.150', '10.0.48.20', '10.1.100.20']);
    expect((await system.event({ action: 'server_deleted', serverId: 102 })).outcome?.status).toBe('applied');
    expect(await ips(1, 'ge-0/0/2.0')).toEqual(['10.0.48.150']);
  }, 120_000);

  test("an address that the server's own entry no longer has goes without an event; one that somebody else has stays", async () => {
    await system.world.panel.assign({ serverId: 150, ips: ['10.0.48.151', '10.0.48.152', '10.0.48.153'] });
    await eventually(async () => {
      expect(await ips(1, 'ge-0/0/2.0')).toHaveLength(4);
    });
    system.world.panel.state.remove(150, ['10.0.48.152', '10.0.48.153']);
    fresh(151, '10.0.48.153', {});
    const answer = await system.event({ action: 'ip_assigned', serverId: 150, ip: '10.0.48.150' });
    expect(rules(answer)).toEqual([['10.0.48.153', 'assigned-elsewhere']]);
    expect(await ips(1, 'ge-0/0/2.0')).toEqual(['10.0.48.150', '10.0.48.151', '10.0.48.153']);
  }, 120_000);

  test('two servers on two ports with one MAC: the second is not bound until the panel names another MAC for the first', async () => {
    const mac = '00:50:56:0a:00:01';
    const server = (id: number, portId: number): void =>
      fresh(id, `10.0.48.${id}`, { pxeMac: mac, switchPorts: [{ switchId: 1, portId, switchAutomation: true }] });
    const assigned = (serverId: number): Promise<EventAnswer> =>
      system.event({ action: 'ip_assigned', serverId, ip: `10.0.48.${serverId}` });
    server(160, 3);
    server(161, 4);
    expect((await assigned(160)).outcome?.status).toBe('applied');
    const refused = await assigned(161);
    expect(rules(refused)).toEqual([['10.0.48.161', 'duplicate-mac']]);
    expect(JSON.stringify(refused)).toContain(`server 160 at junos:1 ge-0/0/3.0 have the same MAC ${mac} in VLAN 13`);
    expect([await ips(1, 'ge-0/0/3.0'), await ips(1, 'ge-0/0/4.0')]).toEqual([['10.0.48.160'], []]);
    system.world.panel.updateServer(160, { pxeMac: '00:50:56:0a:00:02' });
    expect((await assigned(160)).outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/3.0')).toEqual([
      expect.stringMatching(/^10\.0\.48\.160 .*00:50:56:0a:00:02/),
    ]);
    const bound = await assigned(161);
    expect([bound.outcome?.status, rules(bound)]).toEqual(['applied', []]);
    expect(await ips(1, 'ge-0/0/4.0')).toEqual(['10.0.48.161']);
  }, 120_000);

  test("a migrated VM is bound at its new uplink before it is unbound at the old one, when only a neighbour's event looks", async () => {
    const uplinks = system.world.switches.get(2);
    const missing: string[] = [];
    uplinks?.events.on('commit', () => {
      if (!uplinks.committedSet().some((line) => line.includes('static-ip 10.2.200.103 ')))
        missing.push('10.2.200.103');
    });
    await cluster().migrate(3003, 'pve2');
    await system.event({ action: 'ip_assigned', serverId: 301, ip: '10.0.48.101' });
    await eventually(async () => {
      expect(await ips(2, 'ae1.0')).toContain('10.2.200.103');
      expect(await ips(2, 'ae0.0')).not.toContain('10.2.200.103');
    });
    await cluster().migrate(3003, 'pve1');
    const back = await system.event({ action: 'ip_assigned', serverId: 303, ip: '10.2.200.103' });
    expect(back.outcome?.ports.map((port) => port.port)).toEqual(['ae0.0', 'ae1.0']);
    expect([await ips(2, 'ae0.0'), await ips(2, 'ae1.0')]).toEqual([
      expect.arrayContaining(['10.2.200.103']),
      ['10.0.48.104'],
    ]);
    expect(missing).toEqual([]);
  }, 150_000);

  test('a VM that migrated to a node whose uplink cannot be automated keeps its old binding, and that is reported', async () => {
    system.world.panel.updateServer(202, { switchPorts: [{ switchId: 2, portId: 101, switchAutomation: false }] });
    await cluster().migrate(3003, 'pve2');
    const own = await system.event({ action: 'ip_assigned', serverId: 303, ip: '10.2.200.103' });
    expect(own.outcome).toMatchObject({
      status: 'skipped',
      requirement: 'switch-automation',
      summary: expect.stringContaining('bindings on junos:2 ae0.0 stay') as unknown,
    });
    const neighbours = await system.event({ action: 'ip_assigned', serverId: 301, ip: '10.0.48.101' });
    expect(rules(neighbours)).toEqual([['10.2.200.103', 'moved']]);
    expect(await ips(2, 'ae0.0')).toContain('10.2.200.103');
    system.world.panel.updateServer(202, { switchPorts: [{ switchId: 2, portId: 101, switchAutomation: true }] });
    await system.event({ action: 'ip_assigned', serverId: 303, ip: '10.2.200.103' });
    await eventually(async () => {
      expect(await ips(2, 'ae0.0')).not.toContain('10.2.200.103');
    });
    expect(await ips(2, 'ae1.0')).toContain('10.2.200.103');
    system.world.panel.state.delete(304);
    deletions.runningGuest = begin(() => system.event({ action: 'server_deleted', serverId: 304 }));
  }, 150_000);

  test('two servers that claim one guest: the later one is not bound, both are named, nothing is removed', async () => {
    fresh(350, '10.0.48.180', { kind: 'vm', proxmox: { providerId: 1, vmid: 3001 } });
    const answer = await system.event({ action: 'ip_assigned', serverId: 350, ip: '10.0.48.180' });
    expect(rules(answer)).toEqual([['10.0.48.180', 'guest-claimed-twice']]);
    expect(JSON.stringify(answer)).toMatch(/vm-301 .*server-350/);
    expect(await ips(2, 'ae0.0')).toContain('10.0.48.101');
    expect(await ips(2, 'ae0.0')).not.toContain('10.0.48.180');
    const deleted = await system.world.panel.deleteServer(350);
    deletions.claimedGuest = begin(() => system.delivered(deleted));
  }, 120_000);

  test('a deletion is doubted while the cluster still has the guest, and carried out by the next look after that', async () => {
    const doubted = await deletions.runningGuest();
    expect(doubted.outcome).toMatchObject({
      status: 'parked',
      summary: expect.stringContaining('still has its guest 3004 on pve2') as unknown,
    });
    expect(rules(doubted)).toEqual([['10.0.48.104', 'guest-still-runs']]);
    expect(await ips(2, 'ae1.0')).toContain('10.0.48.104');
    cluster().removeGuest(3004);
    await system.event({ action: 'ip_assigned', serverId: 303, ip: '10.2.200.103' });
    expect(await ips(2, 'ae1.0')).toEqual(['10.2.200.103']);
  }, 150_000);

  test('the later claimant of a guest is deleted without touching what the guest has', async () => {
    expect((await deletions.claimedGuest()).outcome?.status).toBe('unchanged');
    expect(await ips(2, 'ae0.0')).toContain('10.0.48.101');
  }, 120_000);

  test('a server that the panel answers 404 for while its list has it is a contradiction, which parks', async () => {
    const answer = await deletions.contradiction();
    expect(answer.outcome).toMatchObject({
      status: 'parked',
      summary: expect.stringContaining('the list of servers has it') as unknown,
    });
    expect(await ips(1, 'ge-0/0/5.0')).toEqual(['10.0.48.141']);
  }, 120_000);

  test('a 404 of an API gateway is a fault of the way to the panel: the event waits, nothing is removed', async () => {
    const { held, answer } = await deletions.gateway();
    expect(held).toEqual(['10.0.48.5', '10.0.48.6']);
    expect(answer.outcome).toMatchObject({
      status: 'parked',
      summary: expect.stringContaining('the panel still has it') as unknown,
    });
    expect(await ips(1, 'ge-0/0/1.0')).toEqual(['10.0.48.5', '10.0.48.6']);
  }, 150_000);

  test('a server that is gone keeps its bindings whatever else is said of it, but for the addresses that an ip_removed names', async () => {
    system.world.panel.state.delete(101);
    const assigned = await system.event({ action: 'ip_assigned', serverId: 101, ip: '10.0.48.5' });
    expect(assigned.outcome).toMatchObject({
      status: 'parked',
      summary: expect.stringContaining('no longer has server 101') as unknown,
    });
    expect(rules(assigned)).toEqual([
      ['10.0.48.5', 'server-gone'],
      ['10.0.48.6', 'server-gone'],
    ]);
    expect(await ips(1, 'ge-0/0/1.0')).toEqual(['10.0.48.5', '10.0.48.6']);
    const removed = await system.event({ action: 'ip_removed', serverId: 101, ip: '10.0.48.6' });
    expect(removed.outcome?.status).toBe('parked');
    expect(await ips(1, 'ge-0/0/1.0')).toEqual(['10.0.48.5']);
    expect((await system.event({ action: 'server_deleted', serverId: 101 })).outcome?.status).toBe('applied');
    expect(await ips(1, 'ge-0/0/1.0')).toEqual([]);
  }, 120_000);

  test("a node's entry in the panel is never the one whose customer chose its name as host name, nor one of two", async () => {
    system.world.panel.updateServer(201, { servername: 'rack-7' });
    system.world.panel.updateServer(150, { hostname: 'pve1' });
    const before = await ips(1, 'ge-0/0/2.0');
    fresh(360, '10.0.48.190', { kind: 'vm', proxmox: { providerId: 1, vmid: 3060 } });
    cluster().addGuest({
      vmid: 3060,
      type: 'qemu',
      name: 'vm-360',
      node: 'pve1',
      config: { net0: 'virtio=BC:24:11:00:36:00,bridge=vmbr0,tag=13' },
    });
    const unknown = await system.event({ action: 'ip_assigned', serverId: 360, ip: '10.0.48.190' });
    expect(unknown.outcome).toMatchObject({ status: 'skipped', requirement: 'switch-connection' });
    system.world.panel.updateServer(201, { servername: 'pve1' });
    system.world.panel.updateServer(150, { servername: 'pve1' });
    const ambiguous = await system.event({ action: 'ip_assigned', serverId: 360, ip: '10.0.48.190' });
    expect(ambiguous).toMatchObject({
      state: 'failed',
      error: { code: 'proxmox-uplink-unknown', message: expect.stringMatching(/201.*150|150.*201/) as unknown },
    });
    expect(await ips(1, 'ge-0/0/2.0')).toEqual(before);
  }, 120_000);
});
