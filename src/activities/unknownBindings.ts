import type { PortName } from '../domain/values/port';
import type { DecisionActivities } from '../protocol/decisions';
import { Knowledge, type KnowledgeSources } from './decisions/knownOf';
import { undecidedOn, type UndecidedPort } from './decisions/undecided';
import { withOrigins } from './decisions/origins';
import { attemptSignal } from './failure';
import type { LookDependencies } from './looks/looks';

/** About 400 bytes each with what is known of it: keeps the result below Temporal's limit for a payload. */
const MOST_STATEMENTS = 500;

/**
 * Lists what a person can decide about on a device or one of its ports, with what is known of each statement. Nothing is
 * touched: no lock, no candidate, no row.
 */
export function createUnknownBindings(
  deps: LookDependencies & KnowledgeSources,
): DecisionActivities['unknownBindings'] {
  return async ({ device, port, origin }) => {
    const signal = attemptSignal();
    const found = await undecidedOn(deps, device, port, signal);
    const open = found.ports.filter(({ open: { statements } }) => statements.length > 0);
    const knowledge = await Knowledge.of(deps, device, found.state, open, signal);
    const shown: UndecidedPort[] = [];
    const omitted: PortName[] = [...found.omitted];
    let count = 0;
    for (const one of open) {
      count += one.open.statements.length;
      if (shown.length > 0 && count > MOST_STATEMENTS) omitted.push(one.open.port);
      else shown.push({ ...one, open: { ...one.open, statements: await knowledge.tell(one) } });
    }
    const { ports, notes } =
      origin === true
        ? await withOrigins(deps.devices.open(device), shown, signal)
        : { ports: shown.map(({ open: told }) => told), notes: [] };
    const statements = ports.reduce((sum, one) => sum + one.statements.length, 0);
    const summary =
      statements === 0
        ? `${device}${port === undefined ? '' : ` ${port}`}: there is nothing to decide about`
        : `${device}: ${statements} binding(s) on ${ports.length} port(s) wait for a person`;
    return { summary, device, ports, omitted, notes: [...found.notes, ...notes] };
  };
}
