import type { PortOutcome } from '../../domain/change/outcome';
import type { Statement } from '../../domain/change/statement';
import { payloadBytes } from '../../protocol/payload';

const MOST_BYTES = 190 * 1024;
const SHOWN_STATEMENTS = 10;

/**
 * The outcomes as they travel through Temporal. Where they would be too large together, each names only the first of
 * its changed bindings; the summary has their number, and the journal all of them.
 */
export function shownOutcomes(outcomes: readonly PortOutcome[]): readonly PortOutcome[] {
  return payloadBytes(outcomes) <= MOST_BYTES ? outcomes : outcomes.map(shortened);
}

function shortened(outcome: PortOutcome): PortOutcome {
  const { added, removed, parked, summary } = outcome;
  const remove = parked?.remove ?? [];
  const isWhole = [added, removed, remove].every((list) => list.length <= SHOWN_STATEMENTS);
  if (isWhole) return outcome;
  return {
    ...outcome,
    summary: `${summary} (the first ${SHOWN_STATEMENTS} of each kind are named here, all of them in the journal)`,
    added: first(added),
    removed: first(removed),
    ...(parked === undefined ? {} : { parked: { ...parked, remove: first(remove) } }),
  };
}

function first(statements: readonly Statement[]): readonly Statement[] {
  return statements.slice(0, SHOWN_STATEMENTS);
}
