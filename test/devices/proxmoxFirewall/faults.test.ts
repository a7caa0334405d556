import { FILTER_WRITER } from '../../../lab/proxmox/access';
import type { ProxmoxFault } from '../../../lab/proxmox/faults';
import { FirewallClient } from '../../../src/clients/proxmox/firewall';
import { ProxmoxFirewallDevice } from '../../../src/devices/proxmoxFirewall/proxmoxFirewallDevice';
import { DEFAULT_FILTER_SETTINGS } from '../../../src/devices/proxmoxFirewall/settings';
import { PortwardenError } from '../../../src/domain/errors';
import { parseIp } from '../../../src/domain/values/ip';
import { PROXMOX_FAULTS } from '../../system/faultMatrix/cells';
import { campaign } from '../../support/campaign';
import { PolicySite } from '../policySite';
import { bind, outcomeOf, target } from '../support';
import { FIRST, startCluster, type FilteredCluster } from './cluster';

/*
 * Every call that the driver makes, failing in every way, in the middle of every sort of change: a filter in force is never
 * without an address that is true, never empty and never opened; what is said to be applied is; and the next pass ends it.
 * Actions take turns; PORTWARDEN_FAULT_MATRIX=whole plays every cell. `npm test` plays every so many of them, in turn for each
 * call, so that each call meets some faults and each fault some calls.
 */
const WHOLE = process.env['PORTWARDEN_FAULT_MATRIX'] === 'whole';

const { runs: ONE_OF, seed: SEED } = campaign({
  name: 'one of how many cells of the faults of filters',
  sample: 5,
  whole: 1,
  runsVariable: 'PORTWARDEN_FILTER_FAULTS',
  seedVariable: 'PORTWARDEN_FILTER_FAULTS_SEED',
});

const FAULTS: Readonly<Record<string, ProxmoxFault>> = {
  ...PROXMOX_FAULTS,
  'lost answer': { kind: 'drop', carriedOut: true, times: 1 },
  digest: {
    kind: 'status',
    status: 500,
    reason: 'detected modified configuration - file changed by other user? Try again.',
  },
};

const FILTERS = { switchOn: { nicFirewall: true, macFilter: true, ipFilter: false } };
const NIC = 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=100';
const [TRUE, FURTHER] = ['192.0.2.10', '192.0.2.11'] as const;

/** A sort of change, with what is there before and after it. `off`: a policy says so after it, `on`: it said so before. */
interface Action {
  /** The options that the configuration switches on are off before it. */
  readonly options?: true;
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[];
  readonly security?: 'off' | 'on';
}
const ACTIONS: Readonly<Record<string, Action>> = {
  'an address comes': { before: [TRUE], after: [TRUE, FURTHER] },
  'an address goes': { before: [TRUE, FURTHER], after: [TRUE] },
  'a first filter': { before: undefined, after: [TRUE] },
  'security off': { before: [TRUE], after: [TRUE], security: 'off' },
  'options are switched on': { before: [TRUE], after: [TRUE], options: true },
  'security on again': { before: [TRUE], after: [TRUE], security: 'on' },
};

/** The calls, by method and path, with the actions that make them; absent: all. */
const CALLS: readonly { readonly method: string; readonly path: string; readonly actions?: readonly string[] }[] = [
  { method: 'GET', path: '^/cluster/status' },
  { method: 'GET', path: '^/cluster/resources' },
  { method: 'GET', path: '^/cluster/firewall/options' },
  { method: 'GET', path: '/qemu/101/config' },
  { method: 'GET', path: '/qemu/101/firewall/options' },
  { method: 'GET', path: '/firewall/ipset$' },
  {
    method: 'GET',
    path: '/ipset/ipfilter-net0$',
    actions: ['an address comes', 'an address goes', 'options are switched on', 'security off', 'security on again'],
  },
  { method: 'GET', path: '/ipset/portwarden-off-net0$', actions: ['security on again', 'a first filter'] },
  { method: 'POST', path: '/firewall/ipset$', actions: ['a first filter', 'security off', 'security on again'] },
  { method: 'POST', path: '/ipset/ipfilter-net0$', actions: ['an address comes'] },
  { method: 'POST', path: '/ipset/portwarden-net0$', actions: ['a first filter'] },
  { method: 'DELETE', path: '/ipset/ipfilter-net0/', actions: ['an address goes'] },
  { method: 'PUT', path: '/qemu/101/config', actions: ['options are switched on'] },
  { method: 'PUT', path: '/qemu/101/firewall/options', actions: ['options are switched on'] },
];

const cells = CALLS.flatMap(({ method, path, actions = Object.keys(ACTIONS) }, call) =>
  Object.entries(FAULTS)
    .filter(([name]) => name !== 'digest' || method !== 'GET')
    .filter((_fault, turn) => (turn + call + SEED) % ONE_OF === 0)
    .flatMap(([fault]) =>
      actions
        .filter((_action, index) => WHOLE || index === (call + Object.keys(FAULTS).indexOf(fault)) % actions.length)
        // What is left of options is what Proxmox answers where the others have their default: nobody can tell.
        .filter((action) => !(action === 'options are switched on' && fault === 'half a list' && /options$/.test(path)))
        .map((action) => ({ method, path, fault, action })),
    ),
);

let cluster: FilteredCluster;
let hurried: ProxmoxFirewallDevice;
let client: FirewallClient;
beforeAll(async () => {
  cluster = await startCluster({ privileges: [...FILTER_WRITER, 'SDN.Use'], filters: FILTERS });
  client = new FirewallClient({ ...cluster.options, timeoutMs: 500 });
  hurried = new ProxmoxFirewallDevice(cluster.device.id, client, {
    ...DEFAULT_FILTER_SETTINGS,
    ...FILTERS,
  });
});
afterAll(async () => {
  client.close();
  await cluster.stop();
});

const sets = () => cluster.lab.cluster.firewall(101).sets;
const entriesOf = (set: string): string[] | undefined =>
  sets()
    .get(set)
    ?.entries.map(({ cidr }) => cidr)
    .sort();
const inForce = (): string[] | undefined => entriesOf('ipfilter-net0');
const aside = (): string[] | undefined => entriesOf('portwarden-off-net0');

/** Plays one cell. @returns what went wrong */
async function play(
  fault: string,
  { method, path }: { method: string; path: string },
  action: Action,
): Promise<string[]> {
  const wrong: string[] = [];
  const { before, after, security, options: switched } = action;
  const { config } = cluster.lab.cluster.guest(101);
  const { options } = cluster.lab.cluster.firewall(101);
  config['net0'] = switched === true ? NIC : `${NIC},firewall=1`;
  options['macfilter'] = switched === true ? 0 : 1;
  const others = JSON.stringify([
    { ...config, net0: '' },
    { ...options, macfilter: '' },
  ]);
  sets().clear();
  if (before !== undefined) cluster.put(FIRST, before);
  cluster.put('101/net1', ['192.0.2.99']);
  const desired = after.map((ip) => bind(ip, 'bc:24:11:00:01:00', 100));
  const asked = [target(FIRST, desired, { removals: { named: [parseIp(FURTHER)], absent: [] } })];
  const site = new PolicySite(cluster.device);
  const off = [site.policy(FIRST, { portSecurity: 'off' })];
  if (security === 'on') {
    site.policies = off;
    await site.pass(asked);
  }
  site.policies = security === 'off' ? off : [];

  const look = (): void => {
    const [filter, put] = [inForce(), aside()];
    if (filter !== undefined && put !== undefined) wrong.push('two filters');
    if (filter?.length === 0) wrong.push('an empty filter is in force');
    if (before !== undefined && (filter ?? put)?.includes(TRUE) !== true) wrong.push('an address that is true is lost');
    if (before !== undefined && security === undefined && filter === undefined)
      wrong.push('the filter is not in force');
    if (before === undefined && filter !== undefined && !filter.includes(TRUE)) wrong.push('a first filter without it');
  };
  const isOn = (): boolean =>
    cluster.lab.cluster.guest(101).config['net0'] === `${NIC},firewall=1` && String(options['macfilter']) === '1';
  const isDone = (): boolean =>
    isOn() &&
    JSON.stringify([inForce(), aside()]) ===
      JSON.stringify(security === 'off' ? [undefined, [...after]] : [[...after], undefined]);

  let struck = 0;
  const end = cluster.lab.onRequest((seen) => {
    look();
    if (new RegExp(path).test(seen.replace(/\?.*$/, method === 'DELETE' ? '' : '$&'))) struck += 1;
  });
  cluster.lab.addFault({ ...FAULTS[fault], method, path } as ProxmoxFault);
  site.device = fault === 'hang' ? hurried : cluster.device;
  try {
    const { status } = outcomeOf(await site.pass(asked), FIRST);
    if (status === 'applied' && !isDone()) wrong.push('applied, and it is not');
  } catch (error) {
    if (!(error instanceof PortwardenError) || error.code === 'internal') wrong.push(String(error));
  }
  cluster.lab.clearFaults();
  if (struck === 0) wrong.push('the call was not made');
  look();
  site.device = cluster.device;
  await site.pass(asked);
  const last = outcomeOf(await site.pass(asked), FIRST);
  end();
  look();
  if (!isDone()) wrong.push(`not as it shall be: ${JSON.stringify([inForce(), aside()])}`);
  const now = cluster.lab.cluster.guest(101).config;
  if (
    JSON.stringify([
      { ...now, net0: '' },
      { ...options, macfilter: '' },
    ]) !== others
  )
    wrong.push('something else of the guest was changed');
  if (last.status !== 'unchanged') wrong.push(`the pass after it: ${last.status} ${last.error?.message ?? ''}`);
  if (sets().has('portwarden-net0')) wrong.push('an unfinished filter is left');
  if (entriesOf('ipfilter-net1')?.join() !== '192.0.2.99') wrong.push('another NIC was changed');
  return [...new Set(wrong)];
}

test(`${cells.length} cells: nothing that is true is lost, and nothing is opened`, async () => {
  const failures: string[] = [];
  for (const { method, path, fault, action } of cells) {
    const of = ACTIONS[action];
    if (of === undefined) throw new Error(action);
    const wrong = await play(fault, { method, path }, of);
    if (wrong.length > 0) failures.push(`${method} ${path} × ${fault} × ${action}: ${wrong.join('; ')}`);
  }
  expect(failures).toEqual([]);
}, 600_000);
