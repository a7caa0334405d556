/** Lines for the person at the terminal, on stderr so that stdout stays free for results. */
export function createLog(prefix = 'portwarden', stream = process.stderr) {
  return (line) => {
    stream.write(`[${prefix}] ${line}\n`);
  };
}

/**
 * Says every few seconds that a long step is still under way.
 * @param {(line: string) => void} log
 * @param {string} what for example "building the Temporal CLI with Go"
 * @param {() => Promise<T>} step
 * @param {{everyMs?: number, detail?: () => string}} [options] detail adds what is known of the progress
 * @returns {Promise<T>}
 * @template T
 */
export async function withProgress(log, what, step, { everyMs = 10_000, detail = () => '' } = {}) {
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    log(`  still ${what} (${seconds} s${detail()})`);
  }, everyMs);
  try {
    return await step();
  } finally {
    clearInterval(timer);
  }
}

/** Bytes in readable form, for example "44.1 MB". */
export function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Text of anything thrown, with the system's cause where fetch hides it. */
export function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.code})` : '';
  return `${error.message}${cause}`;
}
