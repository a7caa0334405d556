import type { Exclusion } from '../domain/change/outcome';
import type { Statement } from '../domain/change/statement';
import type { Binding } from '../domain/desired/binding';
import type { ErrorReport } from '../domain/errors';
import type { EffectivePolicy } from '../domain/policies/effectivePolicy';
import type { IpOrRange } from '../domain/values/ip';
import type { MacAddress } from '../domain/values/mac';
import type { PortName } from '../domain/values/port';
import type { VlanId } from '../domain/values/vlan';
import type { DeviceState } from './device';

/**
 * How a kind of device carries out port policies. All of it is computed from one reading; the shared pass does the rest:
 * what policies added and took, what is remembered before the change, guards, plan, proof and words.
 */
export interface PolicyCarrier {
  /** By what policies are found for an effective port; undefined when there is no such port. */
  facts(port: PortName): PolicyFacts | undefined;
  /**
   * How the port is enforced now, as statements without an address: security off, a group, a filter. They are in plans,
   * journal and read-back like bindings, and in no list of unknown ones: what no policy speaks of stays as it is.
   */
  enforcement(port: PortName): readonly Statement[];
  /** How the device calls the present state of the port, as `revision 23`. */
  mark?(port: PortName): string | undefined;
  /** What a policy makes of a port. Called without a policy too, when one that ended left something to bring back. */
  carryOut(port: PortName, asked: AskedPolicy): CarriedPolicy;
}

/** See {@link PolicyCarrier.facts}. */
export interface PolicyFacts {
  /** Absent: the device does not say, or several MACs are behind the port. */
  readonly mac?: MacAddress;
  readonly network?: string;
  /** The VLANs that the port is in, each by its name there and by its id. Absent: its device has none. */
  readonly vlans?: ReadonlyMap<string, VlanId>;
}

/** See {@link AskedPolicy.membersOf}. */
export type GroupAddresses = { readonly addresses: readonly IpOrRange[] } | { readonly unknown: string };

/** A policy with what it is carried out upon. */
export interface AskedPolicy {
  readonly policy: EffectivePolicy;
  /** The enforcement that the port would have without any policy: what others set, and what policies took from it. */
  readonly natural: readonly Statement[];
  /** What the sources desire on the port, before its translation. */
  readonly sources: readonly Binding[];
  /** Who stands for a security group as the other side of rules: addresses, or why that is not known now. Absent: nobody. */
  readonly membersOf?: (group: string) => GroupAddresses;
  /** A person approved what {@link CarriedPolicy.waiting} said. */
  readonly isApproved: boolean;
}

/** What a port shall be by its policy. */
export interface CarriedPolicy {
  /** The whole enforcement that the port shall have. The pass removes what is there besides, and remembers it. */
  readonly enforcement: readonly Statement[];
  /** Bindings that the policy adds to those of the sources. They stand like a person's keep. */
  readonly bindings: readonly Statement[];
  /** Addresses of the policy that need no binding here, and why. */
  readonly excluded: readonly Exclusion[];
  /**
   * Present while the port takes no bindings: those that are there go and are remembered, those of the sources wait
   * (`suspended-by-policy`). `by` is the key of the statement of {@link enforcement} that shows it, where one does.
   */
  readonly suspends?: { readonly by?: string };
  /** What only a person can decide: `enforcement` leaves it as it is, and this comes with an approval. */
  readonly waiting?: { readonly enforcement: readonly Statement[]; readonly reason: string };
  /** Keys of natural enforcement that is nowhere any more and cannot come back: it is forgotten. Absent: none. */
  readonly lost?: readonly string[];
  /** Parts that this device does not carry out. Everything else goes on; each is told with its code. */
  readonly refused: readonly ErrorReport[];
  /** What is to be said besides, one sentence each, as long as it is so. */
  readonly remarks: readonly string[];
}

/** All that a plan of a port is about: its bindings, and how it is enforced. */
export function everythingOn(
  state: Pick<DeviceState, 'statements' | 'policies'>,
  port: PortName,
): readonly Statement[] {
  return [...state.statements(port), ...(state.policies?.enforcement(port) ?? [])];
}
