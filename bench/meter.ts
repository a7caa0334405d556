import { readdirSync, readFileSync } from 'node:fs';
import { busySeconds } from './machine';
import type { Figure } from './figure';
import { sum } from './statistics';

/** CPU seconds by part, and of everything else on the machine, which tells how far elapsed times may be believed. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** The processes of each part, as they are now; those that they have started count with them, unless they are a part themselves. */
export type Processes = () => Readonly<Record<string, readonly number[]>>;

const TICKS_PER_SECOND = 100;
const OTHERS = 'everything else on the machine';

/** Reads what CPU time the parts of a measurement use, from /proc, so it holds on a busy machine too. */
export class Meter {
  private before: CpuSeconds;

  constructor(private readonly processes: Processes) {
    this.before = this.now();
  }

  /** Counts from now on. */
  restart(): void {
    this.before = this.now();
  }

  /** What was used since the meter was started; of processes that were started since, everything. */
  read(): CpuSeconds {
    const now = this.now();
    return Object.fromEntries(Object.entries(now).map(([part, seconds]) => [part, seconds - (this.before[part] ?? 0)]));
  }

  private now(): CpuSeconds {
    const processes = this.processes();
    const children = childrenByParent(Object.values(processes).flat());
    const parts = Object.fromEntries(
      Object.entries(processes).map(([part, pids]) => [
        part,
        sum(pids.flatMap((pid) => withDescendants(pid, children)).map(cpuSecondsOf)),
      ]),
    );
    const { user, system } = process.cpuUsage();
    const own = (user + system) / 1_000_000;
    return { ...parts, [OTHERS]: busySeconds() - sum(Object.values(parts)) - own };
  }
}

/** CPU seconds of a process and of those children of it that have ended; NaN where /proc does not tell. */
function cpuSecondsOf(pid: number): number {
  // proc(5): utime, stime, cutime, cstime.
  const fields = statOf(pid);
  return sum(fields.slice(11, 15).map(Number)) / TICKS_PER_SECOND;
}

/** The fields of /proc/PID/stat behind the name, which may hold anything; none of a process that is gone. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** @param parts processes that are nobody's children, such as a Temporal server that the product has started */
function childrenByParent(parts: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || parts.includes(Number(name))) continue;
    const parent = Number(statOf(Number(name))[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function withDescendants(pid: number, children: ReadonlyMap<number, readonly number[]>): readonly number[] {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => withDescendants(child, children))];
}

/** CPU time of each part over some runs, as figures; those that are of no account are left out. */
export function cpuFigures(what: string, runs: readonly CpuSeconds[]): Figure[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run)))].map((part) => ({
    what: `${what}: CPU of ${part}`,
    unit: 's',
    values: runs.map((run) => run[part] ?? 0),
  }));
}

/** CPU milliseconds of some parts for each of some events. */
export function cpuMsPerEvent(cpu: CpuSeconds, parts: readonly string[], events: number): number {
  return (sum(parts.map((part) => cpu[part] ?? Number.NaN)) * 1000) / events;
}
/** Resident memory of a process now, and the most that it had, in MiB. */
export function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), most: mib('VmHWM') };
}
