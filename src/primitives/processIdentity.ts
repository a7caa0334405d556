import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from every other one, also after its number was given to somebody else. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in the system's own terms; empty where the system does not tell. */
  readonly started: string;
  /** Where the pid counts: this boot of this machine, and its pid namespace (containers have their own). */
  readonly scope: string;
}

/** The identity of a process of this machine and container: of this one, when no other pid is given. */
export function processIdentity(pid: number = process.pid): ProcessIdentity {
  return { pid, started: startTimeOf(pid), scope: pidScope() };
}

/**
 * Whether the process still runs.
 * @returns undefined when that cannot be seen from here: another machine, an earlier boot or another container.
 */
export function isRunning(identity: ProcessIdentity): boolean | undefined {
  if (identity.scope !== pidScope()) return undefined;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTimeOf(identity.pid) === identity.started;
}

/** proc_pid_stat(5): field 22 is the start time; field 2, the name in brackets, may hold blanks and brackets. */
function startTimeOf(pid: number): string {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? 'ended' : (rest[18] ?? '');
    } catch {
      return 'ended';
    }
  }
  if (process.platform === 'win32') return '';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000 }).trim();
  } catch {
    return 'ended';
  }
}

function pidScope(): string {
  const read = (what: () => string): string => {
    try {
      return what().trim();
    } catch {
      return '';
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return `${hostname()} ${boot} ${namespace}`.trim();
}
