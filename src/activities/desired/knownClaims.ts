import { macInVlanKey } from '../../domain/desired/binding';
import { rivalName, type KnownClaims, type Rival } from '../../domain/desired/claims';
import type { ServerId } from '../../domain/event/event';
import type { IpAddress } from '../../domain/values/ip';
import type { BoundElsewhere } from '../../domain/change/boundElsewhere';
import { addressesOf, nodeAt, placedAt } from '../../domain/servers/placement';
import type { DeviceId } from '../../domain/values/device';
import { samePort, type PortRef } from '../../domain/values/port';
import type { PlacedPort, Placement } from '../../domain/servers/server';
import type { PortServers } from '../../protocol/activities';
import type { FactSources } from '../dependencies';

/**
 * Learns who had the addresses of a batch's ports first. A server elsewhere is a rival while it was last seen with the
 * address, or has it bound, and the panel's list has it there, or does not say for certain: an address that moved is no
 * conflict once the former server's own entry lacks it. The list is asked for once for the batch, and only when there may be rivals.
 */
export class ClaimsReader {
  private seen: Promise<readonly Placement[]> | undefined;
  private listed: ReturnType<FactSources['panel']['addressHolders']> | undefined;

  constructor(
    private readonly deps: Pick<FactSources, 'store' | 'panel'>,
    private readonly device: DeviceId,
    private readonly ports: readonly PortServers[],
    private readonly signal: AbortSignal,
  ) {}

  /** What is known of the addresses of one of the ports. @param placed the servers that are remembered there. */
  async of(port: PortServers, placed: readonly Placement[]): Promise<Omit<KnownClaims, 'macsElsewhere'>> {
    const here: PortRef = { device: this.device, port: port.port };
    const candidates = await this.candidates();
    const elsewhere = new Map<IpAddress, readonly Rival[]>();
    const behind = new Set(serversOf(port).map((server) => server.serverId));
    for (const ip of claimedAt(port)) {
      const others = candidates.filter(
        (placement) => addressesOf(placement).includes(ip) && !behind.has(placement.serverId),
      );
      const rivals = others.length === 0 ? [] : await this.stillListed(ip, others);
      if (rivals.length > 0)
        elsewhere.set(
          ip,
          rivals.map((placement) => rivalOf(placement, ip)),
        );
    }
    return {
      here: new Map(placed.map((placement) => [placement.serverId, boundAt(placement, here)])),
      macsHere: new Map(placed.flatMap((placement) => macsAt(placement, here))),
      elsewhere,
    };
  }

  /** Where addresses of the servers behind one of the ports were read back for others, which the panel does not assign them to. */
  async boundElsewhere(port: PortServers): Promise<readonly BoundElsewhere[]> {
    const here: PortRef = { device: this.device, port: port.port };
    const behind = new Set(serversOf(port).map((server) => server.serverId));
    const candidates = await this.candidates();
    const found: BoundElsewhere[] = [];
    for (const ip of new Set(claimedAt(port))) {
      const others = candidates.filter(
        (placement) => !behind.has(placement.serverId) && placement.ports.some((one) => isBoundAt(one, ip, here)),
      );
      if (others.length === 0) continue;
      const listed = await this.stillListed(ip, others);
      const left = others.filter(({ serverId }) => !listed.some((one) => one.serverId === serverId));
      found.push(...left.flatMap((placement) => placesOf(placement, ip, here)));
    }
    return found;
  }

  /** Every server that was last seen with an address of the batch or has one bound. */
  private candidates(): Promise<readonly Placement[]> {
    this.seen ??= this.deps.store.placements.listByIps([...new Set(this.ports.flatMap(claimedAt))]);
    return this.seen;
  }

  /** Those of them that the panel's list has with the address, or does not say for certain. */
  private async stillListed(ip: IpAddress, others: readonly Placement[]): Promise<readonly Placement[]> {
    const candidates = await this.candidates();
    const disputed = [...new Set(this.ports.flatMap(claimedAt))].filter((one) =>
      candidates.some((placement) => addressesOf(placement).includes(one)),
    );
    this.listed ??= this.deps.panel.addressHolders(disputed, this.signal);
    const { holders, unread } = await this.listed;
    const has = (serverId: ServerId): boolean =>
      holders.get(ip)?.includes(serverId) === true || unread.includes(serverId);
    return others.filter(({ serverId }) => has(serverId));
  }
}

function isBoundAt(port: PlacedPort, ip: IpAddress, here: PortRef): boolean {
  return port.bound?.includes(ip) === true && !samePort(port, here);
}

function placesOf(placement: Placement, ip: IpAddress, here: PortRef): readonly BoundElsewhere[] {
  const ports = placement.ports.filter((port) => isBoundAt(port, ip, here));
  return ports.map(({ device, port }) => {
    const node = nodeAt(placement, { device, port });
    return { ip, device, port, serverId: placement.serverId, ...(node === undefined ? {} : { node }) };
  });
}

function rivalOf({ serverId, ports }: Placement, ip: IpAddress): Rival {
  const holding = ports.filter((port) => port.bound?.includes(ip) === true);
  return { name: rivalName(serverId, holding.length > 0 ? holding : ports), hasIt: holding.length > 0 };
}

function macsAt(placement: Placement, here: PortRef): readonly (readonly [ServerId, ReadonlySet<string>])[] {
  const macs = placedAt(placement, here)?.macs;
  return macs === undefined ? [] : [[placement.serverId, new Set(macs.map(macInVlanKey))]];
}

function boundAt(placement: Placement, here: PortRef): ReadonlySet<IpAddress> {
  return new Set(placedAt(placement, here)?.bound ?? []);
}

function serversOf({
  dedicated,
  guests,
}: PortServers): readonly Pick<PortServers['guests'][number], 'serverId' | 'ips'>[] {
  return [...dedicated, ...guests];
}

/** The single addresses of the servers behind a port. */
function claimedAt(port: PortServers): IpAddress[] {
  return serversOf(port).flatMap((server) => server.ips.flatMap(({ ip, isSubnet }) => (isSubnet ? [] : [ip])));
}
