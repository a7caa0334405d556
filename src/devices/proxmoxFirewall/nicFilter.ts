import type { SetEntry } from './entries';
import { asideSet, filterSet } from './naming';
import type { GuestFilters } from './reading';

/** A NIC's filter, with the guest that it is of. */
export interface NicFilter {
  readonly filters: GuestFilters;
  readonly nic: number;
  /** Where it is: in force, put aside by a policy, or nowhere. */
  readonly place: 'in-force' | 'aside' | 'none';
  /** Undefined: the NIC has no set. */
  readonly entries: readonly SetEntry[] | undefined;
  /** A filter is in force, and another one is put aside: somebody made one while a policy held the other back. */
  readonly isDoubled: boolean;
}

/** The filter of one of a guest's NICs. */
export function nicFilter(filters: GuestFilters, nic: number): NicFilter {
  const inForce = filters.sets.get(nic);
  const aside = filters.aside.get(nic);
  return {
    filters,
    nic,
    place: inForce !== undefined ? 'in-force' : aside !== undefined ? 'aside' : 'none',
    entries: inForce ?? aside,
    isDoubled: inForce !== undefined && aside !== undefined,
  };
}

/** The name of the set that holds a filter now; of a NIC without one, the name that it would get. */
export function setHolding({ place, nic }: NicFilter): string {
  return place === 'aside' ? asideSet(nic) : filterSet(nic);
}
