import type { PortName } from './values/port';

/** What a device has counted at a port since it began to count. */
export interface DropCounter {
  readonly port: PortName;
  /** ARP frames that it refused. */
  readonly refused: number;
}

/** What a device says of its counters, or why it says nothing. */
export type DropReading = { readonly counters: readonly DropCounter[] } | { readonly unavailable: string };

/** From when on frames of a port are counted: its last change, the counter's new beginning, or the first look at it. */
export type DropBasis = 'change' | 'reset' | 'first';

/** What is remembered of a port's counter. Times are ISO 8601, UTC. */
export interface DropSample {
  readonly port: PortName;
  /** The device's counter when it was read last. */
  readonly counter: number;
  /** The counter from which on is counted. */
  readonly baseline: number;
  readonly basis: DropBasis;
  /** When the baseline was read; of a reset, the last reading before it. */
  readonly since: string;
  /** The port's last change that was known then, and the commit's text. */
  readonly changedAt?: string;
  readonly commit?: string;
  readonly sampledAt: string;
}

/** A change of a port, as the journal has it. */
export interface PortChange {
  readonly at: string;
  readonly commit?: string;
}

/** A first look at a port so soon after its change counts as one at the change. */
const SOON_MS = 300_000;

/**
 * What is remembered of a port after another reading. A change since the last one begins the count anew; so does a counter that is smaller
 * than it was, because the device began anew, by a restart or by a person.
 * @param change the port's newest change, undefined when none is known.
 */
export function nextSample(
  before: DropSample | undefined,
  { port, refused }: DropCounter,
  change: PortChange | undefined,
  at: string,
): DropSample {
  const changed = change === undefined ? {} : { changedAt: change.at, ...commitOf(change) };
  const begin = (basis: DropBasis): DropSample => ({
    ...{ port, counter: refused, baseline: refused, basis, since: at },
    ...changed,
    sampledAt: at,
  });
  if (before === undefined) {
    const isNew = change !== undefined && Date.parse(at) - Date.parse(change.at) <= SOON_MS;
    return begin(isNew ? 'change' : 'first');
  }
  const isChanged = change !== undefined && Date.parse(change.at) > Date.parse(before.changedAt ?? before.since);
  if (isChanged) return begin('change');
  if (refused < before.counter)
    return { ...before, counter: refused, baseline: 0, basis: 'reset', since: before.sampledAt, sampledAt: at };
  return { ...before, counter: refused, sampledAt: at };
}

/** How many frames were refused since {@link DropSample.since}. */
export function refusedSince({ counter, baseline }: Pick<DropSample, 'counter' | 'baseline'>): number {
  return counter - baseline;
}

/** One sentence: how many frames were refused since when. */
export function sampleText(sample: DropSample): string {
  const { basis, since, changedAt, sampledAt } = sample;
  const from = {
    change: `since the last change (${changedAt ?? since})`,
    reset: `since the device began to count anew (after ${since})`,
    first: `since ${since}, when they were counted first`,
  }[basis];
  return `${refusedSince(sample)} ARP frames refused ${from}, counted at ${sampledAt}`;
}

function commitOf({ commit }: PortChange): Pick<DropSample, 'commit'> {
  return commit === undefined ? {} : { commit };
}
