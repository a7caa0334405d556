import type { Trigger } from '../../lab/junos';
import type { ProxmoxFault } from '../../lab/proxmox/faults';
import type { Fault as PanelFault } from '../../lab/tenantos/faults';
import type { LabWorld } from '../../lab/world';
import type { Installation, Member } from './installation';
import type { Random } from './random';
import { CLUSTER, NODES } from './scenario';
import type { SwitchWatch } from './switchWatch';

/** Something that goes wrong for a while. */
export interface Fault {
  readonly name: string;
  /** For how many further steps; 0 is over at once. */
  readonly steps: number;
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
}

/** What faults act on. */
export interface Targets {
  readonly world: LabWorld;
  readonly installation: Installation;
  readonly watches: readonly SwitchWatch[];
  /** Whether the panel may answer that all servers have no addresses (ports may be parked then). */
  readonly emptyAnswers: boolean;
  /** Numbers what other people configure, so that no two statements are the same. */
  nextForeign: number;
}

const nothing = (): void => undefined;
const FOREIGN_TRIES = 10;
const FOREIGN_PAUSE_MS = 300;

/** Draws a fault. */
export function drawFault(random: Random, targets: Targets): Fault {
  return random.weighted<() => Fault>([
    [5, () => processFault(random, targets.installation)],
    [3, () => killAtDevice(random, targets)],
    [6, () => sessionFault(random, random.pick(targets.watches))],
    [3, () => slowSwitch(random, random.pick(targets.watches))],
    [5, () => foreignFault(random, random.pick(targets.watches), targets.nextForeign++)],
    [1, () => crash(random.pick(targets.watches))],
    [5, () => panelFault(random, targets)],
    [4, () => proxmoxFault(random, targets)],
    [2, () => serverFault(random, targets.installation)],
  ])();
}

function processFault(random: Random, installation: Installation): Fault {
  const member = random.pick(installation.members);
  const kind = random.weighted<'kill' | 'end' | 'freeze' | 'long-freeze'>([[6, 'kill'], [2, 'end'], [2, 'freeze'], [1, 'long-freeze']]);
  const name = `${kind} ${member.name}`;
  if (kind === 'kill' || kind === 'end') {
    const end = kind === 'kill' ? (): Promise<boolean> => installation.kill(member) : (): Promise<boolean> => installation.end(member);
    return { name, steps: random.int(0, 3), begin: async () => { await end(); }, end: () => { installation.background(installation.up(member)); } };
  }
  // A long freeze outlasts the heartbeat timeout of 30 s: the attempt that thaws is no longer the current one.
  const ms = kind === 'freeze' ? random.int(1_000, 8_000) : random.int(32_000, 38_000);
  return { name: `${name} for ${ms} ms`, steps: 0, begin: () => { if (installation.freeze(member)) installation.background(thawLater(installation, member, ms)); }, end: nothing };
}

async function thawLater(installation: Installation, member: Member, ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  installation.thaw(member);
}

/** A process is killed at the moment a switch receives a certain operation: before, during and after the commit. */
function killAtDevice(random: Random, { installation, watches }: Targets): Fault {
  const { device, name } = random.pick(watches);
  const operation = random.pick(['lock', 'load-configuration', 'edit-config', 'commit-configuration', 'commit-configuration', 'unlock', 'get-configuration', 'close-session']);
  const member = random.pick(installation.members.filter(({ role }) => role !== 'api'));
  const delayMs = random.int(0, 400);
  const onRpc = (event: { readonly operation: string }): void => {
    if (event.operation !== operation) return;
    device.events.off('rpc', onRpc);
    setTimeout(() => { installation.background(installation.kill(member)); }, delayMs);
  };
  return {
    name: `kill ${member.name} ${delayMs} ms after ${operation} at ${name}`,
    steps: random.int(2, 5),
    begin: () => { device.events.on('rpc', onRpc); },
    end: () => {
      device.events.off('rpc', onRpc);
      installation.background(installation.up(member));
    },
  };
}

function sessionFault(random: Random, watch: SwitchWatch): Fault {
  const { faults } = watch.device;
  if (random.chance(0.1)) {
    const bytes = random.int(100, 9_000);
    return { name: `${watch.name}: drop after ${bytes} bytes`, steps: 2, begin: () => { faults.dropAfterBytes = bytes; }, end: () => { faults.dropAfterBytes = undefined; } };
  }
  const on = random.pick<Trigger['on']>([
    'hello', 'before-commit', 'before-commit', 'during-commit', 'during-commit', 'after-commit-before-reply', 'after-commit-before-reply',
    'rpc:lock', 'reply:lock', 'rpc:load-configuration', 'reply:load-configuration', 'rpc:get-configuration', 'reply:get-configuration', 'rpc:unlock', 'rpc:close-session', 'reply:close-session',
  ]);
  const how = random.weighted<Trigger['do']>([[6, 'drop'], [3, 'hang'], [1, 'crash']]);
  const trigger: Trigger = { on, do: how, times: random.int(1, 2), ...(on === 'during-commit' ? { commits: random.chance(0.5) } : {}) };
  const commits = trigger.commits === undefined ? '' : trigger.commits ? ', commits nevertheless' : ', does not commit';
  return {
    name: `${watch.name}: ${trigger.do} at ${on} (${trigger.times ?? 1}×${commits})`,
    steps: random.int(2, 4),
    begin: () => {
      if (how === 'crash' && !watch.expectCrash()) return;
      faults.triggers.push(trigger);
    },
    end: () => {
      faults.triggers = faults.triggers.filter((other) => other !== trigger);
      if (how === 'crash') watch.expectNoCrash();
    },
  };
}

function slowSwitch(random: Random, watch: SwitchWatch): Fault {
  const { faults } = watch.device;
  const kind = random.pick(['commit', 'commit', 'everything', 'refuse'] as const);
  const [commitMs, latencyMs] = [random.int(3_500, 9_000), random.int(200, 1_500)];
  const before = faults.commitMs;
  const begin = { commit: () => { faults.commitMs = commitMs; }, everything: () => { faults.latencyMs = { '*': latencyMs }; }, refuse: () => { faults.refuseConnections = true; } }[kind];
  const end = { commit: () => { faults.commitMs = before; }, everything: () => { faults.latencyMs = {}; }, refuse: () => { faults.refuseConnections = false; } }[kind];
  const name = { commit: `commits take ${commitMs} ms`, everything: `everything takes ${latencyMs} ms`, refuse: 'refuses connections' }[kind];
  return { name: `${watch.name}: ${name}`, steps: random.int(1, 4), begin, end };
}

/** Somebody else takes the lock, edits for a while, or commits something unrelated. They try a few times when portwarden is at it. */
function foreignFault(random: Random, watch: SwitchWatch, number: number): Fault {
  const kind = random.pick(['lock', 'edits', 'edits', 'commit', 'commit'] as const);
  const text = random.pick([`set interfaces ge-0/0/${random.int(10, 23)} description work-${number}`, `set vlans guest-${number} vlan-id ${1000 + number}`]);
  const lines = kind === 'lock' ? [] : [text];
  const commits = kind === 'commit' || random.chance(0.5);
  const steps = kind === 'commit' ? 0 : random.int(1, 4);
  let began = false;
  const begin = async (): Promise<void> => {
    for (let tries = 0; tries < FOREIGN_TRIES && !began; tries += 1) {
      began = watch.beginForeignWork(lines, kind === 'lock');
      if (!began) await new Promise((resolve) => setTimeout(resolve, FOREIGN_PAUSE_MS));
    }
    if (began && kind === 'commit') watch.endForeignWork(true);
  };
  const end = (): void => { if (began && kind !== 'commit') watch.endForeignWork(commits); };
  return { name: `${watch.name}: somebody else, ${kind}${kind === 'edits' ? (commits ? ' then commit' : ' then rollback') : ''} ${lines.join()}`, steps, begin, end };
}

function crash(watch: SwitchWatch): Fault {
  return { name: `${watch.name}: power failure`, steps: 0, begin: () => { watch.crash(); }, end: nothing };
}

function panelFault(random: Random, { world, emptyAnswers }: Targets): Fault {
  const path = random.pick(['', '', '^/servers$', '^/servers/\\d+$', 'connections$', '^/networkDevices', '^/subnets']);
  const times = random.chance(0.5) ? { times: random.int(1, 6) } : {};
  const ids = [...world.panel.state.servers.keys()].filter(() => random.chance(0.4));
  const kinds: readonly (readonly [number, PanelFault])[] = [
    [3, { kind: 'status', status: 500, path, ...times }],
    [3, { kind: 'status', status: 429, retryAfter: 1, path, ...times }],
    [2, { kind: 'latency', ms: random.int(300, 2_500), path, ...times }],
    [1, { kind: 'hang', path, times: random.int(1, 3) }],
    [2, { kind: 'drop', path, ...times }],
    [1, { kind: 'cut', path, ...times }],
    [1, { kind: 'garbage', path, ...times }],
    [1, { kind: 'proxy-404', path, ...times }],
    [3, { kind: 'missing-servers', serverIds: ids }],
    [1, { kind: 'no-ips' }],
    [emptyAnswers ? 4 : 0, { kind: 'empty-ips', path: '^/servers$' }],
  ];
  const fault = random.weighted(kinds);
  return { name: `panel: ${JSON.stringify(fault)}`, steps: random.int(1, 4), begin: () => { world.panel.fault(fault); }, end: () => { world.panel.clearFaults(); } };
}

function proxmoxFault(random: Random, { world }: Targets): Fault {
  const cluster = world.clusters.get(CLUSTER);
  const node = cluster?.cluster.node(random.pick(NODES));
  const steps = random.int(1, 4);
  const offline = random.chance(0.2);
  const path = random.pick(['', '/cluster/resources', '/config$', '/network', '/cluster/status']);
  const times = random.chance(0.5) ? { times: random.int(1, 6) } : {};
  const fault = random.weighted<ProxmoxFault>([
    [3, { kind: 'status', status: 500, path, ...times }],
    [2, { kind: 'status', status: 595, reason: 'No route to host', path, ...times }],
    [1, { kind: 'status', status: 429, path, retryAfter: 1, ...times }],
    [2, { kind: 'latency', latencyMs: random.int(300, 2_500), path, ...times }],
    [1, { kind: 'timeout', path, times: random.int(1, 3) }],
    [2, { kind: 'drop', path, ...times }],
    [1, { kind: 'truncate', path, ...times }],
    [1, { kind: 'garbage', path, ...times }],
  ]);
  if (offline && node !== undefined) {
    return { name: `proxmox: ${node.name} is offline`, steps, begin: () => { node.online = false; }, end: () => { node.online = true; } };
  }
  let remove = nothing;
  return { name: `proxmox: ${JSON.stringify(fault)}`, steps, begin: () => { remove = cluster?.addFault(fault) ?? nothing; }, end: () => { remove(); } };
}

function serverFault(random: Random, installation: Installation): Fault {
  const store = installation.layout === 'split' && random.chance(0.4);
  const steps = random.int(0, 2);
  if (store) return { name: 'PostgreSQL stops', steps, begin: async () => { await installation.pauseStore(); }, end: () => installation.resumeStore() };
  return { name: 'kill the Temporal server', steps, begin: async () => { await installation.killTemporal(); }, end: () => installation.restoreTemporal() };
}
