import { log } from '@temporalio/workflow';

/**
 * Uses what a signal brought. Signals can be sent by hand, and a handler that throws stops its workflow for good: what
 * cannot be read is logged and passed over.
 */
export function handleSignal(signal: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    log.warn('signal ignored', { signal, error: error.message });
  }
}
