import type { Device } from '../../../src/devices/device';
import type { PortName } from '../../../src/domain/values/port';

/** What of the promises a kind of device can keep, beyond those that all keep. */
export interface Capabilities {
  /** Somebody else can hold the device, and it says so. */
  readonly lock: boolean;
  /** Whether a statement says the VLAN. */
  readonly vlans: boolean;
  /** What becomes of a port with an IPv6 binding: it works, the binding is left out, or the device knows no such statement. */
  readonly ipv6: 'works' | 'excluded' | 'rejected';
  /** By what an interrupted commit is found again. */
  readonly evidence: 'commit-log' | 'bindings';
  /** Whether two names can mean one port, such as `ge-0/0/5` and `ge-0/0/5.0`. */
  readonly aliases: boolean;
  /** The steps of a pass that commits, in order. */
  readonly steps: readonly string[];
}

/** Of a kind that is written port by port by requests, without lock, log and VLANs. */
export const WRITTEN_PORT_BY_PORT: Capabilities = {
  lock: false,
  vlans: false,
  ipv6: 'works',
  evidence: 'bindings',
  aliases: true,
  steps: ['read', 'backup', 'commit', 'read-back'],
};

/** The ports that the promises are tried on. */
export interface SubjectPorts {
  /** Seeded with 192.0.2.10 of {@link MAC_10}. */
  readonly first: PortName;
  /** Seeded with 192.0.2.20 of {@link MAC_20}. */
  readonly second: PortName;
  readonly empty: PortName;
  /** Another name of `empty`; the same where there are no aliases. */
  readonly emptyAlias: PortName;
  /** Another name of `first`. */
  readonly firstAlias: PortName;
}

/** Something that holds bindings, seen from outside its driver. */
export interface ComplianceSubject {
  /** A driver for it; where it has VLANs, it holds those with the ids 100 and 200. */
  device(): Device;
  readonly can: Capabilities;
  readonly ports: SubjectPorts;
  /** The statements of one binding, as {@link statements} shows them. */
  lines(port: PortName, ip: string, mac: string, vlan: number): readonly string[];
  /** Every statement as an independent client sees it, sorted. */
  statements(): Promise<readonly string[]>;
  /** Everything else that is configured, in any stable form. */
  rest(): Promise<string>;
  /** Back to the seed. */
  reset(): Promise<void>;
  /** Where somebody else can hold the device: does so, and gives it back. */
  holdLock?(): Promise<() => Promise<void>>;
  /** From now on the device refuses changes of these addresses, whichever way it does that. */
  refuse?(ips: readonly string[]): void;
  /** Something in the configuration that no backup may have. */
  readonly secret?: string;
  /** Where there are confirmed commits: lets so much time pass that each of their timers has run out. */
  letTimersRunOut?(): void;
  stop(): Promise<void>;
}

export const MAC_10 = '02:00:00:00:00:10';
export const MAC_20 = '02:00:00:00:00:20';
