import { median } from './statistics';

/** What a figure is meant to be. Nothing fails when it is not: times are the machine's too. */
export interface Target {
  /** Of the figure itself, or of its ratio to what it is compared with. */
  readonly of: 'value' | 'ratio';
  readonly is: 'at most' | 'at least';
  readonly limit: number;
}

/** One figure of the report: what each run measured, and what each run of the comparison did. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** A peer's way of doing it, or a limit: as many values as runs, each measured beside its run; or one that holds for all. */
  readonly against?: { readonly what: string; readonly values: readonly number[] };
  readonly target?: Target;
}

export const ratioAtMost = (limit: number): Target => ({ of: 'ratio', is: 'at most', limit });
export const ratioAtLeast = (limit: number): Target => ({ of: 'ratio', is: 'at least', limit });
export const atMost = (limit: number): Target => ({ of: 'value', is: 'at most', limit });

/** A figure that was measured once. */
export function once(what: string, value: number, unit: string, more: Partial<Figure> = {}): Figure {
  return { what, unit, values: [value], ...more };
}

/** Median, smallest and largest value of the runs. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), runs: values.length };
}

/** The ratio of each run to the comparison that was measured beside it. */
export function ratiosOf({ values, against }: Figure): number[] | undefined {
  if (against === undefined) return undefined;
  const isPaired = against.values.length === values.length;
  const common = median(against.values);
  return values.map((value, index) => value / (isPaired ? (against.values[index] ?? common) : common));
}
