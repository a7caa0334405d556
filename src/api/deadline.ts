import { PortwardenError } from '../domain/errors';
import { withinLimit } from '../primitives/timeLimit';

/**
 * Waits for work that needs the Temporal server, but not for ever: a caller is asked to come back instead.
 * What the work does afterwards is its own affair; a repeated event is harmless.
 * @throws PortwardenError `temporal-unavailable` after `withinMs` milliseconds.
 */
export function withDeadline<T>(work: Promise<T>, withinMs: number): Promise<T> {
  return withinLimit(work, withinMs, () => {
    throw new PortwardenError('temporal-unavailable', `The Temporal server did not answer within ${withinMs} ms.`);
  });
}
