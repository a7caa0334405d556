import type { GuardCode } from '../domain/change/guardCodes';
import type { StandingList } from '../domain/standing';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/** Ports that wait at one device's coordinator, as its `state` query answers. */
export interface WaitingPorts {
  readonly device: DeviceId;
  readonly pending: readonly { readonly port: PortName; readonly reason?: string }[];
}

/** A parked change as far as it is counted. */
export interface ParkedFigures {
  readonly device: DeviceId;
  readonly guards: readonly GuardCode[];
  /** ISO 8601. */
  readonly at: string;
}

/** Facts that are looked up when the metrics are read, because no process keeps them. */
export interface MetricsLookups {
  /** States of the running coordinators. */
  readonly waiting?: () => Promise<readonly WaitingPorts[]>;
  /** Parked changes, from the store. */
  readonly parked?: () => Promise<readonly ParkedFigures[]>;
  /** The standing lists that are not empty. */
  readonly standing?: () => Promise<
    readonly { readonly list: StandingList; readonly count: number; readonly oldest: string }[]
  >;
  /** The brake of the site, while it is on. */
  readonly brake?: () => Promise<{ readonly since: string } | undefined>;
  /** How many statements people keep on each device, and how many of them end soon. */
  readonly keeps?: () => Promise<
    readonly { readonly device: DeviceId; readonly all: number; readonly endingSoon: number }[]
  >;
  /** How many port policies are in force, by the kind of their scope and whether they end within the hour. */
  readonly policies?: () => Promise<
    readonly { readonly kind: string; readonly state: 'active' | 'ending'; readonly count: number }[]
  >;
  /** How the watch of each cluster stands. */
  readonly watches?: () => Promise<readonly { readonly cluster: string; readonly lookedAt?: string }[]>;
  /** Coordinators that cannot go on. */
  readonly stuck?: () => Promise<readonly { readonly device: DeviceId }[]>;
}
