import type { VanishedMode } from '../drift/vanished';
import type { ErrorReport } from '../errors';
import type { ServerId } from '../event/event';
import type { IpOrRange } from '../values/ip';
import type { PortRef } from '../values/port';
import type { GuestNicRef } from './guestPort';
import type { NamedRemovals, NodeSubject } from './portRequest';
import type { AssignedIp, PanelServer, Placement } from './server';

/** What the panel says of one server in this pass. */
export type PanelEntry =
  /** Its own entry was read whole. Connections are there when they were asked for; `missing` when the panel lists the server but not its connections. */
  | {
      readonly state: 'found';
      readonly name: string;
      readonly ips: readonly AssignedIp[];
      readonly connections?: PanelConnections | 'missing';
    }
  /** It does not exist, beyond doubt. */
  | { readonly state: 'gone' }
  /** It could not be read for certain; the error is there when asking again may help by itself. */
  | { readonly state: 'uncertain'; readonly why: string; readonly error?: ErrorReport };

/** The connections of a panel entry. */
export type PanelConnections = Pick<PanelServer, 'attachments' | 'pxeMac' | 'hypervisor'>;

/** Where a server's traffic enters now, when that is not the port in question. */
export type Elsewhere =
  | {
      readonly where: string;
      /** The ports of one uplink together: an address that is bound there is bound at all of them. There may be several. */
      readonly uplinks: readonly (readonly PortRef[])[];
    }
  | { readonly where: string; readonly unknown: string };

/** What is known of one server that is, or may have been, behind the port. */
export interface ServerFacts {
  readonly serverId: ServerId;
  /** When the oldest reading began of those that these facts come from; see `Placement.seenAt`. */
  readonly seenAt?: number;
  readonly placement?: Placement;
  readonly entry: PanelEntry;
  /** Present for VMs. */
  readonly guest?: GuestFacts;
  /** For VMs that are on a node which does not feed the port. */
  readonly elsewhere?: Elsewhere;
}

/** Which guest a VM is, and where. */
export interface GuestFacts {
  readonly cluster: string;
  /** Absent when the panel no longer says which guest the server is. */
  readonly vmid?: number;
  /** The node that the cluster lists the guest on now; absent when it lists no such guest. */
  readonly node?: string;
  /** The node behind the port that it is being moved to, while it is still on the other one. */
  readonly arrivingAt?: string;
  /** Its migration is not over yet, as the cluster lists it. */
  readonly migrating?: boolean;
}

/** Everything that decides who is behind one port and what may be removed from it. */
export interface PortFacts extends NamedRemovals {
  readonly here: PortRef;
  /** The NIC of a guest that the port is: then that guest is behind it wherever it runs, and nobody else. Absent: it is no such port. */
  readonly guestNic?: GuestNicRef;
  /** When they were read, by the store's clock in Unix milliseconds. */
  readonly now?: number;
  /** How long the bindings of a guest stay at a port that it has left, in milliseconds. Absent: no longer than necessary. */
  readonly moveGraceMs?: number;
  /** The nodes that feed the port, whose guests were read in this pass. */
  readonly nodes: readonly NodeSubject[];
  /** Whether the configuration says that a node feeds the port. */
  readonly isUplink: boolean;
  readonly servers: readonly ServerFacts[];
  /** Servers that reconciles confirmed to have vanished from the panel though no event says so. Absent: none. */
  readonly vanished?: ReadonlyMap<ServerId, VanishedMode>;
  /** Who has the addresses, and anything of the whole subnets, that servers here no longer have, by the list of all servers. */
  readonly holders: {
    readonly holders: ReadonlyMap<IpOrRange, readonly ServerId[]>;
    readonly unread: readonly ServerId[];
  };
}
