import { defineSignal, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';

/**
 * Listens to signals by their names; to be called once, before anything is awaited. Signals that came before the workflow began are handled in the
 * order in which they came. With a handler for each name alone, the SDK hands them over by the order in which handlers are set: a replay that has more of
 * them before the beginning than there were would get them in another order.
 */
export function listenTo(handlers: Readonly<Record<string, (message: unknown) => void>>): void {
  setDefaultSignalHandler((name, message) => {
    const handle = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handle === undefined) log.warn('signal ignored', { signal: name, error: 'no such signal' });
    else handle(message);
  });
  for (const [name, handle] of Object.entries(handlers)) setHandler(defineSignal<[unknown]>(name), handle);
}

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
