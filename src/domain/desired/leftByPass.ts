import type { LeftByPass } from './rememberedSettings';
import type { Exclusion } from '../change/outcome';
import type { ParkedRemovals } from '../change/removals';
import { addressesOf, type Statement } from '../change/statement';
import type { IpAddress } from '../values/ip';

/** What a pass was asked for on a port, and what came of it. */
export interface PassedPort {
  /** What the port was to have. */
  readonly wanted: readonly IpAddress[];
  /** Read back. */
  readonly statements: readonly Statement[];
  /** What the device could not take as it was wanted, or has otherwise. */
  readonly excluded: readonly Pick<Exclusion, 'ip'>[];
  readonly parked?: ParkedRemovals | undefined;
  /** Whether everything behind the port was read. */
  readonly isWhole: boolean;
}

/** How a pass that did not fail left the addresses of a port. */
export function leftByPass({ wanted, statements, excluded, parked, isWhole }: PassedPort): LeftByPass {
  const present = new Set(addressesOf(statements));
  const undecided = new Set([
    ...addressesOf([...(parked?.remove ?? []), ...(parked?.add ?? [])]),
    ...excluded.map(({ ip }) => ip),
  ]);
  const settled = new Set(wanted.filter((ip) => present.has(ip) && !undecided.has(ip)));
  return {
    settled,
    open: new Set([...present].filter((ip) => !settled.has(ip))),
    isWhole: isWhole && parked?.guards.includes('configuration-change') !== true,
  };
}
