import type { Random } from '../../chaos/random';
import type { PolicyWords } from '../../devices/neutron/policyCloud';

/** The groups that there are. */
export const GROUPS = ['web', 'db', 'mail'] as const;
/** Addresses of pairs that others set. */
export const FOREIGN = ['192.0.2.1', '192.0.2.2'] as const;

/** The addresses of one port: no other port has them. */
export interface OwnAddresses {
  /** What the panel gives its server, and takes away. */
  readonly panel: readonly string[];
  /** What only policies say. */
  readonly further: readonly string[];
}

/** One thing that happens to a port; the next one waits until it is carried out. */
export type Step =
  | { readonly kind: 'say'; readonly words: PolicyWords }
  | { readonly kind: 'unsay' }
  /** A policy that ends by itself so many milliseconds after it was asked for. */
  | { readonly kind: 'brief'; readonly words: PolicyWords; readonly ms: number }
  | { readonly kind: 'panel'; readonly ips: readonly string[] }
  | { readonly kind: 'others-pair'; readonly ip: string }
  | { readonly kind: 'others-group'; readonly group: string };

const FEWEST_STEPS = 4;
const MOST_STEPS = 7;

/** A random sequence: the same numbers give the same one. */
export function sequenceOf(random: Random, addresses: OwnAddresses): readonly Step[] {
  return Array.from({ length: random.int(FEWEST_STEPS, MOST_STEPS) }, () => stepOf(random, addresses));
}

function stepOf(random: Random, addresses: OwnAddresses): Step {
  const kind = random.weighted<Step['kind']>([
    [5, 'say'],
    [2, 'unsay'],
    [2, 'brief'],
    [2, 'panel'],
    [1, 'others-pair'],
    [1, 'others-group'],
  ]);
  switch (kind) {
    case 'say':
      return { kind, words: wordsOf(random, addresses) };
    case 'unsay':
      return { kind };
    case 'brief':
      return { kind, words: wordsOf(random, addresses), ms: random.int(1_500, 5_000) };
    case 'panel':
      return { kind, ips: someOf(random, addresses.panel) };
    case 'others-pair':
      return { kind, ip: random.pick(FOREIGN) };
    case 'others-group':
      return { kind, group: random.pick(GROUPS) };
  }
}

/** What a policy says; always something. */
function wordsOf(random: Random, { panel, further }: OwnAddresses): PolicyWords {
  const exclusive = random.chance(0.4) ? { exclusive: true } : {};
  const security = random.pick(['on', 'off', 'off', 'unsaid'] as const);
  if (security === 'off') return { security, ...exclusive };
  const groups = random.chance(0.6) ? { groups: someOf(random, GROUPS) } : {};
  const pairs = random.chance(0.6) ? { pairs: someOf(random, [...FOREIGN, ...panel, ...further]) } : {};
  const said = { ...(security === 'unsaid' ? {} : { security }), ...groups, ...pairs };
  return Object.keys(said).length === 0 ? { security: 'on', ...exclusive } : { ...said, ...exclusive };
}

function someOf<T>(random: Random, all: readonly T[]): T[] {
  return all.filter(() => random.chance(0.5));
}
