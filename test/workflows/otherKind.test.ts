import { randomUUID } from 'node:crypto';
import { startNeutronLab } from '../../lab/neutron/lab';
import { seedCloud } from '../../lab/neutron/seed';
import { createDeviceDirectory, type DeviceDirectory } from '../../src/devices/directory';
import { ALL_ATTRIBUTES } from '../../src/devices/neutron/ownedAttributes';
import type { OpenStackSettings } from '../../src/devices/neutron/configuration';
import { Secret } from '../../src/primitives/secret';
import { DRIVERS } from '../../src/devices/registry';
import { behaviourOf } from '../../src/devices/junos/configuration';
import { switchesSchema } from '../../src/devices/junos/configurationSchema';
import { PortwardenError } from '../../src/domain/errors';
import { deviceId } from '../../src/domain/values/device';
import { parseIp } from '../../src/domain/values/ip';
import { parseMac } from '../../src/domain/values/mac';
import { parsePortName, type PortName } from '../../src/domain/values/port';
import { EXPLAIN_WORKFLOW, PREVIEW_WORKFLOW, SIGNALS } from '../../src/protocol/names';
import type { ExplainResult, PreviewResult } from '../../src/protocol/preview';
import { createReconciles } from '../../src/temporal/reconcileSchedules';
import { assigned, attachment, ip, mac, server, vlan } from '../activities/fakes/values';
import { memoryDriver } from '../devices/memory/driver';
import { GateSite, rulesOf, statementOf } from '../devices/memory/gates';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

/*
 * A second kind of device through the whole way of an event, on a real server: workflow, coordinator, worker, pass. What
 * is not a driver's knows no Junos on it: the device has UUIDs for ports, two statements for an address, no VLAN, no lock.
 */

const GATE = '3f0c1f6e-0000-4000-8000-00000000000a';
const OTHER = '3f0c1f6e-0000-4000-8000-00000000000b';
const MAC = '00:50:56:00:00:01';
const rules = (address: string): ReturnType<typeof rulesOf> => rulesOf({ ip: parseIp(address), mac: parseMac(MAC) });

let workflows: WorkflowServer;
beforeAll(async () => {
  workflows = await startWorkflowServer();
});
afterAll(() => workflows.stop());

let sites = 0;
let gates: GateSite;
let site: Site;
let gate: PortName;

beforeEach(async () => {
  sites += 1;
  const device = deviceId('memory', `site-${process.pid}-${sites}`);
  gates = new GateSite();
  gate = gates.seed(GATE, 'front');
  const devices = directoryWith({ projects: [] }, new Map([[`site-${process.pid}-${sites}`, gates]]));
  site = await workflows.startSite({ other: { device, devices } });
});

/** The devices of every kind, those in memory among them. */
function directoryWith(openstack: OpenStackSettings, gateSites: ReadonlyMap<string, GateSite>): DeviceDirectory {
  const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
  return createDeviceDirectory(
    {
      switches: { defaults: behaviourOf(switchesSchema.parse({}).defaults), settings: new Map() },
      openstack,
      proxmoxFirewall: { clusters: [] },
      gates: { commitMs: 5_000 },
    },
    {
      panelLogin: none,
      hostKeys: { list: none, add: none },
      hypervisor: () => undefined,
      vlanNameTemplate: 'VLAN.{id}',
      vlanAllowlist: [],
      securityGroups: new Map(),
      logOf: () => ({ info: () => undefined, warn: () => undefined }),
    },
    [...DRIVERS, memoryDriver(gateSites)],
  );
}

/** A server at the gate, with these addresses. */
function give(id: number, ...addresses: string[]): void {
  site.world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: addresses.map((address) => assigned(address)),
    attachments: [attachment(site.device, gate)],
    pxeMac: mac(MAC),
  });
  for (const address of addresses) site.world.panel.vlans.set(ip(address), vlan(13));
}

const held = (): string[] => (gates.gates.get(gate)?.rules ?? []).map((rule) => statementOf(rule).key).sort();
const keys = (...addresses: string[]): string[] =>
  addresses.flatMap((address) => rules(address).map((rule) => statementOf(rule).key)).sort();

async function scheduled(workflowId: string): Promise<string[]> {
  const { events } = await workflows.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

test('an event enlists the port, and its coordinator runs the pass under the name that the driver gives it', async () => {
  give(1, '10.0.48.5');
  const outcome = await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  expect(outcome).toMatchObject({
    status: 'applied',
    ports: [
      { device: site.device, port: gate, status: 'applied', added: [{ key: 'in>10.0.48.5' }, {}], journalId: 'j1' },
    ],
  });
  expect(held()).toEqual(keys('10.0.48.5'));
  expect(await scheduled(site.coordinator.workflowId)).toEqual(['writeGates']);
  expect([site.count('writeGates'), site.count('commitToSwitch')]).toEqual([1, 0]);
  expect(await site.world.store.journal.list({ device: site.device, limit: 5 })).toMatchObject([
    {
      status: 'applied',
      port: gate,
      commands: [expect.stringContaining('let in what is for 10.0.48.5'), expect.any(String)],
    },
  ]);
  expect(site.world.store.saved).toHaveLength(1);
  expect(JSON.stringify(site.world.store.saved)).not.toContain(gates.apiKey);

  give(1, '10.0.48.5', '10.0.48.6');
  await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.6' });
  give(1, '10.0.48.6');
  expect(await site.run({ action: 'ip_removed', serverId: 1, ip: '10.0.48.5' })).toMatchObject({ status: 'applied' });
  expect(held()).toEqual(keys('10.0.48.6'));
  site.world.panel.servers.delete(server(1));
  expect(await site.run({ action: 'server_deleted', serverId: 1 })).toMatchObject({ status: 'applied' });
  expect(held()).toEqual([]);
});

test('it is reconciled like every other, though it keeps no history', async () => {
  give(1, '10.0.48.5');
  await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  gates.seed(GATE, 'front', rules('10.9.0.1'));
  const { workflowId } = await createReconciles(workflows.client, site.taskQueue).start(site.device);
  expect(await workflows.client.workflow.getHandle(workflowId).result()).toMatchObject({
    ports: 1,
    drift: [
      {
        port: gate,
        action: 'reported',
        says: expect.stringContaining('missing: let in what is for 10.0.48.5') as string,
      },
    ],
  });
  expect(held()).toEqual(keys('10.9.0.1'));
});

test('what nobody knows waits for a person, and an approval lets exactly that go', async () => {
  gates.seed(GATE, 'front', rules('10.9.0.1'));
  give(1, '10.0.48.5');
  const outcome = await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  expect(outcome.ports).toMatchObject([
    { status: 'applied', parked: { remove: [{ ip: '10.9.0.1' }, { ip: '10.9.0.1' }] } },
  ]);
  expect(held()).toEqual(keys('10.0.48.5', '10.9.0.1'));
  await site.coordinator.signal(SIGNALS.approve, gate);
  await site.until((state) => state.batches === 2 && state.running === undefined);
  expect(held()).toEqual(keys('10.0.48.5'));
});

test('guards hold back what the panel merely no longer has', async () => {
  const gone = ['10.9.0.1', '10.9.0.2'];
  gates.seed(GATE, 'front', [...rules('10.0.48.5'), ...gone.flatMap(rules)]);
  give(1, '10.0.48.5');
  site.world.store.placed.set(server(1), {
    serverId: server(1),
    kind: 'dedicated',
    ports: [{ device: site.device, port: gate }],
    ips: ['10.0.48.5', ...gone].map(ip),
  });
  const outcome = await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  expect(outcome).toMatchObject({ status: 'parked', ports: [{ parked: { remove: { length: 4 } } }] });
  expect([held(), gates.writes]).toEqual([keys('10.0.48.5', ...gone), 0]);
});

test('a device that stays away keeps its ports waiting, and what it refuses fails the port alone', async () => {
  const other = gates.seed(OTHER, 'back');
  give(1, '10.0.48.5');
  gates.fault = new PortwardenError('device-unreachable', 'the site is down');
  const waiting = await site.start({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  await site.until(({ deviceError }) => deviceError?.code === 'device-unreachable');
  gates.fault = undefined;
  expect(await site.result(waiting)).toMatchObject({ status: 'applied' });
  gates.refused = ['10.0.48.7'];
  give(2, '10.0.48.7');
  const entry = site.world.panel.servers.get(server(2));
  if (entry === undefined) throw new Error('the panel has no server 2');
  const elsewhere = { attachments: [attachment(site.device, other)], pxeMac: mac('00:50:56:00:00:02') };
  site.world.panel.add({ ...entry, ...elsewhere });
  const refused = site.run({ action: 'ip_assigned', serverId: 2, ip: '10.0.48.7' });
  await expect(refused).rejects.toMatchObject({ cause: { type: 'device-rejected' } });
  expect(held()).toEqual(keys('10.0.48.5'));
});

test('a preview shows the change in the words of the device and touches nothing; an explanation says why', async () => {
  gates.seed(GATE, 'front', rules('10.9.0.1'));
  give(1, '10.0.48.5', '2001:db8::5');
  const look = <T>(workflow: string, question: object): Promise<T> =>
    workflows.client.workflow.execute<(input: unknown) => Promise<T>>(workflow, {
      workflowId: `${workflow}-${randomUUID()}`,
      taskQueue: site.taskQueue,
      args: [question],
    });
  const { devices } = await look<PreviewResult>(PREVIEW_WORKFLOW, { server: 1, form: 'replace' });
  expect(devices).toMatchObject([
    {
      device: site.device,
      commands: [`gate ${gate}: let nothing through`, ...Array<unknown>(4).fill(expect.any(String))],
      ports: [
        {
          port: gate,
          status: 'change',
          added: [{ key: 'in>10.0.48.5' }, { key: `out>10.0.48.5>${MAC}` }],
          excluded: [{ ip: '2001:db8::5', rule: 'ipv6-unsupported' }],
          parked: { remove: [{ ip: '10.9.0.1' }, { ip: '10.9.0.1' }] },
        },
      ],
    },
  ]);
  const { addresses } = await look<ExplainResult>(EXPLAIN_WORKFLOW, { server: 1 });
  expect(addresses.map(({ ip: address }) => address)).toEqual(['10.0.48.5', '2001:db8::5']);
  expect([held(), gates.writes, site.world.store.entries]).toEqual([keys('10.9.0.1'), 0, []]);
  expect(devices[0]).toMatchObject({ expectedSeconds: 1, measuredCommits: 0 });
  await site.run({ action: 'ip_assigned', serverId: 1, ip: '10.0.48.5' });
  give(1, '10.0.48.5', '10.0.48.6');
  const later = await look<PreviewResult>(PREVIEW_WORKFLOW, { server: 1 });
  expect(later.devices).toMatchObject([{ expectedSeconds: 0.1, measuredCommits: 1 }]);
});

test('a server with a port in a cloud: its addresses become pairs with the MAC of the port, and go again; no VLAN is asked for', async () => {
  const lab = await startNeutronLab();
  try {
    const { first, second, third, operator, credential } = seedCloud(lab);
    const name = `cloud-${process.pid}`;
    const login = {
      method: 'applicationCredential',
      credential: { id: credential.id },
      secret: new Secret(credential.secret, 'test'),
    } as const;
    const common = { interface: 'public', timeoutMs: 10_000, maxPairs: 10, owned: ALL_ATTRIBUTES } as const;
    const port = parsePortName(first.id);
    const project = {
      ...{ name, authUrl: lab.authUrl, login, ...common },
      ...{ servers: new Map([[server(1), port]]), serverTagPrefix: 'portwarden-server-' },
    };
    const devices = directoryWith({ projects: [project] }, new Map());
    const cloud = await workflows.startSite({ other: { device: deviceId('neutron', name), devices } });
    const sibling = JSON.stringify(second);
    const entry = { serverId: server(1), name: 'vm1', kind: 'vm', attachments: [] } as const;
    const has = (...addresses: string[]): void => {
      cloud.world.panel.add({ ...entry, ips: addresses.map((address) => assigned(address)) });
    };
    const pairs = (): unknown => first.allowed_address_pairs;
    has('10.10.10.11', '10.10.10.50');
    expect(await cloud.run({ action: 'ip_assigned', serverId: 1, ip: '10.10.10.50' })).toMatchObject({
      status: 'applied',
      ports: [
        {
          port: first.id,
          added: [{ text: `10.10.10.50 from ${first.mac_address}` }],
          excluded: [{ rule: 'fixed-address' }],
        },
      ],
    });
    expect(pairs()).toEqual([{ ip_address: '10.10.10.50', mac_address: first.mac_address }]);
    expect(await scheduled(cloud.coordinator.workflowId)).toEqual(['updateNeutronPorts']);
    const { addresses } = await workflows.client.workflow.execute<(input: unknown) => Promise<ExplainResult>>(
      EXPLAIN_WORKFLOW,
      {
        workflowId: randomUUID(),
        taskQueue: cloud.taskQueue,
        args: [{ server: 1 }],
      },
    );
    expect(addresses).toMatchObject([
      { ip: '10.10.10.11', state: 'left-out' },
      { ip: '10.10.10.50', state: 'bound' },
    ]);
    expect(JSON.stringify(addresses)).not.toMatch(/VLAN|pxe_mac/);
    expect(addresses[1]?.sources).toContain(`device: the port of vm1 has the MAC ${first.mac_address}`);
    has('10.10.10.11');
    expect(await cloud.run({ action: 'ip_removed', serverId: 1, ip: '10.10.10.50' })).toMatchObject({
      status: 'applied',
    });
    expect([pairs(), JSON.stringify(second)]).toEqual([[], sibling]);

    const tagged = { serverId: server(2), name: 'vm2', kind: 'dedicated', attachments: [] } as const;
    cloud.world.panel.add({ ...tagged, ips: ['10.10.10.21', '10.10.10.60'].map((address) => assigned(address)) });
    const event = { action: 'ip_assigned', serverId: 2, ip: '10.10.10.60' } as const;
    expect(await cloud.run(event)).toMatchObject({ status: 'skipped' });
    lab.ports.tags(operator, third.id, () => ['portwarden-server-2']);
    expect(await cloud.run(event)).toMatchObject({ status: 'applied', ports: [{ port: third.id }] });
    const bound = [{ ip_address: '10.10.10.60', mac_address: third.mac_address }];
    expect(third.allowed_address_pairs).toEqual(bound);
    lab.ports.tags(operator, second.id, () => ['portwarden-server-2']);
    const removal = { ...event, action: 'ip_removed' } as const;
    cloud.world.panel.add({ ...tagged, ips: [assigned('10.10.10.21')] });
    await expect(cloud.run(removal)).rejects.toThrow();
    expect([third.allowed_address_pairs, second.allowed_address_pairs]).toEqual([bound, []]);
    lab.ports.tags(operator, second.id, () => []);
    expect(await cloud.run(removal)).toMatchObject({ status: 'applied' });
    expect(third.allowed_address_pairs).toEqual([]);
  } finally {
    await lab.close();
  }
});
