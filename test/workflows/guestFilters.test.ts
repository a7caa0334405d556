import { createDeviceDirectory } from '../../src/devices/directory';
import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { DEFAULT_FILTER_SETTINGS } from '../../src/devices/proxmoxFirewall/settings';
import { DRIVERS } from '../../src/devices/registry';
import { addressesOf } from '../../src/domain/change/statement';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import type { PortName } from '../../src/domain/values/port';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { assigned, guest, ip, nic, server, vlan } from '../activities/fakes/values';
import { memoryDriver } from '../devices/memory/driver';
import { GateSite, statementOf } from '../devices/memory/gates';
import { FIRST, startCluster, type FilteredCluster } from '../devices/proxmoxFirewall/cluster';
import { temporalUnavailable } from '../servers/temporal';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

/*
 * One event of a guest on two devices, on a real Temporal server: the uplink of its node (a kind in memory) and its own NIC
 * (the lab's cluster, by the driver for its filters).
 */

const GATE = '3f0c1f6e-0000-4000-8000-00000000000c';
const MAC = 'bc:24:11:00:01:00';
const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('an event of a guest whose NICs are ports of their own', () => {
  let workflows: WorkflowServer;
  let cluster: FilteredCluster;
  let site: Site;
  let gates: GateSite;
  let gate: PortName;
  let filters: DeviceId;
  let sites = 0;

  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(() => workflows.stop());
  afterEach(() => cluster.stop());

  beforeEach(async () => {
    sites += 1;
    const name = `pve-${process.pid}-${sites}`;
    const device = deviceId('memory', name);
    filters = deviceId('proxmoxFirewall', name);
    gates = new GateSite();
    gate = gates.seed(GATE, 'front');
    cluster = await startCluster();
    const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const devices = createDeviceDirectory(
      {
        switches: { defaults: behaviourOf(switchesSchema.parse({}).defaults), settings: new Map() },
        openstack: { projects: [] },
        proxmoxFirewall: { clusters: [{ cluster: name, filters: DEFAULT_FILTER_SETTINGS }] },
        gates: { commitMs: 5_000 },
      },
      {
        panelLogin: none,
        hostKeys: { list: none, add: none },
        hypervisor: () => cluster.options,
        vlanNameTemplate: 'VLAN.{id}',
        vlanAllowlist: [],
        securityGroups: new Map(),
        logOf: () => ({ info: () => undefined, warn: () => undefined }),
      },
      [...DRIVERS, memoryDriver(new Map([[name, gates]]))],
    );
    site = await workflows.startSite({ other: { device, devices, cluster: name } });
    const { world } = site;
    world.cluster.uplinks.set('pve1', [{ ports: [{ device, port: gate }] }]);
    world.cluster.nodes.set('pve1', [guest(101, [nic(0, MAC)])]);
    give('10.0.48.5');
  });

  /** The guest's server, with these addresses. */
  function give(...addresses: string[]): void {
    site.world.panel.add({
      ...{ serverId: server(1), name: 'web', kind: 'vm', attachments: [] },
      ips: addresses.map((address) => assigned(address)),
      hypervisor: { cluster: site.world.cluster.name, vmid: 101 },
    });
    for (const address of addresses) site.world.panel.vlans.set(ip(address), vlan(13));
  }

  const onGate = (): string[] =>
    addressesOf((gates.gates.get(gate)?.rules ?? []).map(statementOf))
      .slice()
      .sort();
  const assign = (address: string) => site.run({ action: 'ip_assigned', serverId: 1, ip: address });

  async function scheduled(device: DeviceId): Promise<string[]> {
    const { events } = await workflows.client.workflow.getHandle(coordinatorWorkflowId(device)).fetchHistory();
    return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
  }

  test('binds at both, each by the pass of its kind, and both outcomes are the event’s', async () => {
    const result = await assign('10.0.48.5');
    expect([result.status, result.ports.map(({ device, port, status }) => [device, port, status])]).toEqual([
      'applied',
      [
        [site.device, gate, 'applied'],
        [filters, FIRST, 'applied'],
      ],
    ]);
    expect(result.ports.map(({ journalId }) => journalId).sort()).toEqual(['j1', 'j2']);
    expect([onGate(), cluster.cidrs(FIRST)]).toEqual([['10.0.48.5'], ['10.0.48.5']]);
    expect([await scheduled(site.device), await scheduled(filters)]).toEqual([['writeGates'], ['writeIpFilters']]);
    expect(site.world.store.placed.get(server(1))?.ports).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ device: site.device, node: 'pve1', bound: ['10.0.48.5'] }),
        { device: filters, port: FIRST, own: true, bound: ['10.0.48.5'] },
      ]),
    );
    give('10.0.48.5', '10.0.48.6');
    expect(await assign('10.0.48.6')).toMatchObject({ status: 'applied' });
    give('10.0.48.6');
    expect(await site.run({ action: 'ip_removed', serverId: 1, ip: '10.0.48.5' })).toMatchObject({ status: 'applied' });
    expect([onGate(), cluster.cidrs(FIRST)]).toEqual([['10.0.48.6'], ['10.0.48.6']]);
  });

  test('one device that is away holds up its own part alone', async () => {
    cluster.lab.addFault({ kind: 'drop', path: '/firewall/' });
    const workflowId = await site.start({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
    await site.until((state) => state.batches >= 1 && state.running === undefined);
    expect([onGate(), cluster.cidrs(FIRST)]).toEqual([['10.0.48.5'], undefined]);
    cluster.lab.clearFaults();
    expect(await site.result(workflowId)).toMatchObject({ status: 'applied' });
    expect(cluster.cidrs(FIRST)).toEqual(['10.0.48.5']);
  });

  test('a guest on another node keeps its filter, and a deleted one leaves nothing', async () => {
    await assign('10.0.48.5');
    site.world.cluster.nodes.set('pve1', []);
    site.world.cluster.nodes.set('pve2', [guest(101, [nic(0, MAC)])]);
    const other = gates.seed(GATE.replace(/c$/, 'd'), 'back');
    site.world.cluster.uplinks.set('pve2', [{ ports: [{ device: site.device, port: other }] }]);
    await cluster.lab.migrate(101, 'pve2');
    give('10.0.48.5', '10.0.48.6');
    expect(await assign('10.0.48.6')).toMatchObject({ status: 'applied' });
    expect([onGate(), cluster.cidrs(FIRST)?.sort()]).toEqual([[], ['10.0.48.5', '10.0.48.6']]);
    site.world.panel.servers.delete(server(1));
    site.world.cluster.nodes.set('pve2', []);
    cluster.lab.removeGuest(101);
    expect(await site.run({ action: 'server_deleted', serverId: 1 })).toMatchObject({ status: 'applied' });
    expect(site.world.store.placed.get(server(1))).toBeUndefined();
  });

  test('what is accepted and not enforced is said in the event’s result', async () => {
    cluster.lab.cluster.firewallOptions = {};
    const result = await assign('10.0.48.5');
    expect(result.status).toBe('applied');
    expect(result.summary).toContain('accepted by Proxmox, not enforced: the firewall of the cluster is off');
  });
});
