import type { ErrorReport } from '../domain/errors';
import type { EventAction, ServerId } from '../domain/event/event';
import type { GuardLimits } from '../domain/change/guards';
import type { IpAddress } from '../domain/values/ip';
import type { PortOutcome, Requirement } from '../domain/change/outcome';
import type { DeviceId, PortName } from '../domain/values/port';
import type { Placement } from '../domain/servers/server';

/** Workflow type names, as the UI and the CLIs show them. */
export const EVENT_WORKFLOW = 'portSecurityEvent';
export const COORDINATOR_WORKFLOW = 'deviceCoordinator';

/** Signal and query names. Operators use them by name: docs/operations.md. */
export const SIGNALS = {
  /** To a coordinator: `EnlistRequest[]`. */
  enlist: 'enlist',
  /** To a coordinator: a port name whose parked change a person confirms. */
  approve: 'approve',
  /** To a coordinator: a port name whose parked change a person drops. */
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  /** To a coordinator: try waiting ports now instead of when their back-off ends. */
  retryNow: 'retryNow',
  /** To an event: `PortOutcome`. */
  portOutcome: 'portOutcome',
  /** To an event: `PortProgress`. */
  portProgress: 'portProgress',
} as const;

/** Query names. */
export const QUERIES = { state: 'state', status: 'status' } as const;

/** Search attributes that the workflows carry, so that the UI's list can be filtered. */
export const SEARCH_ATTRIBUTES = {
  ServerId: 'Keyword',
  Device: 'Keyword',
  Port: 'Keyword',
  Action: 'Keyword',
} as const;

/** The name of the queue on which device changes run, beside the workflows' own queue. */
export function deviceTaskQueue(taskQueue: string): string {
  return `${taskQueue}-devices`;
}

/** What feeds a port besides the dedicated servers plugged into it: the guests of a node. */
export interface NodeSubject {
  readonly cluster: string;
  readonly node: string;
}

/** Tells nodes apart. */
export function nodeKey(node: NodeSubject): string {
  return `${node.cluster}\n${node.node}`;
}

/** All the nodes, each once. */
export function mergeNodes(...lists: readonly (readonly NodeSubject[])[]): NodeSubject[] {
  return [...new Map(lists.flat().map((node) => [nodeKey(node), node])).values()];
}

/** "Port P is dirty, I am W": looks again at a port. */
export interface EnlistRequest {
  readonly port: PortName;
  /** Servers that the asker knows to be (or to have been) on the port. */
  readonly serverIds: readonly ServerId[];
  readonly nodes: readonly NodeSubject[];
  /** Addresses whose removal an event names. */
  readonly explainedIps: readonly IpAddress[];
  /** Servers that an event says were deleted. */
  readonly deletedServerIds?: readonly ServerId[];
  /** The event workflow that wants to know the outcome. */
  readonly waiter?: string;
}

/** Limits of a coordinator, from the configuration when it is started. Times in milliseconds. */
export interface CoordinatorSettings {
  readonly batchPorts: number;
  readonly batchBindings: number;
  readonly initialBackoffMs: number;
  readonly maximumBackoffMs: number;
  readonly giveUpAfterMs: number;
  readonly guards: GuardLimits;
  /** How long a coordinator without work stays; default 60 000. */
  readonly idleExitMs?: number;
  /** Events of history after which a run continues as new; default 2 000. */
  readonly historyLimit?: number;
}

/** A port waiting for its turn or for its next try. */
export interface PendingPort {
  readonly port: PortName;
  readonly serverIds: readonly ServerId[];
  readonly nodes: readonly NodeSubject[];
  readonly explainedIps: readonly IpAddress[];
  readonly deletedServerIds?: readonly ServerId[];
  readonly waiters: readonly string[];
  /** Unix time in milliseconds of the first request. */
  readonly since: number;
  /** Unix time in milliseconds of the newest request; giving up counts from here. */
  readonly newest: number;
  readonly attempts: number;
  /** Unix time in milliseconds before which it is not tried again. */
  readonly notBefore: number;
  readonly lastError?: ErrorReport;
  /** Set when the last look did what is certain, and only guests that could not be read keep the port waiting: a new request has its turn at once. */
  readonly forUnread?: boolean;
  /** A person approved the parked change of this port. */
  readonly approved: boolean;
}

/** What events say that explains removals. */
export interface Explained {
  readonly explainedIps: readonly IpAddress[];
  readonly deletedServerIds?: readonly ServerId[];
}

/** What explains removals from a port that were not carried out: the port failed, or the address or the deletion of a server is in doubt. */
export interface OpenExplanation extends Explained {
  readonly port: PortName;
  /** Unix time in milliseconds of the look that left it undone. */
  readonly at: number;
}

/** The last known outcome of a port, for queries. */
export interface LastOutcome {
  readonly port: PortName;
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly at: number;
}

/** Input of `deviceCoordinator`; everything but device and settings is carried over by continue-as-new. */
export interface CoordinatorInput {
  readonly device: DeviceId;
  readonly settings: CoordinatorSettings;
  readonly pending?: readonly PendingPort[];
  readonly paused?: boolean;
  readonly lastOutcomes?: readonly LastOutcome[];
  readonly explanations?: readonly OpenExplanation[];
  readonly deviceError?: ErrorReport;
  readonly deviceNotBefore?: number;
  readonly deviceAttempts?: number;
  readonly batches?: number;
}

/** Answer of the coordinator's `state` query. */
export interface CoordinatorState {
  readonly device: DeviceId;
  readonly paused: boolean;
  /** Which step of which batch runs now. */
  readonly running?: { readonly batch: number; readonly step: string; readonly ports: readonly PortName[] };
  readonly pending: readonly {
    readonly port: PortName;
    readonly since: string;
    readonly waitingUntil?: string;
    readonly attempts: number;
    readonly waiters: number;
    readonly reason?: string;
  }[];
  readonly deviceError?: ErrorReport;
  readonly lastOutcomes: readonly {
    readonly port: PortName;
    readonly status: string;
    readonly summary: string;
    readonly at: string;
  }[];
  readonly batches: number;
}

/** Told to a waiting event when its port goes back to the queue. */
export interface PortProgress {
  readonly device: DeviceId;
  readonly port: PortName;
  readonly message: string;
}

/** Result of `portSecurityEvent`, readable in the UI. */
export interface EventResult {
  readonly action: EventAction;
  readonly serverId: ServerId;
  readonly ips: readonly IpAddress[];
  readonly status: PortOutcome['status'];
  /** One readable sentence. */
  readonly summary: string;
  readonly ports: readonly PortOutcome[];
  readonly requirement?: Requirement;
}

/** Where a signal or enlist goes, plus what to remember about the server. */
export interface EnlistInput {
  readonly device: DeviceId;
  readonly request: EnlistRequest;
  readonly placement?: Placement;
}
