import { macInVlanKey, type MacInVlan } from '../../domain/desired/binding';
import { claimedMac, rivalName, type Claim, type KnownClaims, type Rival } from '../../domain/desired/claims';
import type { ServerId } from '../../domain/event/event';
import type { HypervisorAttachment, PlacedPort, Placement } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { PortRef } from '../../domain/values/port';
import type { PortServers } from '../../protocol/activities';
import type { FactSources } from '../dependencies';
import { PresentMacs } from './presentMacs';

/** A port of a batch with what the servers behind it claim. */
export interface ClaimedPort {
  readonly servers: PortServers;
  readonly claims: readonly Claim[];
}

/** A server that may be a rival. */
interface Candidate {
  readonly serverId: ServerId;
  readonly guest?: HypervisorAttachment;
}

/**
 * Finds the servers behind other ports, of whichever device, that have a MAC which a server behind a port of the batch
 * claims in the same VLAN: those of which a pass read it back, while they still have it, and those that claim it in the
 * same batch. The store is asked once for the batch; panel and cluster are asked only when the store names somebody.
 */
export class MacRivals {
  private recorded: Promise<readonly Placement[]> | undefined;
  private readonly present: PresentMacs;

  constructor(
    private readonly sources: Pick<FactSources, 'store' | 'panel' | 'hypervisors'>,
    private readonly device: DeviceId,
    private readonly ports: readonly ClaimedPort[],
    signal: AbortSignal,
  ) {
    this.present = new PresentMacs(sources, signal);
  }

  /** The rivals of the servers behind one of the ports. */
  async of(port: ClaimedPort): Promise<KnownClaims['macsElsewhere']> {
    const rivals = new Map<string, readonly Rival[]>();
    for (const [key, mac] of macsOf([port])) {
      const found = await this.rivalsOf(port, key, mac);
      if (found.length > 0) rivals.set(key, found);
    }
    return rivals;
  }

  private async rivalsOf(port: ClaimedPort, key: string, { mac }: MacInVlan): Promise<readonly Rival[]> {
    const recorded = (await this.holders()).filter((one) => heldPorts(one, key).length > 0 && isAnother(port, one));
    const claiming = this.ports
      .filter((other) => other !== port)
      .flatMap((other) => this.claimants(other, key))
      .filter((one) => isAnother(port, one) && !recorded.some(({ serverId }) => serverId === one.serverId));
    const holding: Rival[] = [];
    for (const placement of recorded) {
      if (this.isClaimed(placement.serverId, key) || (await this.present.has(placement.serverId, mac)))
        holding.push({ name: rivalName(placement.serverId, heldPorts(placement, key)), hasIt: true });
    }
    return [...holding, ...claiming.map(({ serverId, at }) => ({ name: rivalName(serverId, [at]), hasIt: false }))];
  }

  private holders(): Promise<readonly Placement[]> {
    this.recorded ??= this.sources.store.placements.listByMacs([...macsOf(this.ports).values()]);
    return this.recorded;
  }

  private isClaimed(serverId: ServerId, key: string): boolean {
    return this.ports.some((port) => this.claimants(port, key).some((one) => one.serverId === serverId));
  }

  /** The servers behind a port that claim a MAC in a VLAN, each once. */
  private claimants({ servers, claims }: ClaimedPort, key: string): (Candidate & { readonly at: PortRef })[] {
    const ids = claims.flatMap((claim) => {
      const held = claimedMac(claim);
      return held !== undefined && macInVlanKey(held) === key ? [claim.serverId] : [];
    });
    return [...new Set(ids)].map((serverId) => {
      const guest = servers.guests.find((one) => one.serverId === serverId);
      return { serverId, at: { device: this.device, port: servers.port }, ...(guest === undefined ? {} : { guest }) };
    });
  }
}

/** Every MAC in a VLAN that is claimed at the ports. */
function macsOf(ports: readonly ClaimedPort[]): ReadonlyMap<string, MacInVlan> {
  return new Map(
    ports.flatMap(({ claims }) =>
      claims.flatMap((claim) => {
        const held = claimedMac(claim);
        return held === undefined ? [] : [[macInVlanKey(held), held] as const];
      }),
    ),
  );
}

function heldPorts({ ports }: Placement, key: string): readonly PlacedPort[] {
  return ports.filter(({ macs = [] }) => macs.some((held) => macInVlanKey(held) === key));
}

/** Not a server that is behind the port itself, nor one whose guest is: the same machine is not its own rival. */
function isAnother({ servers }: ClaimedPort, { serverId, guest }: Candidate): boolean {
  if ([...servers.dedicated, ...servers.guests].some((behind) => behind.serverId === serverId)) return false;
  return !servers.guests.some(({ cluster, vmid }) => cluster === guest?.cluster && vmid === guest.vmid);
}
