import type { Convergence, PortConvergence } from '../../devices/pass/convergence';
import type { AdditionalAddress } from '../../domain/desired/additionalAddress';
import { holderKey, mayBeVirtual, type VirtualMac, type VirtualMacHolder } from '../../domain/desired/virtualMac';
import { afterPass, type Sighting } from '../../domain/desired/virtualMacProgress';
import type { MacAddress } from '../../domain/values/mac';
import { samePort, type PortRef } from '../../domain/values/port';
import type { PassInput } from '../../protocol/activities';
import type { ActivityDependencies } from '../dependencies';

type AskedPort = PassInput['ports'][number];

/** What one pass does with virtual MACs: it makes those that further addresses need, and notes what was read back of all. */
export class PassMacs {
  private readonly made = new Map<string, MacAddress>();

  constructor(
    private readonly deps: Pick<ActivityDependencies, 'store'>,
    private readonly input: PassInput,
    /** The coordinator. */
    private readonly workflowId: string,
  ) {}

  /** The virtual MACs of addresses, by holder: those that they have, and new ones. All of a batch in one transaction. */
  async allocate(addresses: readonly AdditionalAddress[]): Promise<ReadonlyMap<string, MacAddress>> {
    const requests = addresses.map(({ serverId, ip }) => ({ serverId, ip, ...this.eventsOf({ serverId, ip }) }));
    const own = addresses.map(({ mac }) => mac);
    const macs = await this.deps.store.virtualMacs.allocate(requests, { workflowId: this.workflowId }, own);
    for (const one of macs) this.made.set(holderKey(one), one.mac);
    return this.made;
  }

  /** Notes what the pass read back, and revokes the virtual MACs of addresses that left their servers. */
  async record({ ports }: Convergence): Promise<void> {
    const seen = ports.flatMap((port) => {
      const asked = this.input.ports.find((candidate) => candidate.port === port.port);
      return asked === undefined ? [] : [{ port, asked, wanted: this.wantedAt(asked) }];
    });
    const { device } = this.input;
    const macs = new Set(
      seen.flatMap(({ port, asked, wanted }) => [
        ...wanted,
        ...port.statements.flatMap(({ mac }) => (mac !== undefined && mayBeVirtual(mac) ? [mac] : [])),
        ...(asked.leftVirtualMacs ?? []).map(({ mac }) => mac),
      ]),
    );
    const sightings = (row: VirtualMac): readonly Sighting[] =>
      seen.flatMap(({ port, asked, wanted }) => sighting(row, { device, port: port.port }, port, asked, wanted));
    await this.deps.store.virtualMacs.change(
      { macs: [...macs], at: { device, ports: seen.map(({ asked }) => asked.port) } },
      (row) => afterPass(row, sightings(row)),
      (row) => ({ workflowId: this.workflowId, ...this.eventsAt(sightings(row)) }),
    );
  }

  /** The MACs with which the pass was to bind addresses at a port, as far as they may be virtual ones. */
  private wantedAt({ desired, additional = [] }: AskedPort): ReadonlySet<MacAddress> {
    return new Set([
      ...desired.flatMap(({ mac }) => (mayBeVirtual(mac) ? [mac] : [])),
      ...additional.flatMap((address) => this.made.get(holderKey(address)) ?? []),
    ]);
  }

  private eventsOf(holder: VirtualMacHolder): Pick<AskedPort, 'events'> {
    const port = this.input.ports.find(({ additional = [] }) =>
      additional.some((address) => holderKey(address) === holderKey(holder)),
    );
    return port?.events === undefined ? {} : { events: port.events };
  }

  private eventsAt(sightings: readonly Sighting[]): Pick<AskedPort, 'events'> {
    const port = this.input.ports.find(
      ({ events, port: name }) => events !== undefined && sightings.some(({ at }) => at.port === name),
    );
    return port?.events === undefined ? {} : { events: port.events };
  }
}

/** What a pass saw of a virtual MAC at one port; nothing where the port has nothing to do with it. */
function sighting(
  { mac, ip, places }: VirtualMac,
  at: PortRef,
  { status, statements, excluded, error, hold }: PortConvergence,
  { leftVirtualMacs = [] }: AskedPort,
  wanted: ReadonlySet<MacAddress>,
): readonly Sighting[] {
  const isBound = statements.some((statement) => statement.ip === ip && statement.mac === mac);
  const left = leftVirtualMacs.find((one) => one.mac === mac)?.why;
  const isWanted = wanted.has(mac);
  if (!isBound && !isWanted && left === undefined && !places.some((place) => samePort(place, at))) return [];
  const why = {
    ...(left === undefined ? {} : { left }),
    ...(hold?.state === 'holding' ? { isHeld: true as const } : {}),
  };
  if (status === 'failed') return isWanted ? [{ at, seen: { failure: error?.message ?? 'the port failed' } }] : [];
  const exclusion = isWanted && !isBound ? excluded.find((one) => one.ip === ip) : undefined;
  return [{ at, seen: exclusion === undefined ? { isBound } : { failure: exclusion.message }, ...why }];
}
