import type { CpuTime } from './cpuTime';
import type { Figure } from './figure';

/** What was measured once, and what it is compared with. */
export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** A peer's way of doing it, or a limit. */
  readonly against?: { readonly what: string; readonly value: number };
}

/** Temporal ends a workflow there. */
export const HISTORY_LIMIT = 51_200;

/** CPU seconds of each part. */
export function cpuLines(what: string, { product, temporal, lab }: CpuTime): Measurement[] {
  return [
    { what: `${what}: CPU of the product`, value: product, unit: 's' },
    { what: `${what}: CPU of the Temporal server`, value: temporal, unit: 's' },
    { what: `${what}: CPU of panel and switches (lab)`, value: lab, unit: 's' },
  ];
}

/** Measurements as figures of the report. */
export function figuresOf(measurements: readonly Measurement[]): Figure[] {
  return measurements.map(({ what, value, unit, against }) => ({
    ...{ what, unit, values: [value] },
    ...(against === undefined ? {} : { against: { what: against.what, values: [against.value] } }),
  }));
}
