import { AT_TWO_PORTS } from './keptElsewhere';
import { addressesOf, type Statement } from './statement';
import type { ExclusionRule, PortOutcome } from './outcome';
import type { Binding } from '../desired/binding';
import type { StandingFinding } from '../standing';

/** Rules that leave out addresses which should not be bound here at all: nobody has to do anything about them. */
const RIGHTLY_LEFT_OUT: ReadonlySet<ExclusionRule> = new Set<ExclusionRule>([
  'gateway-address',
  'network-address',
  'broadcast-address',
  'special-address',
  'moved',
  'server-gone',
  'template',
  'fixed-address',
  'port-security-off',
  'suspended-by-policy',
]);

/** What a pass found on a port. */
export interface FoundOnPort {
  readonly outcome: Pick<PortOutcome, 'status' | 'excluded' | 'error'>;
  readonly desired: readonly Binding[];
  /** What was read back. */
  readonly present: readonly Statement[];
  /** Those of them that nobody explains. */
  readonly unexplained: readonly Statement[];
}

/** What stands on a port after a pass: addresses that should be bound and are not, bindings that nobody explains, and addresses at two ports. */
export function standingOfPort({ outcome, desired, present, unexplained }: FoundOnPort): readonly StandingFinding[] {
  const bound = new Set(addressesOf(present));
  const unbound = new Map<string, StandingFinding>();
  const conflicting = outcome.excluded.filter(
    ({ ip, rule }) => AT_TWO_PORTS.includes(rule) || (rule === 'assigned-elsewhere' && bound.has(ip)),
  );
  for (const { ip, rule, message, serverId } of outcome.excluded) {
    if (bound.has(ip) || RIGHTLY_LEFT_OUT.has(rule) || AT_TWO_PORTS.includes(rule) || unbound.has(ip)) continue;
    unbound.set(ip, {
      list: 'unbound',
      subject: ip,
      rule,
      message,
      ...(serverId === undefined ? {} : { serverId }),
    });
  }
  const { error } = outcome;
  for (const { ip } of error === undefined ? [] : desired) {
    if (error === undefined || bound.has(ip) || unbound.has(ip)) continue;
    unbound.set(ip, { list: 'unbound', subject: ip, rule: error.code, message: error.message });
  }
  return [
    ...unbound.values(),
    ...unexplained.map(({ key, text }): StandingFinding => ({
      list: 'unexplained',
      subject: key,
      rule: 'unexplained',
      message: `${text} is assigned to no server behind the port`,
    })),
    ...conflicting.map(({ ip, rule, message, serverId }): StandingFinding => ({
      list: 'conflicting',
      subject: ip,
      rule,
      message,
      ...(serverId === undefined ? {} : { serverId }),
    })),
  ];
}
