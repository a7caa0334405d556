import { guardOfRule, type GuardCode } from './guardCodes';
import type { PortOutcome } from './outcome';

/** The guards that held something of a port, each once: those of what is parked, and those behind what was left out. */
export function guardsOf({ parked, excluded }: Pick<PortOutcome, 'parked' | 'excluded'>): readonly GuardCode[] {
  const byRule = excluded.flatMap(({ rule }) => guardOfRule(rule) ?? []);
  return [...new Set([...(parked?.guards ?? []), ...byRule])];
}
