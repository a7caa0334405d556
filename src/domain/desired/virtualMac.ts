import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { PortRef } from '../values/port';

/**
 * How far a virtual MAC is: `pending` until its binding was read back from a port, then `active`; `failed` when a device
 * refused it (it is tried again with every pass); `revoked` for ever.
 */
export type VirtualMacState = 'pending' | 'active' | 'failed' | 'revoked';

/** The states that there are, in the order of a life. */
export const VIRTUAL_MAC_STATES: readonly VirtualMacState[] = ['pending', 'active', 'failed', 'revoked'];

/**
 * A MAC that portwarden made for one address of one dedicated server, to be used on the wire beside the server's own.
 * The same server and address keep it through retries, restarts and moves, until it is revoked; nobody gets it again.
 */
export interface VirtualMac {
  /** Decimal; grows with every allocation. */
  readonly id: string;
  readonly mac: MacAddress;
  readonly serverId: ServerId;
  readonly ip: IpAddress;
  readonly state: VirtualMacState;
  /** Ports from which the last proven pass read its binding back. */
  readonly places: readonly PortRef[];
  /** Why the last try to bind it failed; or, once revoked, why it was. */
  readonly reason?: string;
  /** ISO 8601, UTC. */
  readonly allocatedAt: string;
  /** When its binding was first read back. */
  readonly activatedAt?: string;
  readonly revokedAt?: string;
  /** Once revoked: when a pass first found it bound nowhere any more; absent again while a hold has it. */
  readonly releasedAt?: string;
}

/** A virtual MAC that was revoked, with the address that it was for. */
export type RevokedMac = Pick<VirtualMac, 'ip' | 'mac'>;

/** What can happen to a virtual MAC. */
export type VirtualMacAction =
  | 'allocated'
  /** Its binding was read back for the first time. */
  | 'activated'
  /** Its binding was read back from one more port. */
  | 'bound'
  /** It is bound at other ports, and no longer at one where it was. */
  | 'moved'
  | 'failed'
  | 'revoked'
  /** It is bound nowhere any more. */
  | 'unbound';

/** One line of a virtual MAC's event log. */
export interface VirtualMacEvent {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly mac: MacAddress;
  readonly serverId: ServerId;
  readonly ip: IpAddress;
  readonly action: VirtualMacAction;
  /** One sentence. */
  readonly detail: string;
  /** The workflow in which it happened. */
  readonly workflowId: string;
  /** The person who asked for it, as they named themselves; absent when it followed from a rule. */
  readonly by?: string;
  /** The event workflows that waited for the pass in which it happened. */
  readonly events?: readonly string[];
}

/** In which workflow something happens to virtual MACs, and for whom. */
export type VirtualMacCause = Pick<VirtualMacEvent, 'workflowId' | 'by' | 'events'>;

/** The server and the address that a virtual MAC is for. */
export type VirtualMacHolder = Pick<VirtualMac, 'serverId' | 'ip'>;

/** A text that is the same for the same holder. */
export function holderKey({ serverId, ip }: VirtualMacHolder): string {
  return `${serverId} ${ip}`;
}

/** The octets of a virtual MAC that are random. */
export const RANDOM_OCTETS = 5;

const PREFIX = '02:';

/**
 * Stands, where something is only shown, for a virtual MAC that would be made. It is never given to anybody.
 */
export const NEW_VIRTUAL_MAC = '02:00:00:00:00:00' as MacAddress;

/**
 * The virtual MAC of some random octets: `02` in front makes it a locally administered unicast address (IEEE 802, 8.2.2:
 * the second lowest bit of the first octet is set, the lowest is not).
 * @param octets {@link RANDOM_OCTETS} octets of a cryptographically secure generator.
 * @returns undefined for all zeroes, which {@link NEW_VIRTUAL_MAC} stands for.
 */
export function virtualMacFrom(octets: Uint8Array): MacAddress | undefined {
  if (octets.length !== RANDOM_OCTETS) throw new RangeError(`a virtual MAC is made of ${RANDOM_OCTETS} random octets`);
  const mac = `${PREFIX}${[...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':')}` as MacAddress;
  return mac === NEW_VIRTUAL_MAC ? undefined : mac;
}

/** Whether a MAC has the form of a virtual one. Machines may have such a MAC too: only the store knows which are ours. */
export function mayBeVirtual(mac: string): mac is MacAddress {
  return mac.startsWith(PREFIX) && mac !== NEW_VIRTUAL_MAC;
}

/** Whether the MAC is its holder's still. */
export function isLive({ state }: Pick<VirtualMac, 'state'>): boolean {
  return state !== 'revoked';
}
