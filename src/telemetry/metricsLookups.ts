import type { BackupRun } from '../domain/backups/backupRules';
import type { AlarmId } from '../domain/alarms/registry';
import type { GuardCode } from '../domain/change/guardCodes';
import type { StandingList } from '../domain/standing';
import type { DeviceId } from '../domain/values/device';
import type { Scope } from '../domain/values/scope';
import type { PortName } from '../domain/values/port';
import type { VirtualMacCount } from './virtualMacMetrics';

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
  /** What is paused. */
  readonly pauses?: () => Promise<readonly { readonly scope: Scope; readonly since: string }[]>;
  /** How many statements people keep on each device, and how many of them end soon. */
  readonly keeps?: () => Promise<
    readonly { readonly device: DeviceId; readonly all: number; readonly endingSoon: number }[]
  >;
  /** How many ports of each device people hold, and of how many the time is over. */
  readonly holds?: () => Promise<
    readonly { readonly device: DeviceId; readonly holding: number; readonly over: number }[]
  >;
  /** How many port policies are in force, by the kind of their scope and whether they end within the hour. */
  readonly policies?: () => Promise<
    readonly { readonly kind: string; readonly state: 'active' | 'ending'; readonly count: number }[]
  >;
  /** Virtual MACs by state, as far as there are any. */
  readonly virtualMacs?: () => Promise<readonly VirtualMacCount[]>;
  /** How the watch of each cluster stands. */
  readonly watches?: () => Promise<readonly { readonly cluster: string; readonly lookedAt?: string }[]>;
  /** How many ports of devices are in drift, and since when the oldest is. */
  readonly drift?: () => Promise<
    readonly { readonly device: DeviceId; readonly ports: number; readonly oldest: string }[]
  >;
  /** How the newest reconcile of each device went. */
  readonly reconciles?: () => Promise<
    readonly { readonly device: DeviceId; readonly lookedAt?: string; readonly failingSince?: string }[]
  >;
  /** How long the journal is, and the time of its oldest entry. */
  readonly journal?: () => Promise<{ readonly rows: number; readonly oldest?: string }>;
  /** How many frames each device has refused, by its counters. */
  readonly dropped?: () => Promise<readonly { readonly device: DeviceId; readonly refused: number }[]>;
  /** How backups of each device stand. */
  readonly backups?: () => Promise<readonly BackupRun[]>;
  /** How many alarms are open, by id, and when that was judged. */
  readonly alarms?: () => Promise<{
    readonly counts: readonly { readonly id: AlarmId; readonly count: number }[];
    readonly judgedAt?: string | undefined;
  }>;
  /** How endpoints of notifications stand. */
  readonly notifications?: () => Promise<
    readonly {
      readonly id: string;
      readonly queued: number;
      readonly sending: number;
      readonly failed: number;
      readonly oldest?: string;
    }[]
  >;
  /** Coordinators that cannot go on. */
  readonly stuck?: () => Promise<readonly { readonly device: DeviceId }[]>;
}
