import type { ServerId } from './event/event';
import type { DeviceId } from './values/device';
import type { PortName } from './values/port';

/**
 * The lists of what stands until it is resolved. `unbound`: addresses that should be let through and are not;
 * `unexplained`: bindings that nobody here explains; `unautomated`: servers and guests that are not automated;
 * `conflicting`: addresses that are let through at one port while panel or keep have them at another one, which lets them
 * through too unless something else keeps them from it.
 */
export const STANDING_LISTS = ['unbound', 'unexplained', 'unautomated', 'conflicting'] as const;

/** One of them. */
export type StandingList = (typeof STANDING_LISTS)[number];

/** What is on a list, found by a pass over a port or by an event. */
export interface StandingFinding {
  readonly list: StandingList;
  /** What tells it apart on its port: an address, a statement's key, `server 7`, `guest pve/105`. */
  readonly subject: string;
  readonly serverId?: ServerId;
  /** The rule, requirement or error code behind it. */
  readonly rule: string;
  /** One sentence for people. */
  readonly message: string;
}

/** A finding with where and since when it stands. */
export interface StandingEntry extends StandingFinding {
  /** Absent for a server of which no port is known. */
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** ISO 8601, UTC: when it was first found. */
  readonly since: string;
}
