import type { ServerId } from '../event/event';
import { compareIps, covers, type Cidr, type IpAddress } from '../values/ip';
import { samePort, type PortName, type PortRef } from '../values/port';
import type { AssignedIp, PlacedPort, Placement } from './server';

/**
 * The addresses to remember of a server. An empty answer is no intent: the last ones known stay, so that a later
 * deletion or move can still say which bindings were the server's.
 */
export function rememberedIps(now: readonly AssignedIp[], before: Placement | undefined): readonly IpAddress[] {
  return now.length === 0 ? (before?.ips ?? []) : now.map((assigned) => assigned.ip);
}

/** Every address that may still be bound for a server: those it was last seen with, and those that passes read back for it. */
export function addressesOf(placement: Placement | undefined): readonly IpAddress[] {
  if (placement === undefined) return [];
  return [...new Set([...placement.ips, ...placement.ports.flatMap((port) => port.bound ?? [])])].sort(compareIps);
}

/** What is remembered of a server at one port. */
export function placedAt(placement: Placement | undefined, ref: PortRef): PlacedPort | undefined {
  return placement?.ports.find((port) => samePort(port, ref));
}

/** The node through whose uplink a guest's traffic enters at one of its ports, as remembered. */
export function nodeAt(
  placement: Placement,
  ref: PortRef,
): { readonly cluster: string; readonly node: string } | undefined {
  const { guest } = placement;
  const port = placedAt(placement, ref);
  return guest === undefined || port === undefined
    ? undefined
    : { cluster: port.cluster ?? guest.cluster, node: isWithGuest(port) ? guest.node : (port.node ?? guest.node) };
}

/** Whether a port is the own NIC of the guest that the server is now, and so where that is. */
function isWithGuest({ own, cluster }: PlacedPort): boolean {
  return own === true && cluster === undefined;
}

/**
 * The ports of a placement once its guest is in another cluster: each names the cluster of its node, for a node of that name
 * may be in both.
 */
function portsBefore(before: Placement | undefined, guest: Placement['guest']): readonly PlacedPort[] {
  const was = before?.guest;
  const ports = before?.ports ?? [];
  if (was === undefined || guest === undefined || was.cluster === guest.cluster) return ports;
  return ports.map((port) => ({ ...port, node: port.node ?? was.node, cluster: port.cluster ?? was.cluster }));
}

/** Whether what a reading says of where a server is comes from an older reading than what is remembered. */
function isOutdated(reading: Pick<Placement, 'seenAt'>, remembered: Placement | undefined): boolean {
  return remembered?.seenAt !== undefined && (reading.seenAt ?? 0) < remembered.seenAt;
}

/**
 * Whether a pass has to be repeated because a reading that began later says that the server is elsewhere. Two passes over
 * ports of one server that overlap do not ask for each other as long as they agree.
 */
export function isOvertaken(note: PlacementNote, after: Placement): boolean {
  if (!isOutdated(note, after)) return false;
  return note.guest === undefined || (note.own !== true && note.guest.node !== after.guest?.node);
}

/** A server as a reading saw it, whether or not a pass looks at its ports. */
export interface Sighting extends Pick<Placement, 'serverId' | 'kind' | 'guest' | 'ips'> {
  readonly seenAt: number;
  /** Through which ports its traffic enters, where its panel entry says so. */
  readonly ports: readonly PortRef[];
}

/**
 * The placement after a server was seen. Of one that is remembered only where it is changes: what is bound, and which
 * addresses are to be explained, is for passes to say.
 */
export function notePlace(sighting: Sighting, before: Placement | undefined): Placement {
  const { serverId, kind, guest, ips, ports, seenAt } = sighting;
  if (before === undefined) return { serverId, kind, ports, ips, ...(guest === undefined ? {} : { guest }), seenAt };
  if (isOutdated(sighting, before)) return before;
  return {
    ...before,
    ports: portsBefore(before, guest).map(withNode(before)),
    ...(guest === undefined ? {} : { guest }),
    seenAt,
  };
}

/** Names the node of a port that has none, which is the one that the guest was on until now. */
function withNode({ guest }: Placement): (port: PlacedPort) => PlacedPort {
  return (port) =>
    guest === undefined || port.node !== undefined || port.own === true ? port : { ...port, node: guest.node };
}

/**
 * What an event knows of a server before any pass has looked: its ports are expected there, and no other port is
 * forgotten, because its bindings may still be on that one; nor is an address, while no pass has said what is bound.
 */
export function expectPlacement(expected: Placement, before: Placement | undefined): Placement {
  if (before !== undefined && isOutdated(expected, before)) return before;
  const known = portsBefore(before, expected.guest);
  const here = expected.ports.map((port): PlacedPort => {
    const { bound, macs, ranges, effectivePort } = placedAt(before, port) ?? {};
    const had = {
      ...(ranges === undefined ? {} : { ranges }),
      ...(effectivePort === undefined ? {} : { effectivePort }),
    };
    return bound === undefined
      ? { ...port, ...had }
      : { ...port, bound, ...(macs === undefined ? {} : { macs }), ...had };
  });
  const unproven = known.some((port) => port.bound === undefined) ? (before?.ips ?? []) : [];
  const ips = [...new Set([...expected.ips, ...unproven])];
  return {
    ...expected,
    ips,
    ports: [...here, ...known.filter((port) => !expected.ports.some((other) => samePort(other, port)))],
  };
}

/** What a pass over a port, once it is proven, has learnt of one server. */
export interface PlacementNote {
  readonly serverId: ServerId;
  readonly kind: Placement['kind'];
  /** Its traffic enters `here`; or it has `left` for another port, or was `deleted`: it stays remembered here only while bindings of it are. */
  readonly at: 'here' | 'left' | 'deleted';
  /** Where the guest is now. */
  readonly guest?: NonNullable<Placement['guest']>;
  /** All ports through which a dedicated server's traffic enters now. */
  readonly ports?: readonly PortRef[];
  /** The node through whose uplink the guest's traffic enters here, where that is not the one that it is on. */
  readonly node?: string;
  /** The port is the guest's own NIC. */
  readonly own?: true;
  /** The addresses to remember. */
  readonly ips: readonly IpAddress[];
  /** Subnets that it has as a whole and that are not bound address by address. Absent: as before. */
  readonly ranges?: readonly Cidr[];
  /** When the reading began that says so; see {@link Placement.seenAt}. */
  readonly seenAt?: number;
  /** Addresses of its entry that are another server's, or may be: what is bound of them is not put down to it. */
  readonly disputed?: readonly IpAddress[];
}

/** The placement with the port whose settings rule at one of its ports, as a pass found it. */
export function noteEffectivePort(
  placement: Placement | undefined,
  here: PortRef,
  effectivePort: PortName,
): Placement | undefined {
  if (placement === undefined || effectivePort === here.port) return placement;
  return {
    ...placement,
    ports: placement.ports.map((port) => (samePort(port, here) ? { ...port, effectivePort } : port)),
  };
}

/**
 * The placement after a proven pass, with the MACs as they were before it: {@link noteMacs} brings them up to date.
 * @param present the addresses that were read back from the port, without those that others desire there.
 * @returns undefined when nothing is left to remember.
 */
export function notePass(
  before: Placement | undefined,
  note: PlacementNote,
  here: PortRef,
  present: ReadonlySet<IpAddress>,
): Placement | undefined {
  const { serverId, kind, ips } = note;
  const bound = [...new Set([...addressesOf(before), ...ips])].filter((ip) => present.has(ip)).sort(compareIps);
  const others = portsBefore(before, note.guest).filter((port) => !samePort(port, here));
  const isOwn = note.own === true || placedAt(before, here)?.own === true;
  const ref = { device: here.device, port: here.port, ...(isOwn ? { own: true as const } : {}) };
  const macs = placedAt(before, here)?.macs;
  const proven = { bound, ...(macs === undefined ? {} : { macs }) };
  // Another reading, begun later, says where the server is: of this pass only what it read back from the port is news.
  if (before !== undefined && isOutdated(note, before)) {
    const via = note.node ?? note.guest?.node;
    const node = via === undefined || isOwn ? {} : { node: via };
    const entry = { ...(placedAt(before, here) ?? { ...ref, ...node }), ...proven };
    // A deletion is no matter of where the server is: several ports may be left by passes that overlap.
    if (note.at === 'deleted' && bound.length === 0)
      return others.length === 0 ? undefined : { ...before, ports: others };
    const isPlaced = placedAt(before, here) !== undefined || bound.length > 0;
    return { ...before, ports: isPlaced ? [entry, ...others] : others };
  }
  const seen = note.seenAt ?? before?.seenAt;
  const seenAt = seen === undefined ? {} : { seenAt: seen };
  if (note.at === 'here') {
    const guest = note.guest ?? (kind === 'vm' ? before?.guest : undefined);
    const current = (note.ports ?? []).filter(
      (port) => !samePort(port, here) && !others.some((other) => samePort(other, port)),
    );
    const via = note.node ?? guest?.node;
    const had = placedAt(before, here)?.ranges ?? [];
    const ranges = note.ranges === undefined ? had : rangesHere(had, note.ranges, present);
    const entry: PlacedPort = {
      ...ref,
      ...(via === undefined || isOwn ? {} : { node: via }),
      ...(note.node === undefined ? {} : { arriving: true }),
      ...proven,
      ...(ranges.length === 0 ? {} : { ranges }),
    };
    const ports = [entry, ...others, ...current];
    return { serverId, kind, ports, ips, ...(guest === undefined ? {} : { guest }), ...seenAt };
  }
  const via = before === undefined ? undefined : nodeAt(before, here);
  const cluster = via === undefined || via.cluster === before?.guest?.cluster ? {} : { cluster: via.cluster };
  const node = isOwn && !('cluster' in cluster) ? undefined : via?.node;
  const leftAt = placedAt(before, here)?.leftAt ?? note.seenAt;
  const left = { left: true, ...(leftAt === undefined ? {} : { leftAt }) };
  const rest: PlacedPort[] =
    bound.length === 0 ? [] : [{ ...ref, ...(node === undefined ? {} : { node }), ...cluster, ...proven, ...left }];
  const ports = [...others, ...rest];
  return before === undefined || ports.length === 0 ? undefined : { ...before, ports, ...seenAt };
}

/** The subnets that a server has as a whole, and had while something is there that is inside of none that it has. */
function rangesHere(before: readonly Cidr[], now: readonly Cidr[], present: ReadonlySet<IpAddress>): readonly Cidr[] {
  const isUsed = (range: Cidr): boolean => [...present].some((ip) => covers([range], ip) && !covers(now, ip));
  return [...new Set([...now, ...before.filter(isUsed)])].sort();
}

/**
 * The ports that are to be looked at again after a pass: those that a server has left, when the pass has proven here what is bound
 * there, or when no pass has seen there that it left. Not those that wait for something else, such as the grace time, and are
 * looked at for that by themselves: guests that changed places would keep two ports asking for each other until it is over.
 */
export function portsToLeave(
  before: Placement | undefined,
  after: Placement,
  note: PlacementNote,
  here: PortRef,
): readonly PlacedPort[] {
  const was = placedAt(before, here);
  const known = was?.left === true ? [] : (was?.bound ?? []);
  const proven = (placedAt(after, here)?.bound ?? []).filter((ip) => !known.includes(ip));
  return formerPorts(after, note, here).filter(
    ({ left, bound = [] }) => left !== true || bound.some((ip) => proven.includes(ip)),
  );
}

/**
 * The ports that a server has left and where bindings of it may go, now that those of `here` are proven.
 * A port whose bindings are not proven here is not among them: looking at it again would change nothing. Nor is one that
 * a guest is on its way to, which is looked at by itself until the migration is over: ports would ask for each other that long.
 */
export function formerPorts(placement: Placement, note: PlacementNote, here: PortRef): readonly PlacedPort[] {
  const proven = new Set(placedAt(placement, here)?.bound ?? []);
  const isCurrent = (port: PlacedPort): boolean =>
    note.guest === undefined
      ? (note.ports ?? []).some((current) => samePort(current, port))
      : port.left !== true &&
        (isWithGuest(port) || port.node === note.guest.node) &&
        (port.cluster ?? placement.guest?.cluster) === note.guest.cluster;
  return placement.ports.filter(
    (port) =>
      !samePort(port, here) &&
      !isCurrent(port) &&
      port.arriving !== true &&
      (port.bound === undefined || port.bound.some((ip) => proven.has(ip))),
  );
}
