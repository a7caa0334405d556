import type { FaultKind } from '../../../lab/tenantos/faults';
import type { ProxmoxFault } from '../../../lab/proxmox/faults';
import type { Random } from '../../chaos/random';

/** What is told of the three servers of each port, while the fault lasts. */
export const ACTIONS = ['ip_assigned', 'ip_removed', 'server_deleted'] as const;
export type Action = (typeof ACTIONS)[number];

const HTML = '<html><body><h1>404 Not Found</h1></body></html>';

/** Every way in which an answer goes wrong, as the panel does it. */
export const PANEL_FAULTS: Readonly<Record<string, FaultKind>> = {
  '404 JSON of the panel': { kind: 'not-found' },
  '404 JSON of a gateway': { kind: 'gateway-404' },
  '404 HTML': { kind: 'proxy-404' },
  '403': { kind: 'status', status: 403 },
  '429': { kind: 'status', status: 429, retryAfter: 1 },
  '500': { kind: 'status', status: 500 },
  'empty list': { kind: 'empty-list' },
  'half a list': { kind: 'half-list' },
  null: { kind: 'null-result' },
  '{}': { kind: 'empty-object' },
  hang: { kind: 'hang' },
  drop: { kind: 'drop' },
  cut: { kind: 'cut' },
  'other id': { kind: 'other-id' },
};

/** The same as Proxmox does it. */
export const PROXMOX_FAULTS: Readonly<Record<string, ProxmoxFault>> = {
  '404 JSON': { kind: 'status', status: 404, reason: 'Not Found' },
  '404 HTML': { kind: 'status', status: 404, reason: 'Not Found', body: HTML },
  '403': { kind: 'status', status: 403, reason: 'Permission check failed' },
  '429': { kind: 'status', status: 429, reason: 'Too Many Requests', retryAfter: 1 },
  '500': { kind: 'status', status: 500, reason: 'got timeout' },
  'empty list': { kind: 'garbage', body: '{"data":[]}' },
  'half a list': { kind: 'half' },
  null: { kind: 'garbage', body: '{"data":null}' },
  '{}': { kind: 'garbage', body: '{"data":{}}' },
  hang: { kind: 'timeout' },
  drop: { kind: 'drop' },
  cut: { kind: 'truncate' },
  'other id': { kind: 'other-id' },
};

const FAULTS = { panel: PANEL_FAULTS, proxmox: PROXMOX_FAULTS } as const;
const EVERY_SERVER = 'GET /servers';
const FAULTS_OF_A_SAMPLE = 2;

/** A call of a source. */
export interface Call {
  readonly source: 'panel' | 'proxmox';
  /** As docs and logs write it; `#` stands for a number or a name. */
  readonly name: string;
  /** What it is about: one server, the switch of a port, the cluster of a port, or everything. */
  readonly scope: 'server' | 'switch' | 'cluster' | 'everything';
  /** Regular expression on the path; `#` stands for the number that the scope gives. */
  readonly path: string;
  /** Which servers the port has. */
  readonly servers: 'dedicated' | 'vm';
  /** What has to be so for the call to be made. */
  readonly needs?: 'no-ips' | 'no-vlan' | 'staged' | 'container' | 'arriving' | 'arriving-by-ha';
}

/** The calls that portwarden makes for an event, each with the servers that it is made for. */
const CALLS: readonly Call[] = [
  { source: 'panel', name: 'GET /servers/#', scope: 'server', path: '^/servers/#$', servers: 'dedicated' },
  {
    source: 'panel',
    name: 'GET /servers/#/connections',
    scope: 'server',
    path: '^/servers/#/connections$',
    servers: 'dedicated',
  },
  {
    source: 'panel',
    name: 'GET /servers/#/ipassignments',
    scope: 'server',
    path: '^/servers/#/ipassignments$',
    servers: 'dedicated',
    needs: 'no-ips',
  },
  {
    source: 'panel',
    name: 'GET /networkDevices/#',
    scope: 'switch',
    path: '^/networkDevices/#$',
    servers: 'dedicated',
  },
  {
    source: 'panel',
    name: 'GET /networkDevices/#/extendedDetails',
    scope: 'switch',
    path: '^/networkDevices/#/extendedDetails$',
    servers: 'dedicated',
    needs: 'no-vlan',
  },
  { source: 'panel', name: 'GET /servers', scope: 'everything', path: '^/servers$', servers: 'dedicated' },
  { source: 'panel', name: 'GET /servers', scope: 'everything', path: '^/servers$', servers: 'vm' },
  { source: 'panel', name: 'GET /subnets', scope: 'everything', path: '^/subnets$', servers: 'dedicated' },
  { source: 'panel', name: 'GET /externalProviders', scope: 'everything', path: '^/externalProviders$', servers: 'vm' },
  { source: 'proxmox', name: 'GET /cluster/resources', scope: 'cluster', path: '^/cluster/resources', servers: 'vm' },
  { source: 'proxmox', name: 'GET /cluster/status', scope: 'cluster', path: '^/cluster/status', servers: 'vm' },
  { source: 'proxmox', name: 'GET /access/permissions', scope: 'cluster', path: '^/access/permissions', servers: 'vm' },
  { source: 'proxmox', name: 'GET /nodes/#/network', scope: 'cluster', path: '^/nodes/[^/]+/network', servers: 'vm' },
  { source: 'proxmox', name: 'GET /cluster/sdn/vnets', scope: 'cluster', path: '^/cluster/sdn/vnets', servers: 'vm' },
  { source: 'proxmox', name: 'GET /cluster/sdn/zones', scope: 'cluster', path: '^/cluster/sdn/zones', servers: 'vm' },
  {
    source: 'proxmox',
    name: 'GET /nodes/#/sdn/zones/localnetwork/bridges',
    scope: 'cluster',
    path: '/localnetwork/bridges',
    servers: 'vm',
    needs: 'staged',
  },
  { source: 'proxmox', name: 'GET /nodes/#/qemu/#/config', scope: 'cluster', path: '/qemu/\\d+/config', servers: 'vm' },
  {
    source: 'proxmox',
    name: 'GET /nodes/#/lxc/#/config',
    scope: 'cluster',
    path: '/lxc/\\d+/config',
    servers: 'vm',
    needs: 'container',
  },
  {
    source: 'proxmox',
    name: 'GET /cluster/tasks',
    scope: 'cluster',
    path: '^/cluster/tasks',
    servers: 'vm',
    needs: 'arriving',
  },
  {
    source: 'proxmox',
    name: 'GET /nodes/#/tasks/#/log',
    scope: 'cluster',
    path: '/tasks/[^/]+/log',
    servers: 'vm',
    needs: 'arriving',
  },
  {
    source: 'proxmox',
    name: 'GET /cluster/ha/status/manager_status',
    scope: 'cluster',
    path: '^/cluster/ha/status/manager_status',
    servers: 'vm',
    needs: 'arriving-by-ha',
  },
];

/** Whether a guest is on its way to the port's node while the call fails: only then the call is made. */
export function hasArriving({ needs }: Call): boolean {
  return needs === 'arriving' || needs === 'arriving-by-ha';
}

/** A port with three servers of its own at which one call is made to fail. */
export interface Spot {
  readonly index: number;
  readonly call: Call;
  /** The one fault that is tried here; all of them, one after the other, where there is none. */
  readonly only: string | undefined;
}

/**
 * Calls that fail at once in each part of the matrix. The list of all servers is needed for everything else; servers that are
 * plugged in do not need the providers.
 */
export const TOGETHER = {
  everyServer: ({ name }: Call): boolean => name === EVERY_SERVER,
  subnetsAndProviders: ({ scope, name }: Call): boolean => scope === 'everything' && name !== EVERY_SERVER,
  oneThing: (call: Call): boolean => call.scope !== 'everything' && !isOfMoves(call),
  containersAndMoves: (call: Call): boolean => isOfMoves(call),
} as const;

function isOfMoves(call: Call): boolean {
  return call.needs === 'container' || hasArriving(call);
}

/** The faults of a call. An entry is one server's own word about itself: half of it is a smaller truth, which the guards bound. */
export function faultsOf(call: Call): readonly string[] {
  const faults = Object.keys(FAULTS[call.source]);
  return call.name === 'GET /servers/#' ? faults.filter((fault) => fault !== 'half a list') : faults;
}

/** Which faults a call is tried with. */
export type FaultsOf = (call: Call) => readonly string[];

/**
 * Two faults of each call, and each fault of each source at some call: they are drawn from all in any order until all were
 * drawn, then from all again.
 */
export function drawnFaults(random: Random): FaultsOf {
  const left: Record<Call['source'], string[]> = { panel: [], proxmox: [] };
  const drawn = new Map<Call, readonly string[]>();
  for (const call of CALLS) {
    const deck = left[call.source];
    const two: string[] = [];
    while (two.length < FAULTS_OF_A_SAMPLE) {
      const at = deck.findIndex((fault) => faultsOf(call).includes(fault) && !two.includes(fault));
      if (at === -1) deck.push(...random.shuffle(Object.keys(FAULTS[call.source])));
      else two.push(...deck.splice(at, 1));
    }
    drawn.set(call, two);
  }
  return (call) => drawn.get(call) ?? [];
}

/** A cell as failures name it. */
export function cellName({ source, name, servers }: Call, fault: string, action: Action): string {
  return `${source} ${name} × ${fault} × ${action} (${servers})`;
}

/** A mistaken deletion is looked at for half a minute: faults that concern one server are tried side by side. */
export function spots(tried: FaultsOf): readonly Spot[] {
  const all = CALLS.flatMap((call): Omit<Spot, 'index'>[] =>
    call.scope === 'server' ? tried(call).map((fault) => ({ call, only: fault })) : [{ call, only: undefined }],
  );
  return all.map((spot, index) => ({ ...spot, index: index + 1 }));
}
