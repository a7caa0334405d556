import { PortwardenError } from '../../domain/errors';
import type { PolicyScope } from '../../domain/policies/policy';
import { mergeNodes, portRequest } from '../../domain/servers/portRequest';
import type { DeviceId } from '../../domain/values/device';
import { MOST_CONCERNED_PORTS, type ConcernedPort, type ConcernedPorts } from '../../protocol/policies';
import type { ActivityDependencies, FactSources } from '../dependencies';
import { DeviceStates } from '../looks/looks';
import { portsOf, type SubjectPorts } from '../looks/subjectPorts';

/** What the ports of a policy are found by. */
export type ConcernedPortSources = FactSources & Pick<ActivityDependencies, 'devices'>;

/**
 * The ports that a policy of a scope concerns, as far as they are known: that port; where the server is; every port of the
 * device that has anything or stands for a server. Where panel or device cannot be read, the remembered ports stand for
 * them, and that is said. Reads only.
 */
export async function concernedPorts(
  sources: ConcernedPortSources,
  scope: PolicyScope,
  signal: AbortSignal,
): Promise<ConcernedPorts> {
  const { ports, notes } = await portsOfScope(sources, scope, signal);
  const all = [...ports].flatMap(([device, requests]) => requests.map((request) => ({ device, ...request })));
  const left = all.length - MOST_CONCERNED_PORTS;
  return {
    ports: all.slice(0, MOST_CONCERNED_PORTS),
    notes: left <= 0 ? notes : [...notes, `${left} further ports are looked at with their next event only`],
  };
}

async function portsOfScope(
  sources: ConcernedPortSources,
  scope: PolicyScope,
  signal: AbortSignal,
): Promise<SubjectPorts> {
  switch (scope.kind) {
    case 'port':
      return { ports: new Map([[scope.device, [portRequest(scope.port)]]]), notes: [] };
    case 'server':
      return otherwise(
        signal,
        () => portsOf(sources, { of: 'server', serverId: scope.serverId }, () => Promise.resolve([]), signal),
        () => rememberedOf(sources, scope.serverId),
      );
    case 'network':
    case 'device':
      return portsOfDevice(sources, scope.device, signal);
  }
}

/**
 * Every port of a device that has anything, stands for a server, or is known otherwise: by a policy, the configuration, or the
 * panel's own list of what is plugged in. Reads only.
 */
export async function portsOfDevice(
  sources: ConcernedPortSources,
  device: DeviceId,
  signal: AbortSignal,
  states = new DeviceStates(sources.devices, signal),
): Promise<SubjectPorts> {
  const subject = { of: 'device', device } as const;
  const found = await otherwise(
    signal,
    () => portsOf(sources, subject, async () => (await states.all(device)).boundPorts(), signal),
    () => portsOf(sources, subject, () => Promise.resolve([]), signal),
  );
  const known = found.ports.get(device) ?? [];
  const further = new Set([
    ...sources.devices.links().flatMap((link) => (link.device === device ? [link.port] : [])),
    ...(await sources.store.policies.inForce(device, [], new Date())).flatMap(({ scope }) =>
      scope.kind === 'port' ? [scope.port] : [],
    ),
    ...(await sources.store.portMemories.of(device)).keys(),
  ]);
  for (const { port } of known) further.delete(port);
  return {
    ports: new Map([[device, [...known, ...[...further].map((port) => portRequest(port))]]]),
    notes: found.notes,
  };
}

/** Where the server was last seen. */
async function rememberedOf(
  { store }: ConcernedPortSources,
  serverId: Extract<PolicyScope, { kind: 'server' }>['serverId'],
): Promise<SubjectPorts> {
  const placement = await store.placements.get(serverId);
  const ports = new Map<DeviceId, ReturnType<typeof portRequest>[]>();
  for (const { device, port, node } of placement?.ports ?? []) {
    const before = ports.get(device) ?? [];
    const guest = placement?.guest;
    const nodes = guest === undefined || node === undefined ? [] : [{ cluster: guest.cluster, node }];
    const same = before.find((request) => request.port === port);
    const request = { ...portRequest(port), serverIds: [serverId], nodes: mergeNodes(same?.nodes ?? [], nodes) };
    ports.set(device, [...before.filter((other) => other !== same), request]);
  }
  return { ports, notes: [] };
}

/** What is remembered stands for a source that cannot be read. */
async function otherwise(
  signal: AbortSignal,
  ask: () => Promise<SubjectPorts>,
  remembered: () => Promise<SubjectPorts>,
): Promise<SubjectPorts> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    const { ports, notes } = await remembered();
    return { ports, notes: [...notes, `only ports that are remembered: ${error.code}: ${error.message}`] };
  }
}

/** Ports by their devices. */
export function byDevice(ports: readonly ConcernedPort[]): ReadonlyMap<DeviceId, readonly ConcernedPort[]> {
  const devices = new Map<DeviceId, ConcernedPort[]>();
  for (const port of ports) devices.set(port.device, [...(devices.get(port.device) ?? []), port]);
  return devices;
}
