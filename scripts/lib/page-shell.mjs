import { spawn } from 'node:child_process';

const KEPT_OUTPUT = 256 * 1024;
const END_MS = 60_000;

/** A shell with commands of a page, in a process group of its own, as a terminal runs it. */
export class PageShell {
  #child;
  #output = '';
  #watchers = new Set();
  #ended;
  #hasEnded = false;

  /**
   * @param {string} commands
   * @param {{cwd: string, env: NodeJS.ProcessEnv}} options
   */
  constructor(commands, { cwd, env }) {
    this.#child = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ code: null, how: error.message }));
      this.#child.once('close', (code, signal) => resolve({ code, how: signal ?? `exit code ${code}` }));
    });
    void this.#ended.then(() => {
      this.#hasEnded = true;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
        for (const watch of this.#watchers) watch();
      });
    }
  }

  /** What it printed, the end of it when that is long. */
  get output() {
    return this.#output;
  }

  /** Waits for the end. @returns {Promise<{code: number | null, how: string} | undefined>} undefined when it takes too long */
  async end(withinMs) {
    return within(this.#ended, withinMs);
  }

  /** Waits until it has printed a text. @returns {Promise<string | undefined>} what went wrong */
  async printed(text, withinMs) {
    let watch;
    const seen = new Promise((resolve) => {
      watch = () => {
        if (this.#output.includes(text)) resolve({ seen: true });
      };
      this.#watchers.add(watch);
      watch();
    });
    const first = await within(Promise.race([seen, this.#ended]), withinMs);
    this.#watchers.delete(watch);
    if (first === undefined) return `did not print "${text}" within ${withinMs / 1000} s`;
    return first.seen ? undefined : `ended (${first.how}) before it printed "${text}"`;
  }

  /** Ends it as Ctrl-C does, by force when that does not help. @returns {Promise<boolean>} whether Ctrl-C sufficed */
  async interrupt() {
    if (this.#hasEnded) return true;
    this.#signal('SIGINT');
    if ((await within(this.#ended, END_MS)) !== undefined) return true;
    this.#signal('SIGKILL');
    return false;
  }

  #signal(signal) {
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone.
    }
  }
}

async function within(promise, milliseconds) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
