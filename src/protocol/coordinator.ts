import type { Deferral } from '../domain/change/deferral';
import type { GuardLimits } from '../domain/change/guards';
import type { PortOutcome } from '../domain/change/outcome';
import type { ErrorReport } from '../domain/errors';
import type { NamedRemovals, PortRequest } from '../domain/servers/portRequest';
import type { Rejection } from './parkedDecisions';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/** How a coordinator works, apart from guards. Times in milliseconds. */
export interface CoordinatorLimits {
  readonly batchPorts: number;
  readonly batchBindings: number;
  readonly initialBackoffMs: number;
  readonly maximumBackoffMs: number;
  readonly giveUpAfterMs: number;
  /** How long a coordinator without work stays. */
  readonly idleExitMs: number;
  /** Events of history after which a run continues as new. */
  readonly historyLimit: number;
}

/**
 * What a coordinator gets from its worker at the start of each run and with each batch. Its input has none of it: a run
 * may last for months, and whoever starts one may have another configuration file.
 */
export interface CoordinatorSettings extends CoordinatorLimits {
  readonly guards: GuardLimits;
  /** The activity that runs the pass over the device, as its kind's driver names it. */
  readonly passActivity: string;
}

/** A port waiting for its turn or for its next try: the merged requests, and how it went so far. */
export interface PendingPort extends PortRequest {
  readonly waiters: readonly string[];
  /** Unix time in milliseconds of the first request. For people and metrics: nothing is decided by it. */
  readonly since: number;
  /** When the newest request was first tried, by the coordinator's recorded clock; giving up counts from here. Absent: not yet. */
  readonly newest?: number;
  readonly attempts: number;
  /** When it is tried again, not sooner, by the coordinator's recorded clock. */
  readonly notBefore: number;
  readonly lastError?: ErrorReport;
  /** Those of the waiters that were not yet notified of the last error: they came later. */
  readonly unaware?: readonly string[];
  /** Set when the last look did what is certain, and only guests that could not be read keep the port waiting: a new request has its turn at once. */
  readonly forUnread?: boolean;
  /** A person approved the parked change of this port. */
  readonly approved: boolean;
  /** Keys of statements of it whose removal a person approved one by one. */
  readonly approvedStatements?: readonly string[];
  /** Fingerprints of the parked changes of it that a person approved after seeing them. */
  readonly approvedChanges?: readonly string[];
  /** See `EnlistRequest`. Absent as soon as anybody asks for the port without a plan, or by another one: then whatever is due is done. */
  readonly plan?: string;
}

/** Removals from a port that events name and that were not carried out: the port failed, or the address or the deletion of a server is in doubt. */
export interface OpenRemovals extends NamedRemovals {
  readonly port: PortName;
  /** The look that left them undone, by the coordinator's recorded clock. */
  readonly at: number;
}

/** The last known outcome of a port, for queries. */
export interface LastOutcome {
  readonly port: PortName;
  readonly status: PortOutcome['status'];
  readonly summary: string;
  /** Of its error; absent when it has none. */
  readonly code?: ErrorReport['code'];
  readonly at: number;
}

/** A port that a batch has taken. */
export interface TakenPort extends PendingPort {
  readonly newest: number;
}

/** A port whose parked change a person wants dropped, with who says so; a name alone where nobody is named. */
export interface RejectedPort extends Rejection {
  readonly port: PortName;
  /** The workflow that wants to know that it was done. */
  readonly waiter?: string;
}

/** Input of `deviceCoordinator`; everything but the device is carried over by continue-as-new. */
export interface CoordinatorInput {
  readonly device: DeviceId;
  readonly pending?: readonly PendingPort[];
  /** What made ports wait when it was looked last. */
  readonly deferrals?: readonly Deferral[];
  readonly lastOutcomes?: readonly LastOutcome[];
  readonly openRemovals?: readonly OpenRemovals[];
  readonly deviceError?: ErrorReport;
  readonly deviceNotBefore?: number;
  readonly deviceAttempts?: number;
  /** Tries that were made soon since a pass was cut off; absent when none was. */
  readonly soonTries?: number;
  /** Ports whose parked change a person wants dropped, which was not done yet. */
  readonly rejected?: readonly (PortName | RejectedPort)[];
  readonly batches?: number;
}

/** Answer of the coordinator's `state` query. */
export interface CoordinatorState {
  readonly device: DeviceId;
  /** What makes its ports wait though nothing is wrong: pauses. Those of single ports name them. */
  readonly deferrals: readonly {
    readonly ports?: readonly PortName[];
    /** Ports that a person lets pass. */
    readonly except?: readonly PortName[];
    readonly reason: string;
    readonly until?: string;
  }[];
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
    /** Of its error; absent when it has none. */
    readonly code?: ErrorReport['code'];
    readonly at: string;
  }[];
  readonly batches: number;
}
