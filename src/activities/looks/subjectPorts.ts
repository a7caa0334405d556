import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { ExplainSubject, PreviewSubject } from '../../domain/explain/subject';
import { usablePorts } from '../../domain/servers/attachments';
import { locate, type DirtyTarget, type ServerReport } from '../../domain/servers/location';
import type { DeviceId } from '../../domain/values/device';
import type { IpAddress } from '../../domain/values/ip';
import type { PortRef } from '../../domain/values/port';
import { mergeNodes, portRequest, type NodeSubject, type PortRequest } from '../../domain/servers/portRequest';
import type { FactSources } from '../dependencies';
import { locateGuest } from '../findProxmoxNode';
import { readNode } from '../gatherVmMacs';
import { portsOfGuests } from '../membership/guestPorts';
import { nodeUplinks } from '../membership/nodeUplinks';
import { readServerReport } from '../membership/serverReport';

/** The ports that a question leads to, device by device, and what is to be said about the rest. */
export interface SubjectPorts {
  readonly ports: ReadonlyMap<DeviceId, readonly PortRequest[]>;
  /** Sentences: a server that the panel does not have, a requirement that does not hold. */
  readonly notes: readonly string[];
}

/** So many ports are looked at for one question: it keeps an answer below what a workflow's result may hold. */
export const MOST_PORTS = 200;

/** The ports that a device lets something through on. */
export type BoundPorts = (device: DeviceId) => Promise<readonly PortRef['port'][]>;

/**
 * Finds the ports that a subject is about, as an event would. Reads only.
 * @param boundPorts asked for a whole device.
 * @throws PortwardenError of the panel, the hypervisor, the store or the device.
 */
export async function portsOf(
  sources: FactSources,
  subject: PreviewSubject | ExplainSubject,
  boundPorts: BoundPorts,
  signal: AbortSignal,
): Promise<SubjectPorts> {
  const found = new FoundPorts();
  switch (subject.of) {
    case 'port':
      found.add(subject, [], []);
      break;
    case 'server':
      await addServer(found, sources, subject.serverId, signal);
      break;
    case 'node':
      await addNode(found, sources, subject, signal);
      break;
    case 'device':
      for (const port of await boundPorts(subject.device)) found.add({ device: subject.device, port }, [], []);
      await addRemembered(found, sources, subject.device);
      await addGuests(found, sources, subject.device, signal);
      break;
    case 'address':
      for (const serverId of await holdersOf(sources, subject, signal))
        await addServer(found, sources, serverId, signal);
      for (const node of await nodesWith(sources, subject.ip, signal)) await addNode(found, sources, node, signal);
      for (const keep of await sources.store.keeps.ofAddresses([subject.ip], new Date())) found.add(keep, [], []);
      for (const { device, askedAs } of await sources.store.holds.ofAddresses([subject.ip]))
        for (const port of askedAs) found.add({ device, port }, [], []);
      break;
    case 'mac':
      for (const { serverId } of await sources.store.virtualMacs.listByMacs([subject.mac]))
        await addServer(found, sources, serverId, signal);
      for (const placement of await sources.store.placements.listByMacs([{ mac: subject.mac }]))
        await addServer(found, sources, placement.serverId, signal);
      break;
  }
  return found.result();
}

/** The nodes that have the address themselves, as far as their clusters answer. */
async function nodesWith(
  { hypervisors }: FactSources,
  ip: IpAddress,
  signal: AbortSignal,
): Promise<readonly NodeSubject[]> {
  const found: NodeSubject[] = [];
  for (const [cluster, source] of hypervisors) {
    try {
      const node = (await source.nodeAddresses(signal)).get(ip);
      if (node !== undefined) found.push({ cluster, node });
    } catch (error) {
      if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    }
  }
  return found;
}

/** Those to whom the panel's list assigns the address, and those who were last seen with it. */
async function holdersOf(
  { panel, store }: FactSources,
  { ip }: Extract<ExplainSubject, { of: 'address' }>,
  signal: AbortSignal,
): Promise<readonly ServerId[]> {
  const [{ holders }, placed] = await Promise.all([
    panel.addressHolders([ip], signal),
    store.placements.listByIps([ip]),
  ]);
  return [...new Set([...(holders.get(ip) ?? []), ...placed.map(({ serverId }) => serverId)])].sort((a, b) => a - b);
}

async function addServer(
  found: FoundPorts,
  sources: FactSources,
  serverId: ServerId,
  signal: AbortSignal,
): Promise<void> {
  const report = await readServerReport(sources, serverId, signal);
  const location = locate({ action: 'ip_assigned', serverId, ips: [] }, report, await guestOf(sources, report, signal));
  if ('nothingKnown' in location) found.note(location.nothingKnown);
  else if ('requirement' in location)
    found.note(
      `${report.server?.name ?? `server ${serverId}`}: requirement ${location.requirement}: ${location.message}`,
    );
  else for (const target of [...location.targets, ...location.former]) found.addTarget(target);
}

async function guestOf(sources: FactSources, { server, placement }: ServerReport, signal: AbortSignal) {
  const guest = server === undefined ? placement?.guest : server.hypervisor;
  return guest === undefined || server?.kind === 'dedicated' ? undefined : locateGuest(sources, guest, signal);
}

async function addNode(
  found: FoundPorts,
  sources: FactSources,
  { node, cluster }: Pick<Extract<PreviewSubject, { of: 'node' }>, 'node' | 'cluster'>,
  signal: AbortSignal,
): Promise<void> {
  const [only, ...others] = sources.hypervisors.keys();
  const named = cluster ?? (others.length === 0 ? only : undefined);
  if (named === undefined || !sources.hypervisors.has(named))
    throw new PortwardenError(
      'invalid-request',
      `cluster must name one of the configured clusters: ${[...sources.hypervisors.keys()].join(', ')}`,
      { details: { field: 'cluster', rule: 'must name a configured cluster' } },
    );
  const uplinks = (await nodeUplinks(sources, named, node, signal)).flat();
  const usable = usablePorts(uplinks);
  if (usable.length === 0)
    found.note(
      uplinks.length === 0
        ? `nothing says through which port the traffic of ${node} enters: neither the configuration nor an entry of the panel`
        : `no switch port of ${node} is automated`,
    );
  for (const ref of [...usable, ...(await guestPortsOn(sources, { cluster: named, node }, signal))])
    found.add(ref, [], [{ cluster: named, node }]);
}

/** The own ports of a node's guests. */
async function guestPortsOn(sources: FactSources, node: NodeSubject, signal: AbortSignal): Promise<readonly PortRef[]> {
  const { guestPorts } = sources;
  if (guestPorts.portsOf({ cluster: node.cluster, vmid: 0, nic: 0 }).length === 0) return [];
  const { guests } = await readNode(sources, node, signal);
  return guests.flatMap(({ vmid, nics }) =>
    nics.flatMap(({ index }) => guestPorts.portsOf({ cluster: node.cluster, vmid, nic: index })),
  );
}

/** Ports where servers were last seen, which the device may have nothing on. */
async function addRemembered(found: FoundPorts, { store, hypervisors }: FactSources, device: DeviceId): Promise<void> {
  for (const { ports } of await store.placements.listByDevice(device))
    for (const ref of ports) if (ref.device === device) found.add(ref, [], []);
  for (const { uplinks } of hypervisors.values())
    for (const { ports } of [...uplinks.values()].flat())
      for (const ref of ports) if (ref.device === device) found.add(ref, [], []);
}

/** The NICs of guests, where the device has them as ports: whether or not anything was ever done there. */
async function addGuests(
  found: FoundPorts,
  sources: FactSources,
  device: DeviceId,
  signal: AbortSignal,
): Promise<void> {
  const own = sources.guestPorts.guestsOf(device);
  if (own === undefined) return;
  for (const { node, ...ref } of await portsOfGuests(sources, own, MOST_PORTS, signal))
    found.add(ref, [], [{ cluster: own.cluster, node }]);
}

class FoundPorts {
  private readonly ports = new Map<DeviceId, Map<PortRef['port'], PortRequest>>();
  private readonly notes = new Set<string>();

  addTarget({ device, port, serverIds, nodes }: DirtyTarget): void {
    this.add({ device, port }, serverIds, nodes);
  }

  add({ device, port }: PortRef, serverIds: readonly ServerId[], nodes: readonly NodeSubject[]): void {
    const onDevice = this.ports.get(device) ?? new Map<PortRef['port'], PortRequest>();
    const before = onDevice.get(port) ?? portRequest(port);
    onDevice.set(port, {
      ...before,
      serverIds: [...new Set([...before.serverIds, ...serverIds])],
      nodes: mergeNodes(before.nodes, nodes),
    });
    this.ports.set(device, onDevice);
  }

  note(text: string): void {
    this.notes.add(text);
  }

  result(): SubjectPorts {
    const byName = (a: PortRequest, b: PortRequest): number => a.port.localeCompare(b.port, 'en', { numeric: true });
    return {
      ports: new Map([...this.ports].map(([device, ports]) => [device, [...ports.values()].sort(byName)])),
      notes: [...this.notes],
    };
  }
}
