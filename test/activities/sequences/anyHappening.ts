import fc from 'fast-check';
import type { Faults } from './answers';

/** One thing that happens, with what answers wrongly while it is worked off. Numbers choose among what there is then. */
export interface Happening {
  readonly what: (typeof KINDS)[number];
  readonly a: number;
  readonly b: number;
  readonly told: boolean;
  /** How much time passes afterwards, in milliseconds. */
  readonly ms: number;
  readonly faults?: Faults;
}

const KINDS = [
  ...['assign', 'assign', 'assign', 'remove', 'remove', 'removeAll', 'moveAddress', 'newMac'],
  ...['plugElsewhere', 'migrate', 'setOut', 'arrive', 'addServer', 'delete', 'endGuest'],
  ...[
    'goBack',
    'comeBack',
    'configure',
    'configure',
    'approve',
    'approve',
    'reject',
    'keep',
    'keepForAWhile',
    'letGo',
    'nameKept',
  ],
  ...['byHand', 'byHand', 'takeByHand', 'release', 'look', 'restart', 'nothing'],
  ...['giveMac', 'giveMac', 'revokeMac'],
  ...['securityOff', 'securityOff', 'furtherAddress', 'endPolicy', 'endPolicy'],
] as const;

/** So many servers a site has at first, with the numbers from 1. */
export const SERVERS = 6;
const MINUTE = 60_000;
const some = fc.uniqueArray(fc.integer({ min: 1, max: SERVERS }), { minLength: 1, maxLength: 3 });

const anyFaults: fc.Arbitrary<Faults> = fc.oneof(
  fc.record({ stale: fc.integer({ min: 1, max: 4 }) }),
  some.map((missing) => ({ missing })),
  some.map((empty) => ({ empty })),
  some.map((half) => ({ half })),
  some.map((unreadable) => ({ unreadable })),
  some.map((unanswered) => ({ unanswered })),
  fc
    .constantFrom(
      'getServer',
      'getServersIps',
      'connectionsOf',
      'vmServerIds',
      'addressHolders',
      'subnets',
      'portAssignments',
    )
    .map((question) => ({ failing: [question] })),
  fc.constant({ cluster: 'away' as const }),
  some.map((ids) => ({ cluster: ids.map((id) => 100 + id) })),
  fc.integer({ min: 1, max: 3 }).map((device) => ({ away: [device] })),
  fc.integer({ min: 1, max: 3 }).map((device) => ({ lost: [device] })),
);

/** Any happening. */
export const anyHappening: fc.Arbitrary<Happening> = fc
  .record({
    what: fc.constantFrom(...KINDS),
    a: fc.nat(11),
    b: fc.nat(11),
    told: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    ms: fc.constantFrom(1_000, 1_000, 5_000, MINUTE, 60 * MINUTE, 13 * 60 * MINUTE),
    faults: fc.option(anyFaults, { nil: undefined, freq: 3 }),
  })
  .map(({ faults, ...rest }) => (faults === undefined ? rest : { ...rest, faults }));
