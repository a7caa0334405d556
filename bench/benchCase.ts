import type { Figure } from './figure';

/** How thoroughly to measure. */
export interface Thoroughness {
  /** A first look, on small worlds and with few runs: every part of the case runs, its figures say little. */
  readonly isQuick: boolean;
  /** Numbers that the command line gives, by the name of their option. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** One comparison of the benchmark. */
export interface BenchCase {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** Only when it is asked for by name. */
  readonly isOnRequest?: boolean;
  /** @throws NotHere when this machine lacks what it needs */
  measure(thoroughness: Thoroughness): Promise<readonly Figure[]>;
}

/** This machine lacks something that a case needs, which is no fault of the product. */
export class NotHere extends Error {}
