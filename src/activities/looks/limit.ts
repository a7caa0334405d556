import { PortwardenError } from '../../domain/errors';
import { LOOK_SECONDS } from '../../protocol/preview';
import { attemptSignal } from '../failure';

/** Shorter than what the workflow waits, so that the answer says what happened instead of nothing. */
const LIMIT_MS = (LOOK_SECONDS - 2) * 1000;

/**
 * Runs a look, and ends it when it takes too long: nobody waits for its answer any more.
 * @throws PortwardenError `answer-timeout` then.
 */
export async function withinLook<T>(look: (signal: AbortSignal) => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const limit = new AbortController();
  const late = new PortwardenError(
    'answer-timeout',
    `The worker that took the question had no answer within ${Math.round(limitMs / 1000)} s`,
  );
  const timer = setTimeout(() => {
    limit.abort(late);
  }, limitMs);
  try {
    return await look(AbortSignal.any([attemptSignal(), limit.signal]));
  } catch (error) {
    throw limit.signal.aborted ? late : error;
  } finally {
    clearTimeout(timer);
  }
}
