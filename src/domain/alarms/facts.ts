import type { BrakeState } from '../change/brake';
import type { GuardCode } from '../change/guardCodes';
import type { StandingList } from '../standing';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { WatchState } from '../watch/watchState';
import type { ConfiguredSources, SourceState } from './sourceState';

/** A source of facts that was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly unread: string };

/** A coordinator as far as alarms concern it. */
export interface CoordinatorFacts {
  readonly device: DeviceId;
  readonly running?: { readonly step: string };
  readonly pending: readonly {
    readonly port: PortName;
    readonly since: string;
    readonly attempts: number;
    /** Begins with an error code and a colon. */
    readonly reason?: string;
  }[];
  readonly deviceError?: { readonly code: string; readonly message: string };
  readonly lastOutcomes: readonly {
    readonly port: PortName;
    readonly status: string;
    readonly summary: string;
    /** Of its error. */
    readonly code?: string;
    readonly at: string;
  }[];
}

/** What the coordinators of all devices say. */
export interface CoordinatorsFacts {
  readonly states: readonly CoordinatorFacts[];
  readonly stuck: readonly { readonly device: DeviceId; readonly cause: string }[];
  /** Devices whose coordinator runs and did not answer in time. */
  readonly silent: readonly DeviceId[];
  /** How many of the silent ones were not asked, because there are so many. */
  readonly unasked: number;
  /** False: so many run that not all were listed; of a device that is nowhere here nothing is known. */
  readonly areAllListed: boolean;
}

/** A parked change. */
export interface ParkedFact {
  readonly device: DeviceId;
  readonly port: PortName;
  readonly reason: string;
  readonly guards: readonly GuardCode[];
  readonly at: string;
}

/** The entries of one standing list at one port under one rule. */
export interface StandingGroup {
  readonly list: StandingList;
  readonly device: DeviceId;
  readonly port: PortName;
  readonly rule: string;
  readonly count: number;
  /** Since when the oldest of them stands; ISO 8601. */
  readonly since: string;
  /** The sentence of one of them. */
  readonly message: string;
}

/** Everything that alarms are judged by. Readings that are absent are of what this installation does not have. */
export interface AlarmFacts {
  readonly coordinators: Reading<CoordinatorsFacts>;
  /** Devices on which servers are. */
  readonly devices: Reading<readonly DeviceId[]>;
  readonly parked: Reading<readonly ParkedFact[]>;
  readonly standing: Reading<readonly StandingGroup[]>;
  /** The brake that is on. */
  readonly brake: Reading<BrakeState | undefined>;
  /** Policies that end within the notice. */
  readonly endingPolicies: Reading<
    readonly { readonly scope: string; readonly expiresAt: string; readonly says: string }[]
  >;
  readonly watches: Reading<readonly WatchState[]>;
  /** Events that have not come as far as a coordinator, and began some time ago. */
  readonly waitingEvents: Reading<{ readonly count: number }>;
  /** Commits that were begun and of which nobody knows what became. */
  readonly openCommits: Reading<readonly { readonly device: DeviceId; readonly since: string }[]>;
  /** By how much clocks are ahead of the worker's, in milliseconds, by whose clock it is. */
  readonly clocks: Reading<readonly { readonly name: string; readonly aheadMs: number }[]>;
  /** How scheduled backups of devices stand. */
  readonly backups?: Reading<
    readonly {
      readonly device: DeviceId;
      readonly failing?: { readonly since: string; readonly code: string; readonly message: string };
    }[]
  >;
  /** Endpoints of notifications that are configured. */
  readonly endpoints?: Reading<
    readonly {
      readonly id: string;
      readonly failingSince?: string;
      readonly disabledAt?: string;
      readonly lastError?: string;
    }[]
  >;
  /** What the answers of sources and devices said of logins and clocks, and which of them are configured. */
  readonly sources?: Reading<{ readonly states: readonly SourceState[]; readonly configured: ConfiguredSources }>;
  /** Ports that reconciling found other than they should be, and those that were and are not any more (`clearedAt`). */
  readonly drift?: Reading<
    readonly {
      readonly device: DeviceId;
      readonly port: PortName;
      readonly firstSeen: string;
      readonly clearedAt?: string;
      readonly summary: string;
    }[]
  >;
}

/** From when on something is an alarm. */
export interface AlarmLimits {
  readonly manyAttempts: number;
  readonly staleAfterMs: number;
  readonly unboundMs: number;
  readonly clockSkewMs: number;
  /** For clocks of sources and devices. */
  readonly sourceClockSkewMs: number;
  readonly notificationsFailingMs: number;
}
