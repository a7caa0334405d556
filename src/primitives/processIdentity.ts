import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from every other one, also after its number was given to somebody else. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in the system's own terms; empty where the system does not say. */
  readonly started: string;
  /** Where the pid counts: this boot of this machine, and its pid namespace (containers have their own). */
  readonly scope: string;
}

/** What stands for the start of a process that has ended: a zombie counts as ended. */
const ENDED = 'ended';

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
  const started = startTimeOf(identity.pid);
  return started !== ENDED && started === identity.started;
}

/** Whether the process is one of this machine, boot and container, and still runs. */
export function runsHere(identity: ProcessIdentity): boolean {
  return isRunning(identity) === true;
}

/** proc_pid_stat(5): field 22 is the start time; field 2, the name in brackets, may hold blanks and brackets. */
function startTimeOf(pid: number): string {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? ENDED : (rest[18] ?? '');
    } catch {
      return ENDED;
    }
  }
  if (process.platform === 'win32') return '';
  try {
    const options = ['-o', 'stat=,lstart=', '-p', String(pid)];
    const line = execFileSync('ps', options, { encoding: 'utf8', timeout: 5000 }).trim();
    return line === '' || line.startsWith('Z') ? ENDED : line.replace(/^\S+\s+/, '');
  } catch {
    return ENDED;
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
