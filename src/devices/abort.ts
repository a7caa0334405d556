import { PortwardenError } from '../domain/errors';

/** The error that a pass ends with when its caller aborted it. */
export function abortReason(signal: AbortSignal): PortwardenError {
  const reason: unknown = signal.reason;
  return reason instanceof PortwardenError
    ? reason
    : new PortwardenError('stale-attempt', 'The pass was aborted.', { cause: reason });
}

/** Waits; rejects at once when the signal aborts. */
export function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
