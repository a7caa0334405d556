import type { ExclusionRule } from '../change/outcome';
import type { Statement } from '../change/statement';
import type { Binding } from '../desired/binding';
import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import type { PortRef } from '../values/port';

/** How one address stands on one port. */
export type AddressState =
  /** Desired, and let through. */
  | 'bound'
  /** Desired, and not let through yet: the next pass adds it. */
  | 'to-be-bound'
  /** Desired, and let through in another way: the next pass replaces that. */
  | 'to-be-replaced'
  /** Let through, and the next pass removes it. */
  | 'to-be-removed'
  /** Let through, and stays until a person decides. */
  | 'parked'
  /** Let through, and stays because of a rule or a doubt. */
  | 'kept'
  /** Not let through, because of a rule. */
  | 'left-out';

/** When a statement came onto its port, as far as the change journal knows. */
export interface Since {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly journalId: string;
  /** The coordinator that made the change. */
  readonly workflowId: string;
  /** The events that asked for it, where some did. */
  readonly events?: readonly string[];
  /** The commit's text in the device's log. */
  readonly commit?: string;
}

/** Why one address is let through on a port, or is not. */
export interface AddressExplanation {
  readonly port: PortRef;
  /** Absent for a statement of the device that names no address. */
  readonly ip?: IpAddress;
  readonly state: AddressState;
  /** One sentence: the rule with its subject. */
  readonly because: string;
  /** The rule that leaves it out or keeps it, where one does. */
  readonly rule?: ExclusionRule;
  readonly desired?: Binding;
  /** What the device lets through for it now. */
  readonly present: readonly Statement[];
  /** The servers behind the port that have the address. */
  readonly servers: readonly { readonly serverId: ServerId; readonly name: string }[];
  /** What was read of it, and where: panel, hypervisor, configuration. */
  readonly sources: readonly string[];
  readonly since?: Since;
}
