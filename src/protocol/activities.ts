import type { AdditionalAddress } from '../domain/desired/additionalAddress';
import type { Deferral } from '../domain/change/deferral';
import type { Binding } from '../domain/desired/binding';
import type { SettingsChange } from '../domain/desired/bindingSettings';
import type { ServerId } from '../domain/event/event';
import type { ErrorReport } from '../domain/errors';
import type { GuardLimits } from '../domain/change/guards';
import type { IpAddress } from '../domain/values/ip';
import type { MacAddress } from '../domain/values/mac';
import type { GuestLocation, ServerReport } from '../domain/servers/location';
import type { GuestMember } from '../domain/servers/membership/finding';
import type { BoundElsewhere } from '../domain/change/boundElsewhere';
import type { Exclusion, PortOutcome, Requirement } from '../domain/change/outcome';
import type { PlacementNote } from '../domain/servers/placement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { JustifiedRemovals } from '../domain/change/removals';
import type { WholeSubnet } from '../domain/servers/subnetAssignment';
import type { NodeInventory, PanelServer } from '../domain/servers/server';
import type { CoordinatorSettings } from './coordinator';
import type { Rejection } from './parkedDecisions';
import type { Observed } from './observed';
import type { EnlistInput, Patience } from './requests';
import type { NodeSubject, PortRequest } from '../domain/servers/portRequest';
import type { PortProgress } from './events';

/** A port of a batch as `fetchServerIps` is asked about it. */
export interface PortQuestion extends PortRequest {
  /** The nodes with the guests just read there. */
  readonly nodes: readonly NodeWithGuests[];
}

/** A node, with the guests that were read there. */
export interface NodeWithGuests extends NodeSubject {
  readonly vmids: readonly number[];
  /** Guests that are on their way to the node, with the node that they are on. Absent: none. */
  readonly arriving?: readonly { readonly vmid: number; readonly from: string }[];
  /** See {@link NodeInventory.readAt}. */
  readonly readAt?: number;
}

/** A node as {@link PortQuestion} has it, from its reading. */
export function nodeWithGuests({ cluster, node, guests, unread, readAt }: NodeInventory): NodeWithGuests {
  const here = guests.filter((guest) => guest.arrivingFrom === undefined);
  const arriving = guests.flatMap(({ vmid, arrivingFrom: from }) => (from === undefined ? [] : [{ vmid, from }]));
  return {
    cluster,
    node,
    vmids: [...here, ...(unread ?? [])].map((guest) => guest.vmid),
    ...(arriving.length === 0 ? {} : { arriving }),
    ...(readAt === undefined ? {} : { readAt }),
  };
}

/** Input of `gatherVmMacs`: a node, and for which batch of the coordinator it is read. */
export interface GatherVmMacsInput extends NodeSubject {
  readonly batch?: number;
}

/** Input of `fetchServerIps`: one server of an event, or all servers of a batch's ports in one go. */
export type FetchServerIpsInput =
  | { readonly of: 'event'; readonly serverId: ServerId }
  | {
      readonly of: 'batch';
      readonly device: DeviceId;
      /** Which batch of the coordinator it is; absent in histories of before. */
      readonly batch?: number;
      readonly ports: readonly PortQuestion[];
    };

/** What the panel says of the servers behind one port. */
export interface PortServers {
  readonly port: PortName;
  readonly dedicated: readonly PanelServer[];
  readonly guests: readonly GuestMember[];
  readonly removals: JustifiedRemovals;
  /** Addresses of servers that are not known for certain to be here or elsewhere: their bindings stay as they are. */
  readonly missingGuests: readonly Exclusion[];
  /** Nodes known to feed the port whose guests were not read: the port is looked at again with them, and not before. */
  readonly unreadNodes?: readonly NodeSubject[];
  /** Servers whose panel entry could not be read, when that may pass: the port is looked at again. */
  readonly unread?: { readonly serverIds: readonly ServerId[]; readonly error: ErrorReport };
  /** Deletions that events say and that are in doubt: they are looked at again with the next pass. */
  readonly openDeletions?: readonly ServerId[];
  /** After so many milliseconds the port is to be looked at again, because something may go then. */
  readonly againAfterMs?: number;
  /** What to remember of the servers once the pass over the port is proven; those of whom nothing new is known are left out. */
  readonly notes?: readonly PlacementNote[];
  /** Set when the port is not automated after all; it is not touched then. */
  readonly unmet?: { readonly requirement: Requirement; readonly message: string };
  /** Set when a source failed for this port alone; it goes back to the queue. */
  readonly error?: ErrorReport;
}

/** Result of `fetchServerIps`. */
export type FetchServerIpsResult =
  | { readonly of: 'event'; readonly report: ServerReport }
  | {
      readonly of: 'batch';
      readonly summary: string;
      readonly ports: readonly PortServers[];
      /** Ports that the answer has no room for: they are asked about once more. Absent: none. */
      readonly left?: readonly PortName[];
    };

/** Input of `filterByVlan`: what was gathered for the ports of a batch. */
export interface FilterByVlanInput {
  readonly device: DeviceId;
  /** See {@link FetchServerIpsInput}. */
  readonly batch?: number;
  readonly ports: readonly {
    readonly servers: PortServers;
    readonly inventories: readonly NodeInventory[];
  }[];
}

/** The settings that decide about the bindings of a port. */
export interface PortSettings {
  readonly digest: string;
  /** Whether everything behind the port was read, so that nothing is left that these settings may change later. */
  readonly isWhole: boolean;
  /** What a change of settings alone does, and the names of the settings. */
  readonly changes?: readonly SettingsChange[];
  readonly names?: readonly string[];
}

/** A port with its desired bindings, ready to be committed. */
export interface DesiredPortBindings {
  readonly port: PortName;
  readonly desired: readonly Binding[];
  /** Further addresses of dedicated servers: how they are bound is decided by what the device has. Absent: none. */
  readonly additional?: readonly AdditionalAddress[];
  /** Virtual MACs whose addresses left their servers: they are revoked once the pass finds them unbound. Absent: none. */
  readonly leftVirtualMacs?: readonly { readonly mac: MacAddress; readonly why: string }[];
  readonly excluded: readonly Exclusion[];
  readonly retainIps: readonly IpAddress[];
  /** What is reported of addresses that are found on the port although they are not desired there. */
  readonly ifPresent?: readonly Exclusion[];
  /** Where addresses of the servers behind the port are bound for others, which the panel does not assign them to. Absent: nowhere. */
  readonly boundElsewhere?: readonly BoundElsewhere[];
  readonly removals: JustifiedRemovals;
  /** Present when the port was last brought to its bindings under other settings, or never. */
  readonly settings?: PortSettings;
  /** Whole subnets of servers behind the port: what is present inside them stays and is listed. Absent: none. */
  readonly subnets?: readonly WholeSubnet[];
  /** Servers of the panel that are behind the port, or are not known to have left it: their policies count. Absent: none. */
  readonly serverIds?: readonly ServerId[];
  /** Servers whose panel entry or guest could not be read, when that may pass: the port is looked at again. */
  readonly unread?: { readonly serverIds: readonly ServerId[]; readonly error: ErrorReport };
  /** See {@link PortServers.notes}. */
  readonly notes?: readonly PlacementNote[];
}

/** Result of `filterByVlan`. */
export interface FilterByVlanResult {
  readonly summary: string;
  readonly ports: readonly DesiredPortBindings[];
  /** Ports whose VLAN source failed; they go back to the queue alone. */
  readonly failed: readonly { readonly port: PortName; readonly error: ErrorReport }[];
  /** Ports that the answer has no room for: they are asked about once more. Absent: none. */
  readonly left?: readonly PortName[];
}

/** Input of `dropParked`. */
export interface DropParkedInput extends Partial<Rejection> {
  readonly device: DeviceId;
  readonly port: PortName;
  /** The workflow that brought the decision, for the journal. Absent: the coordinator was told by hand. */
  readonly waiter?: string;
}

/** Input of a pass over some ports of one device: of `commitToSwitch`, and of whatever another kind calls it. */
export interface PassInput {
  readonly device: DeviceId;
  readonly batch: number;
  readonly guards: GuardLimits;
  readonly ports: readonly (DesiredPortBindings & {
    readonly approved: boolean;
    /** Keys of statements whose removal a person approved one by one; absent when nobody did. */
    readonly approvedStatements?: readonly string[];
    /** Fingerprints of parked changes that a person approved after seeing them; absent when nobody did. */
    readonly approvedChanges?: readonly string[];
    /** The plan of Apply All by which the port is asked for; absent: by none, or by others too. */
    readonly plan?: string;
    /** The event workflows that wait for the port, for the journal; absent when none does. */
    readonly events?: readonly string[];
  })[];
}

/** Result of a pass. */
export interface PassResult {
  readonly summary: string;
  readonly outcomes: readonly PortOutcome[];
  /** The change in the device's own command form; cut after 200 lines. */
  readonly commands: readonly string[];
  /** The device's own diff of what was committed; cut after 10,000 characters. */
  readonly diff?: string;
  readonly notes: readonly string[];
  /** Which pass this is the result of, when the store is to record that it arrived: `notifyWaiters` does. */
  readonly pass?: string;
}

/** Input of `notifyWaiters`. */
export interface NotifyInput {
  readonly outcomes: readonly {
    readonly outcome: PortOutcome;
    readonly waiters: readonly string[];
    /** Unix milliseconds of the first request for the port. */
    readonly since: number;
  }[];
  readonly progress: readonly { readonly progress: PortProgress; readonly waiters: readonly string[] }[];
  /** The pass whose result the coordinator has, so that its changes need not be reported again. */
  readonly answered?: { readonly device: DeviceId; readonly pass: string };
}

/**
 * A pass as an activity: makes the ports' bindings exactly the desired ones in one commit, and proves it. The same for every
 * kind of device under the name that the kind's driver gives it (`commitToSwitch` for switches), so that histories read
 * naturally; a coordinator gets the name with its settings.
 */
export type PassActivity = (input: PassInput) => Promise<PassResult>;

/** The passes of a worker by the names of their activities. */
export type PassActivities = Readonly<Record<string, PassActivity>>;

/** Result of `coordinatorSettings`. */
export interface ObservedSettings extends CoordinatorSettings {
  readonly observed: Observed;
  /** What makes ports of the device wait now. Absent: it could not be read, and what was known stays; the pass asks again before it commits. */
  readonly deferrals?: readonly Deferral[];
}

/** The activities as workflows see them, but for the passes ({@link PassActivity}). */
export interface Activities {
  /** Asks the panel what servers are, which addresses they have and where they are plugged in. */
  fetchServerIps(input: FetchServerIpsInput): Promise<FetchServerIpsResult>;
  /** Finds the Proxmox node of a VM and the switch port of that node's uplink. */
  findProxmoxNode(input: { readonly cluster: string; readonly vmid: number }): Promise<GuestLocation>;
  /** Reads every guest of a node with all its NICs. Names those that could not be read; else complete or failed. */
  gatherVmMacs(input: GatherVmMacsInput): Promise<NodeInventory>;
  /** Resolves the VLAN of every address and applies the allowlist. */
  filterByVlan(input: FilterByVlanInput): Promise<FilterByVlanResult>;
  /** Remembers the server's placement and asks the device's coordinator to look at a port again. Says how long to wait. */
  enlist(input: EnlistInput): Promise<Patience>;
  /** Lists a server that an event is about as not automated, with the requirement that does not hold. */
  noteRequirement(input: {
    readonly serverId: ServerId;
    readonly requirement: Requirement;
    readonly message: string;
  }): Promise<void>;
  /**
   * The settings of the next batch. Returns what the coordinator observed, so that its history has it.
   * @throws `device-kind-unknown` for a device that no driver serves.
   */
  coordinatorSettings(input: { readonly device: DeviceId; readonly observed: Observed }): Promise<ObservedSettings>;
  /** Tells waiting events what became of their ports. Events that no longer exist are passed over. */
  notifyWaiters(input: NotifyInput): Promise<void>;
  /** Drops the parked change of a port because a person rejected it. */
  dropParked(input: DropParkedInput): Promise<boolean>;
}
