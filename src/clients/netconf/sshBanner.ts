import { connect } from 'node:net';

/** Lines before the identification are allowed (RFC 4253 section 4.2); no server says more than this. */
const LONGEST_GREETING = 8_192;

/**
 * Whether an SSH server greets at an address: its identification string `SSH-…` (RFC 4253 section 4.2), which it sends before anything is
 * asked. Nothing is sent and nobody logs in. Never rejects.
 * @param withinMs the longest wait, in milliseconds.
 */
export function greetsBySsh(
  { host, port }: { readonly host: string; readonly port: number },
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    let greeting = '';
    const socket = connect({ host, port });
    const end = (answers: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandoned);
      socket.destroy();
      resolve(answers);
    };
    const abandoned = (): void => {
      end(false);
    };
    const timer = setTimeout(abandoned, withinMs);
    signal.addEventListener('abort', abandoned, { once: true });
    // It stays when the socket is gone: what comes late must not be thrown.
    socket.on('error', abandoned);
    socket.on('close', abandoned);
    socket.on('data', (chunk: Buffer) => {
      greeting += chunk.toString('latin1');
      if (/^SSH-/m.test(greeting)) end(true);
      else if (greeting.length > LONGEST_GREETING) end(false);
    });
  });
}
