import type { AssignedIp, GuestNic } from '../servers/server';
import type { IpAddress } from '../values/ip';
import type { PortRef } from '../values/port';
import type { ExclusionRule } from '../change/outcome';
import type { Refusal } from './addressRules';
import type { Binding } from './binding';
import type { PortSources } from './sources';

/** What an address would be bound as at the port, why it is left out, or that it enters elsewhere and is nothing to the port. */
export type Resolution = BoundAs | Refusal | EntersElsewhere;

/** What an address is bound as, with what is to be said of it nevertheless. */
export interface BoundAs {
  readonly binding: Binding;
  readonly warning?: Refusal;
}

/** An address of a guest whose frames enter through another uplink of the node. */
export interface EntersElsewhere {
  readonly elsewhere: readonly PortRef[];
  readonly nics: readonly GuestNic[];
}

/** What leaves an address out whatever the server is. */
export function refusedOutright(sources: PortSources, ip: IpAddress, name: string): Refusal | undefined {
  const unclear = sources.unclear?.get(ip);
  const doubt =
    unclear === undefined
      ? undefined
      : leaveOut('vlan-unresolved', `the panel does not say for certain in which VLAN ${ip} of ${name} is: ${unclear}`);
  return sources.refused?.get(ip) ?? doubt;
}

/** What is said of an address whose VLAN nothing says. */
export function unresolved(ip: IpAddress, name: string): string {
  return `nothing says in which VLAN ${ip} of ${name} is: neither the configured map, the panel's subnet nor the port`;
}

/** A subnet that is assigned as a whole and too large to be bound address by address. */
export function wholeSubnet({ ip, range }: AssignedIp, name: string): Refusal {
  return leaveOut(
    'subnet-assignment',
    `${range ?? ip} of ${name} is a whole subnet that is not bound address by address (panel.expandSubnetsFrom); what is bound inside it stays`,
  );
}

/** An address that is left out. */
export function leaveOut(rule: ExclusionRule, message: string): Refusal {
  return { rule, message };
}
