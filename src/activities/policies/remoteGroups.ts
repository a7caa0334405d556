import type { Keep } from '../../domain/change/keep';
import { PortwardenError } from '../../domain/errors';
import { groupMembers, policiesSaying, type PortNetworks } from '../../domain/policies/groupMembers';
import type { PortPolicy } from '../../domain/policies/policy';
import { groupsNaming, remoteGroupsOf } from '../../domain/policies/securityGroup';
import type { Placement } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { PortName, PortRef } from '../../domain/values/port';
import type { RemoteGroups } from '../../devices/pass/request';
import type { GroupAddresses } from '../../devices/policyCarrier';
import type { ActivityDependencies, FactSources } from '../dependencies';

/** What the members of groups are read from. */
export type RemoteGroupSources = Pick<FactSources, 'securityGroups'> &
  Pick<ActivityDependencies, 'devices'> & {
    readonly store: Pick<FactSources['store'], 'policies' | 'portMemories' | 'placements' | 'keeps'>;
  };

/**
 * Who stands for the groups that configured rules name as their other side, over all ports that are known, of whatever kind of
 * device. Reads only, and nothing where no rule names a group. A device is asked only where a policy of one of its networks says
 * such a group; when it does not answer, the groups of that policy are unknown, and no others.
 */
export async function remoteGroups(
  { securityGroups, store, devices }: RemoteGroupSources,
  at: Date,
  signal: AbortSignal,
): Promise<RemoteGroups> {
  const names = remoteGroupsOf(securityGroups);
  if (names.size === 0) return new Map();
  const policies = await store.policies.everywhere(at);
  const saying = policiesSaying(names, policies, at);
  const placements = await placementsOf(saying, store.placements);
  const keeps = await keepsOf(saying, store.keeps, at);
  const ports = [
    ...placements
      .flatMap((one) => one.ports)
      .map(({ device, port, effectivePort = port }) => ({ device, port: effectivePort })),
    ...keeps,
  ];
  const networks = await networksOf(saying, ports, devices, signal);
  const members = groupMembers(names, {
    policies,
    placements,
    keeps,
    networksOf: ({ device, port }) => networks.known.get(device)?.get(port) ?? {},
    at,
  });
  const found = new Map<string, GroupAddresses>();
  for (const [name, addresses] of members) {
    const unknown = saying.flatMap(({ scope, securityGroups: said }) =>
      scope.kind === 'network' && networks.unknown.has(scope.device) && said?.includes(name) === true
        ? [`${scope.device} does not say which of its ports are in ${scope.network}`]
        : [],
    )[0];
    found.set(name, unknown === undefined ? { addresses } : { unknown });
  }
  return found;
}

/** The ports whose rules name one of the groups, as far as they are known. */
export async function portsNaming(
  { securityGroups, store }: RemoteGroupSources,
  remotes: ReadonlySet<string>,
  at: Date,
): Promise<readonly PortRef[]> {
  const saying = policiesSaying(groupsNaming(securityGroups, remotes), await store.policies.everywhere(at), at);
  const ports = new Map<string, PortRef>();
  const add = (device: DeviceId, port: PortName): void => void ports.set(`${device} ${port}`, { device, port });
  for (const { scope } of saying) {
    if (scope.kind === 'port') {
      add(scope.device, scope.port);
      continue;
    }
    if (scope.kind !== 'server')
      for (const port of (await store.portMemories.of(scope.device)).keys()) add(scope.device, port);
    for (const placement of await placementsOf([{ scope }], store.placements))
      for (const { device, port } of placement.ports)
        if (scope.kind === 'server' || device === scope.device) add(device, port);
  }
  return [...ports.values()];
}

/** The servers that policies may concern, each once. */
async function placementsOf(
  policies: readonly Pick<PortPolicy, 'scope'>[],
  placements: RemoteGroupSources['store']['placements'],
): Promise<readonly Placement[]> {
  const found = new Map<Placement['serverId'], Placement>();
  for (const { scope } of policies) {
    // By the device, not by the port: the panel may name a member of the aggregate that the policy is of.
    const here =
      scope.kind === 'server' ? [await placements.get(scope.serverId)] : await placements.listByDevice(scope.device);
    for (const placement of here) if (placement !== undefined) found.set(placement.serverId, placement);
  }
  return [...found.values()];
}

/** What people keep on the devices that policies are of. A server's policy is of the server alone. */
async function keepsOf(
  policies: readonly PortPolicy[],
  keeps: RemoteGroupSources['store']['keeps'],
  at: Date,
): Promise<readonly Keep[]> {
  const devices = new Set(policies.flatMap(({ scope }) => (scope.kind === 'server' ? [] : [scope.device])));
  const found = await Promise.all([...devices].map((device) => keeps.inForce(device, at)));
  return found.flat();
}

interface Networks {
  readonly known: ReadonlyMap<DeviceId, ReadonlyMap<PortName, PortNetworks>>;
  readonly unknown: ReadonlySet<DeviceId>;
}

/** The networks of the ports of devices whose networks have policies that say the groups. */
async function networksOf(
  policies: readonly PortPolicy[],
  placed: readonly PortRef[],
  devices: RemoteGroupSources['devices'],
  signal: AbortSignal,
): Promise<Networks> {
  const known = new Map<DeviceId, ReadonlyMap<PortName, PortNetworks>>();
  const unknown = new Set<DeviceId>();
  const asked = new Set(policies.flatMap(({ scope }) => (scope.kind === 'network' ? [scope.device] : [])));
  for (const device of asked) {
    const ports = [...new Set(placed.flatMap((one) => (one.device === device ? [one.port] : [])))];
    try {
      const state = await devices.open(device).readState(signal, { ports, withPolicies: true });
      known.set(device, new Map(ports.map((port) => [port, state.policies?.facts(state.effectivePort(port)) ?? {}])));
    } catch (error) {
      if (signal.aborted || !(error instanceof PortwardenError)) throw error;
      unknown.add(device);
    }
  }
  return { known, unknown };
}
