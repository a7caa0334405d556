import type { AdditionalAddressPolicy, ServerMacs } from '../../domain/desired/additionalAddress';
import { isLive, type VirtualMac } from '../../domain/desired/virtualMac';
import type { ServerId } from '../../domain/event/event';
import type { Placement } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { IpAddress } from '../../domain/values/ip';
import type { PortServers } from '../../protocol/activities';
import type { FactSources } from '../dependencies';

/** What is stored of the MACs of the dedicated servers behind a batch's ports. */
export interface StoredMacs {
  readonly policy: AdditionalAddressPolicy;
  /** Every virtual MAC that the servers have or had. */
  readonly virtual: ReadonlyMap<ServerId, readonly VirtualMac[]>;
  /** Where the servers' addresses are bound. */
  readonly placements: readonly Placement[];
}

/** A virtual MAC whose address its server no longer has, and why. */
export interface LeftVirtualMac {
  readonly mac: VirtualMac['mac'];
  readonly why: string;
}

/** Reads what is stored of the MACs of the dedicated servers of a batch: one query, and a second one where a policy needs it. */
export async function readStoredMacs(
  { store, additionalAddresses }: Pick<FactSources, 'store' | 'additionalAddresses'>,
  device: DeviceId,
  ports: readonly PortServers[],
): Promise<StoredMacs> {
  const servers = ports.flatMap(({ dedicated }) => dedicated);
  const ids = [...new Set([...servers.map(({ serverId }) => serverId), ...ports.flatMap(deletedServers)])];
  if (ids.length === 0) return { policy: 'same-mac', virtual: new Map(), placements: [] };
  const policy = additionalAddresses(device);
  const virtual = new Map<ServerId, VirtualMac[]>();
  for (const one of await store.virtualMacs.listByServers(ids))
    virtual.set(one.serverId, [...(virtual.get(one.serverId) ?? []), one]);
  const further =
    policy === 'same-mac' ? [] : servers.flatMap(({ ips }) => (ips.length > 1 ? ips.map(({ ip }) => ip) : []));
  const placements = further.length === 0 ? [] : await store.placements.listByIps([...new Set(further)]);
  return { policy, virtual, placements };
}

/** What decides with which MACs the addresses of a dedicated server are bound. Undefined: all with its own. */
export function serverMacs(serverId: ServerId, { policy, virtual, placements }: StoredMacs): ServerMacs | undefined {
  const all = virtual.get(serverId) ?? [];
  if (policy === 'same-mac' && !all.some(isLive)) return undefined;
  const revoked = new Map<IpAddress, VirtualMac['mac'][]>();
  for (const { ip, mac } of all.filter((one) => !isLive(one))) revoked.set(ip, [...(revoked.get(ip) ?? []), mac]);
  const stillThere = new Set(all.filter((one) => !isLive(one) && one.releasedAt === undefined).map(({ ip }) => ip));
  const placed = placements.filter((placement) => placement.serverId === serverId);
  const bound = placed.flatMap(({ ports }) => ports.flatMap((port) => port.bound ?? []));
  return {
    policy,
    virtual: new Map(all.filter(isLive).map(({ ip, mac }) => [ip, mac])),
    revoked,
    bound: new Set(bound.filter((ip) => !stillThere.has(ip))),
  };
}

/**
 * The virtual MACs that go: of addresses that the entry of their server, read whole, no longer has, and of servers whose
 * deletion is confirmed. An empty entry is no answer.
 */
export function leftVirtualMacs(port: PortServers, { virtual }: StoredMacs): readonly LeftVirtualMac[] {
  const live = (serverId: ServerId): readonly VirtualMac[] => (virtual.get(serverId) ?? []).filter(isLive);
  return [
    ...port.dedicated
      .filter(({ ips }) => ips.length > 0)
      .flatMap(({ serverId, name, ips }) =>
        live(serverId)
          .filter(({ ip }) => !ips.some((assigned) => assigned.ip === ip))
          .map(({ mac, ip }) => ({ mac, why: `${name} no longer has ${ip}` })),
      ),
    ...deletedServers(port).flatMap((serverId) =>
      live(serverId).map(({ mac }) => ({ mac, why: `server ${serverId} is deleted` })),
    ),
  ];
}

function deletedServers({ notes }: PortServers): readonly ServerId[] {
  return (notes ?? []).flatMap(({ at, serverId }) => (at === 'deleted' ? [serverId] : []));
}
