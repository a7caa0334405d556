import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';

/** A process that ends others when this process is gone. */
export interface Reaper {
  /** The process that it watches over has ended by itself; what that one left behind is still its to end. */
  ended(): void;
  /** Nothing is left that it would have to end. */
  dismiss(): void;
}

/**
 * A line on the standard input says that the process has ended; the end of the input, that we are gone. The record of
 * the embedded Temporal server names its process first; a number that somebody else has got since is left alone.
 */
const SCRIPT = `
running=$1
while read -r _; do running=; done
[ -z "$running" ] || kill -9 "$running" 2>/dev/null
server=$(sed -n 's/^ *"pid": *\\([0-9]*\\).*/\\1/p' "$2/temporal-server.json" 2>/dev/null | head -n 1)
[ -n "$server" ] || exit 0
[ ! -e "/proc/$server/cmdline" ] || grep -qF "$2" "/proc/$server/cmdline" || exit 0
kill -9 "$server" 2>/dev/null
`;

/**
 * Posts a process that kills another one, and the embedded Temporal server that it leaves behind, as soon as this
 * process is gone, even by SIGKILL: its standard input is a pipe that only this process holds open.
 * @param directory the site's folder, when the process may have an embedded Temporal server there
 */
export function postReaper(pid: number, directory?: string): Reaper {
  const folder = directory === undefined ? '/nonexistent' : join(directory, 'data', 'temporal');
  const reaper = spawn('/bin/sh', ['-c', SCRIPT, 'reaper', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.on('error', () => undefined);
  reaper.stdin.on('error', () => undefined);
  reaper.unref();
  if (reaper.stdin instanceof Socket) reaper.stdin.unref();
  return {
    ended: () => {
      reaper.stdin.write('\n');
    },
    dismiss: () => {
      reaper.kill('SIGKILL');
    },
  };
}
