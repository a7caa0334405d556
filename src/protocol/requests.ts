import type { PortRequest } from '../domain/servers/portRequest';
import type { Placement } from '../domain/servers/server';
import type { DeviceId } from '../domain/values/device';
import type { Rejection } from './parkedDecisions';

/** "Port P is dirty, I am W": asks a coordinator to look again at a port. */
export interface EnlistRequest extends PortRequest {
  /** The event workflow that wants to know the outcome. */
  readonly waiter?: string;
  /** Keys of statements whose removal a person approved one by one; of those that are parked by then, these go. */
  readonly approvedStatements?: readonly string[];
  /** The fingerprint of a parked change that a person approved: that change goes, if it still is the one that is due. */
  readonly approvedChange?: string;
  /** A person wants the parked change of the port dropped. The port is not looked at for it. */
  readonly rejection?: Rejection;
  /** The plan of Apply All by which it is asked: a change that is not the planned one is not made. Absent: whatever is due is done. */
  readonly plan?: string;
}

/** Input of the activity `enlist`: which coordinator is asked, plus what to remember about the server. */
export interface EnlistInput {
  readonly device: DeviceId;
  readonly request: EnlistRequest;
  readonly placement?: Placement;
}

/** How long an event waits for an outcome before it asks again, and when the coordinator gives up; milliseconds. */
export interface Patience {
  readonly waitForOutcomeMs: number;
  readonly giveUpAfterMs: number;
}
