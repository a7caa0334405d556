import type { OpenPort, PortDecisions } from '../domain/change/adoption';
import type { Decision, Keep } from '../domain/change/keep';
import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/** Input of `unknownBindings`: a device, or one port of it. */
export interface UnknownBindingsInput {
  readonly device: DeviceId;
  readonly port?: PortName;
  /** The device's own history is searched for who brought each binding. */
  readonly origin?: true;
}

/** Result of `unknownBindings`: what a person can decide about, port by port. */
export interface UnknownBindingsResult {
  readonly summary: string;
  readonly device: DeviceId;
  readonly ports: readonly OpenPort[];
  /** Ports that are left out of the answer because it would become too large: ask for each by itself. */
  readonly omitted: readonly PortName[];
  /** What is to be said besides: ports that could not be looked at, ports that are not automated. */
  readonly notes: readonly string[];
}

/** Input of `adopt`: a person's decisions about statements of a device's ports. */
export interface AdoptInput extends Decision {
  readonly device: DeviceId;
  readonly ports: readonly PortDecisions[];
  /** When the keeps end; ISO 8601, UTC. Absent: never. */
  readonly expiresAt?: string;
  /** What is to be removed goes though the device's change window is closed. */
  readonly outsideWindow?: true;
}

/** What was recorded of the decisions about one port; what is to be removed waits for the coordinator. */
export interface RecordedPort {
  readonly port: PortName;
  /** The names under which a coordinator is asked to look at the port. */
  readonly askedAs: readonly PortName[];
  readonly kept: readonly { readonly id: string; readonly text: string }[];
  readonly remove: readonly { readonly key: string; readonly text: string }[];
  /** How many of the decisions had been carried out before. */
  readonly done: number;
  /** Why nothing of it was recorded. */
  readonly refused?: string;
}

/** Result of `recordAdoption`. */
export interface RecordedAdoption {
  readonly ports: readonly RecordedPort[];
}

/** What became of the decisions about one port. */
export interface AdoptedPort {
  readonly port: PortName;
  readonly kept: readonly { readonly id: string; readonly text: string }[];
  /** Statements that were removed, committed and read back. */
  readonly removed: readonly string[];
  /** Statements whose removal was wanted and that are there still, or went otherwise. */
  readonly notRemoved: readonly string[];
  readonly done: number;
  readonly refused?: string;
  /** What the pass over the port came to; absent when there was nothing to do. */
  readonly outcomes: readonly Pick<PortOutcome, 'port' | 'status' | 'summary'>[];
}

/** Result of `adopt`, readable in the UI. */
export interface AdoptResult {
  readonly summary: string;
  readonly device: DeviceId;
  readonly ports: readonly AdoptedPort[];
}

/** Input of `changeKeeps`: a person ends keeps, or lets them end at another time. */
export type ChangeKeepsInput = Decision & { readonly ids: readonly string[] } & (
    { readonly change: 'remove' } | { readonly change: 'extend'; readonly expiresAt?: string }
  );

/** Result of the activity `recordKeepChange`. */
export interface RecordedKeepChange {
  readonly changed: readonly Keep[];
  /** Ids of which there is no keep. */
  readonly missing: readonly string[];
}

/** Result of `changeKeeps`, readable in the UI. */
export interface ChangeKeepsResult extends RecordedKeepChange {
  readonly summary: string;
  readonly outcomes: readonly Pick<PortOutcome, 'device' | 'port' | 'status' | 'summary'>[];
}

/** The activities of what people decide about bindings. */
export interface DecisionActivities {
  /** What a person can decide about, with what is known of it. Nothing is touched. */
  unknownBindings(input: UnknownBindingsInput): Promise<UnknownBindingsResult>;
  /** Judges decisions by what the ports are now, and records the keeps, all of a port or none. */
  recordAdoption(input: AdoptInput): Promise<RecordedAdoption>;
  /** Ends keeps, or lets them end at another time. */
  recordKeepChange(input: ChangeKeepsInput): Promise<RecordedKeepChange>;
}

/** How many decisions may come at once: keeps the inputs of workflows far below Temporal's limit. */
export const MOST_DECISIONS = 1_000;
