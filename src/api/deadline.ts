import { PortwardenError } from '../domain/errors';

/**
 * Waits for work that needs the Temporal server, but not for ever: a caller is told to come back instead.
 * What the work does afterwards is its own affair; a repeated event is harmless.
 * @throws PortwardenError `temporal-unavailable` after `withinMs` milliseconds.
 */
export async function withDeadline<T>(work: Promise<T>, withinMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PortwardenError('temporal-unavailable', `The Temporal server did not answer within ${withinMs} ms.`));
    }, withinMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
