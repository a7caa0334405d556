import { addressesOf } from '../../src/domain/change/statement';
import { PortwardenError } from '../../src/domain/errors';
import {
  ADOPT_WORKFLOW,
  applyAllId,
  ALARMS_WORKFLOW,
  ASSIGN_VIRTUAL_MAC_WORKFLOW,
  CHANGE_KEEPS_WORKFLOW,
  DECIDE_PARKED_WORKFLOW,
  BACKUP_WORKFLOW,
  CHANGE_POLICY_WORKFLOW,
  COMPARE_BACKUP_WORKFLOW,
  CONFIGURATION_PREVIEW_WORKFLOW,
  COVERAGE_WORKFLOW,
  END_POLICY_WORKFLOW,
  EXPLAIN_WORKFLOW,
  planApplyAllId,
  PLAN_RELEASE_WORKFLOW,
  PLAN_RESTORE_WORKFLOW,
  notificationWorkflowId,
  PREVIEW_POLICY_WORKFLOW,
  PREVIEW_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
  REVOKE_VIRTUAL_MAC_WORKFLOW,
  SIGNALS,
  UNKNOWN_BINDINGS_WORKFLOW,
  WATCH_WORKFLOW,
} from '../../src/protocol/names';
import type { DeliveryAnswer } from '../../src/domain/notifications/answer';
import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';
import { createNotificationDeliveries } from '../../src/temporal/notifications';
import { entry } from '../store/journalEntry';
import { createApplyAllService } from '../../src/app/applying';
import type { Scope } from '../../src/domain/values/scope';
import type { PlanApplyAllResult } from '../../src/protocol/applyAll';
import { createApplyAll } from '../../src/temporal/applyAll';
import { assigned, attachment, ip, mac, server, statement, vlan } from '../activities/fakes/values';
import { addDedicated, addListed, addressOf, addVm, held, macOf, pause, resume } from '../workflows/siteWorld';
import type { Site, WorkflowServer } from '../workflows/workflowServer';

/** A workflow run whose history is worth keeping. */
export interface Recorded {
  readonly name: string;
  readonly workflowId: string;
  /** Which run; the newest when absent. */
  readonly runId?: string;
}

const assign = (id: number) => ({ action: 'ip_assigned', serverId: id, ip: addressOf(id) });

/** What histories are recorded of: each makes things happen on a real server and names the runs. */
export const SCENARIOS: readonly ((workflows: WorkflowServer) => Promise<readonly Recorded[]>)[] = [
  dedicated,
  vm,
  burst,
  faults,
  operators,
  manyNodes,
  decisions,
  parkedDecisions,
  holds,
  looks,
  backups,
  reconciles,
  virtualMacs,
  policies,
  applyingAll,
  continueAsNew,
  notifications,
];

/** One that is tried again because its receiver was away, and one that is delivered at once. */
async function notifications(workflows: WorkflowServer): Promise<Recorded[]> {
  let tries = 0;
  const send = (): Promise<DeliveryAnswer> => {
    tries += 1;
    const error = 'notification-unreachable: The receiver does not answer: ECONNREFUSED';
    return Promise.resolve(tries === 1 ? { kind: 'failed', error } : { kind: 'delivered', status: 204 });
  };
  const schedule = { pauses: [200], jitter: 0 };
  const site = await workflows.startSite({ notifications: { endpoints: new Map([['ops', send]]), schedule } });
  const { journal, notifications: store } = site.world.store;
  const ops = {
    id: 'ops',
    origin: 'https://hooks.example.com',
    format: 'standard',
    types: NOTIFICATION_TYPES,
  } as const;
  await store.register([ops], new Date());
  await journal.append([entry(site.device), entry(site.device)]);
  await store.spread(10);
  const names = ['notification-tried-again', 'notification'];
  const recorded: Recorded[] = [];
  for (const key of await store.next('ops', 2, new Date())) {
    const workflowId = notificationWorkflowId(key);
    await createNotificationDeliveries(workflows.client, site.taskQueue).deliver(key);
    await workflows.client.workflow.getHandle(workflowId).result();
    recorded.push({ name: names[recorded.length] ?? '', workflowId });
  }
  return recorded;
}

/** A plan, a run that waits, is paused, goes on and finds a port that differs, and a long one that continues as new. */
async function applyingAll(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite({ settings: { batchPorts: 5, historyLimit: 40 } });
  const ports = Array.from({ length: 40 }, (_, index) => addListed(site, index + 1));
  const scope: Scope = { kind: 'device', device: site.device };
  const service = createApplyAll(workflows.client, site.taskQueue);
  const applying = createApplyAllService({ ...site.world, workflows: service });
  const by = { author: 'ada', reason: 'after the import' };
  await service.plan('recorded-plan', scope, 'ada');
  const { hash } = (await workflows.client.workflow.getHandle(planApplyAllId(scope)).result()) as PlanApplyAllResult;
  const [differing] = ports;
  if (differing !== undefined) site.world.device.actual.set(differing, [held(1, macOf(99))]);
  await site.world.store.pauses.begin({ scope, author: 'bob', reason: 'a new line card' }, new Date());
  await applying.run(scope, hash, by);
  while ((await service.progress(scope))?.waiting !== 5) await new Promise((resolve) => setTimeout(resolve, 50));
  const first = await workflows.client.workflow.getHandle(applyAllId(scope)).describe();
  await applying.say(scope, 'pause', by);
  await resume(site);
  await site.until(({ pending }) => pending.length === 0);
  await applying.say(scope, 'resume', by);
  await workflows.client.workflow.getHandle(applyAllId(scope)).result();
  return [
    { name: 'plan-apply-all', workflowId: planApplyAllId(scope) },
    { name: 'apply-all-first-part', workflowId: applyAllId(scope), runId: first.runId },
    { name: 'apply-all-last-part', workflowId: applyAllId(scope) },
    { name: 'apply-all-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function dedicated(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  addDedicated(site, 1);
  const workflowId = await site.start(assign(1));
  await site.result(workflowId);
  return [
    { name: 'dedicated-event', workflowId },
    { name: 'dedicated-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function vm(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  addVm(site, 301);
  addVm(site, 302);
  const assigned = await site.start(assign(301));
  await site.result(assigned);
  site.world.panel.servers.delete(server(302));
  site.world.cluster.nodes.set('pve1', (site.world.cluster.nodes.get('pve1') ?? []).slice(0, 1));
  const deleted = await site.start({ action: 'server_deleted', serverId: 302 });
  await site.result(deleted);
  return [
    { name: 'vm-event', workflowId: assigned },
    { name: 'vm-deleted-event', workflowId: deleted },
    { name: 'vm-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function burst(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite({ settings: { batchPorts: 10 } });
  const ids = Array.from({ length: 30 }, (_, i) => i + 1);
  for (const id of ids) addDedicated(site, id);
  addVm(site, 301);
  let isBegun = false;
  let goOn: (() => void) | undefined;
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  site.world.device.beforeCommit = async () => {
    isBegun = true;
    await mayGoOn;
  };
  const first = await site.start(assign(1));
  await site.until(() => isBegun);
  // These come while a pass runs.
  const others = await Promise.all([...ids.slice(1), 301].map((id) => site.start(assign(id))));
  await site.until(({ pending }) => pending.length === others.length);
  goOn?.();
  const events = [first, ...others];
  await Promise.all(events.map((id) => site.result(id)));
  return [
    { name: 'burst-event', workflowId: events.at(-2) ?? '' },
    { name: 'burst-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function faults(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite({ settings: { initialBackoffMs: 500, idleExitMs: 1_000 } });
  addDedicated(site, 1);
  addVm(site, 301);
  site.world.device.fault = new PortwardenError('device-busy', 'configuration database locked by admin');
  const waiting = await site.start(assign(1));
  await site.until((state) => state.deviceError !== undefined);
  site.world.panel.fail('getServer', new PortwardenError('panel-failed', 'HTTP 500'));
  site.world.panel.fail('vmServerIds', new PortwardenError('panel-throttled', 'HTTP 429'));
  const slow = await site.start(assign(301));
  while (site.count('fetchServerIps') < 4) await new Promise((resolve) => setTimeout(resolve, 50));
  site.world.panel.mend();
  site.world.device.fault = undefined;
  await Promise.all([site.result(waiting), site.result(slow)]);
  await site.coordinator.result();
  return [
    { name: 'device-busy-event', workflowId: waiting },
    { name: 'panel-down-event', workflowId: slow },
    { name: 'faults-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function operators(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const at = addDedicated(site, 1);
  const bindings = [held(1), ...['10.9.9.1', '10.9.9.2', '10.9.9.3'].map((address) => statement(address, macOf(1)))];
  site.world.device.actual.set(at, bindings);
  site.world.store.placed.set(server(1), {
    serverId: server(1),
    kind: 'dedicated',
    ports: [{ device: site.device, port: at }],
    ips: addressesOf(bindings),
  });
  site.world.panel.add({
    serverId: server(1),
    name: 'srv-1',
    kind: 'dedicated',
    ips: [],
    attachments: [attachment(site.device, at)],
    pxeMac: mac(macOf(1)),
  });
  await site.startCoordinator();
  await pause(site);
  await site.coordinator.signal(SIGNALS.enlist, [null, { port: 7 }]);
  const parked = await site.start(assign(1));
  await site.until((state) => state.pending.length === 1);
  await resume(site);
  await site.result(parked);
  await site.coordinator.signal(SIGNALS.reject, at);
  await site.coordinator.signal(SIGNALS.retryNow);
  await site.result(await site.start(assign(1)));
  await site.coordinator.signal(SIGNALS.approve, at);
  await site.until((state) => state.lastOutcomes.some((outcome) => outcome.status === 'applied'));
  return [
    { name: 'parked-event', workflowId: parked },
    { name: 'operators-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

/** More nodes than are read at once, one of which outlasts a quick step. */
async function manyNodes(workflows: WorkflowServer): Promise<Recorded[]> {
  const nodes = [1, 2, 3, 4, 5];
  const site = await workflows.startSite({
    wrap: (own) => ({
      gatherVmMacs: async (input) => {
        if (input.node === 'pve2') await new Promise((resolve) => setTimeout(resolve, 5_300));
        return own.gatherVmMacs(input);
      },
    }),
  });
  for (const n of nodes) addVm(site, 300 + n, `pve${n}`, `ae${n}.0`);
  await site.startCoordinator();
  await pause(site);
  const events = await Promise.all(nodes.map((n) => site.start(assign(300 + n))));
  await site.until((state) => state.pending.length === nodes.length);
  await resume(site);
  await Promise.all(events.map((id) => site.result(id)));
  return [{ name: 'many-nodes-coordinator', workflowId: site.coordinator.workflowId }];
}

async function decisions(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const at = addDedicated(site, 1);
  const [router, other] = [statement('10.9.9.1', macOf(1)), statement('10.9.9.2', macOf(1))];
  site.world.device.actual.set(at, [held(1), router, other]);
  const { device } = site;
  const said = { author: 'ada', reason: 'office' };
  const run = (workflow: string, input: object): Promise<string> => runShort(workflows, site, workflow, input);
  const statements = [
    { key: router.key, adoption: 'keep' },
    { key: other.key, adoption: 'remove' },
  ];
  return [
    { name: 'unknown-bindings', workflowId: await run(UNKNOWN_BINDINGS_WORKFLOW, { device }) },
    { name: 'adopt', workflowId: await run(ADOPT_WORKFLOW, { device, ports: [{ port: at, statements }], ...said }) },
    {
      name: 'change-keeps',
      workflowId: await run(CHANGE_KEEPS_WORKFLOW, { change: 'remove', ids: ['1'], ...said }),
    },
  ];
}

/** A person rejects what is parked on a port, and approves it when it is parked again. */
async function parkedDecisions(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const at = addDedicated(site, 1);
  const unknown = ['10.9.9.1', '10.9.9.2', '10.9.9.3'].map((address) => statement(address, macOf(1)));
  site.world.device.actual.set(at, [held(1), ...unknown]);
  const ask = (verdict: 'approve' | 'reject'): Promise<string> => {
    const input = { verdict, device: site.device, ports: [{ port: at }], author: 'ada', reason: 'moved' };
    return runShort(workflows, site, DECIDE_PARKED_WORKFLOW, input, `${DECIDE_PARKED_WORKFLOW}-${verdict}`);
  };
  await site.run(assign(1));
  const rejected = await ask('reject');
  await site.run(assign(1));
  return [
    { name: 'reject-parked', workflowId: rejected },
    { name: 'approve-parked', workflowId: await ask('approve') },
    { name: 'decided-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

/** A port is restored, an event of it is held, and it is released. */
async function holds(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const at = addDedicated(site, 1);
  const { device, world } = site;
  await site.run(assign(1));
  world.device.readConfiguration = async () => ({ text: '' });
  const [lost] = world.device
    .stateOf(new Map())
    .translate(at, [{ ip: ip(addressOf(9)), mac: mac(macOf(1)), vlan: vlan(13) }]).statements;
  const bindings = [{ port: at, statements: [held(1), ...(lost === undefined ? [] : [{ ...lost, vlan: vlan(13) }])] }];
  const backup = await world.store.backups.add(device, 'then', 'schedule', bindings);
  const run = (workflow: string, input: object): Promise<string> => runShort(workflows, site, workflow, input);
  const hashOf = async (workflowId: string): Promise<string> =>
    ((await workflows.client.workflow.getHandle(workflowId).result()) as { hash: string }).hash;
  const said = { author: 'ada', reason: 'wrong ticket' };
  const plan = await run(PLAN_RESTORE_WORKFLOW, { device, backup, port: at });
  const expiresAt = '2099-01-01T00:00:00Z';
  const restore = await run(RESTORE_WORKFLOW, {
    device,
    backup,
    port: at,
    hash: await hashOf(plan),
    expiresAt,
    ...said,
  });
  const event = await site.start(assign(1));
  await site.result(event);
  const end = await run(PLAN_RELEASE_WORKFLOW, { ids: ['1'] });
  const release = await run(RELEASE_HOLDS_WORKFLOW, { ids: ['1'], hash: await hashOf(end), ...said });
  return [
    { name: 'plan-restore', workflowId: plan },
    { name: 'restore-backup', workflowId: restore },
    { name: 'held-event', workflowId: event },
    { name: 'plan-release', workflowId: end },
    { name: 'release-holds', workflowId: release },
    { name: 'held-coordinator', workflowId: site.coordinator.workflowId },
  ];
}

async function looks(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  addDedicated(site, 1);
  addVm(site, 301);
  await site.run(assign(301));
  const { device } = site;
  const proposed = { map: [], allowlist: [], clusters: {}, guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 } };
  const looked = [
    ['watch', WATCH_WORKFLOW, { cluster: 'pve' }],
    ['judge-alarms', ALARMS_WORKFLOW, {}],
    ['watch-refused', WATCH_WORKFLOW, { cluster: 'elsewhere' }],
    ['preview', PREVIEW_WORKFLOW, { device }],
    ['explain', EXPLAIN_WORKFLOW, { ip: addressOf(301) }],
    ['coverage', COVERAGE_WORKFLOW, { device, port: 'ge-0/0/1.0' }],
    ['preview-configuration', CONFIGURATION_PREVIEW_WORKFLOW, { proposed }],
  ] as const;
  const recorded: Recorded[] = [];
  for (const [name, workflow, input] of looked)
    recorded.push({ name, workflowId: await runShort(workflows, site, workflow, input, name) });
  return recorded;
}

async function backups(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const { device, world } = site;
  addDedicated(site, 1);
  await site.run(assign(1));
  const from = await world.store.backups.add(device, 'before', 'before a change');
  world.store.backupRuns.clear();
  const run = (workflow: string, name: string) => runShort(workflows, site, workflow, { device, from }, name);
  world.device.readConfiguration = async () => ({ text: 'now' });
  const recorded = [
    { name: 'back-up-devices', workflowId: await run(BACKUP_WORKFLOW, 'back-up-devices') },
    { name: 'compare-backup', workflowId: await run(COMPARE_BACKUP_WORKFLOW, 'compare-backup') },
  ];
  world.store.backupRuns.clear();
  world.device.fault = new PortwardenError('device-rejected', 'the login may not read it');
  world.device.readConfiguration = () => world.device.readState().then(() => ({ text: '' }));
  return [
    ...recorded,
    { name: 'back-up-devices-away', workflowId: await run(BACKUP_WORKFLOW, 'back-up-devices-away') },
  ];
}

async function reconciles(workflows: WorkflowServer): Promise<Recorded[]> {
  const settings = { mode: 'enforce' as const, everyMs: 0, settleMs: 100, devices: new Map<never, never>() };
  const site = await workflows.startSite({ reconcile: settings });
  const at = addDedicated(site, 1);
  await site.run(assign(1));
  const run = (name: string) => runShort(workflows, site, 'reconcile', { device: site.device }, name);
  const converged = await run('reconcile');
  site.world.device.actual.set(at, []);
  return [
    { name: 'reconcile', workflowId: converged },
    { name: 'reconcile-drift', workflowId: await run('reconcile-drift') },
  ];
}

async function virtualMacs(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  const further = ip('10.9.0.7');
  const at = attachment(site.device, 'ge-0/0/1.0');
  const ips = [assigned(addressOf(1)), assigned(further, { primary: false })];
  site.world.panel.add({
    serverId: server(1),
    name: 'srv-1',
    kind: 'dedicated',
    ips,
    attachments: [at],
    pxeMac: mac(macOf(1)),
  });
  for (const address of [ip(addressOf(1)), further]) site.world.panel.vlans.set(address, vlan(13));
  await site.run(assign(1));
  const run = (workflow: string, input: object): Promise<string> => runShort(workflows, site, workflow, input);
  const given = await run(ASSIGN_VIRTUAL_MAC_WORKFLOW, { server: 1, ip: further });
  const [row] = site.world.store.virtualMacs.rows;
  return [
    { name: 'assign-virtual-mac', workflowId: given },
    { name: 'revoke-virtual-mac', workflowId: await run(REVOKE_VIRTUAL_MAC_WORKFLOW, { mac: row?.mac }) },
  ];
}

async function policies(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite();
  for (const id of [1, 2]) addDedicated(site, id);
  for (const id of [1, 2]) await site.run(assign(id));
  const { device } = site;
  const run = (workflow: string, input: object, name?: string): Promise<string> =>
    runShort(workflows, site, workflow, input, name);
  const expiresAt = new Date(Date.now() + 3_000).toISOString();
  const off = { change: 'set', device, portSecurity: 'off', author: 'ada', reason: 'capture' };
  const previewed = await run(PREVIEW_POLICY_WORKFLOW, off);
  const set = await run(CHANGE_POLICY_WORKFLOW, { ...off, expiresAt });
  const [change] = site.world.store.policies.done;
  while (Date.now() <= Date.parse(expiresAt)) await new Promise((resolve) => setTimeout(resolve, 50));
  const end = { device, version: change?.version };
  return [
    { name: 'preview-policy', workflowId: previewed },
    { name: 'change-policy', workflowId: set },
    { name: 'end-policy', workflowId: await run(END_POLICY_WORKFLOW, end) },
    { name: 'end-policy-superseded', workflowId: await run(END_POLICY_WORKFLOW, end, 'superseded') },
  ];
}

/** Runs one of the short workflows to its end. */
async function runShort(
  { client }: WorkflowServer,
  { taskQueue }: Site,
  workflow: string,
  input: object,
  name = workflow,
): Promise<string> {
  const workflowId = `${taskQueue}-${name}`;
  await client.workflow.execute(workflow, { workflowId, taskQueue, args: [input] });
  return workflowId;
}

async function continueAsNew(workflows: WorkflowServer): Promise<Recorded[]> {
  const site = await workflows.startSite({ settings: { historyLimit: 60 } });
  for (let id = 1; id <= 12; id += 1) addDedicated(site, id);
  await site.startCoordinator();
  const { runId } = await site.coordinator.describe();
  for (let id = 1; id <= 12; id += 1) await site.result(await site.start(assign(id)));
  const { workflowId } = site.coordinator;
  // The last run is worth replaying once it has done a batch of its own, not while it has only begun.
  for (let more = 1; more <= 4 && (await site.coordinator.describe()).historyLength < 10; more += 1)
    await site.result(await site.start(assign(more)));
  return [
    { name: 'continued-coordinator-first-run', workflowId, runId },
    { name: 'continued-coordinator-last-run', workflowId },
  ];
}
