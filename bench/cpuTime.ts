import { readFileSync, writeFileSync } from 'node:fs';

/** CPU seconds, user and system, that the parts of a benchmark have used so far. They hold on a busy machine, where elapsed time does not. */
export interface CpuTime {
  /** The product's process: API, workers, store. */
  readonly product: number;
  /** The embedded Temporal server. */
  readonly temporal: number;
  /** This process: panel, all simulated switches, and what posts the events. */
  readonly lab: number;
}

/** proc(5): `utime` and `stime` are counted in clock ticks, which Linux fixes at 100 a second for user programs. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process; NaN where /proc does not tell. */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** The most resident memory that a process has had, in MiB; NaN where /proc does not tell. */
export function peakMemoryOf(pid: number): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Peak memory of a process counts from now on (proc(5): `clear_refs`); without /proc it counts from its start, or not at all. */
export function forgetPeakMemoryOf(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Whoever reads the peak sees that of the whole life then, which is no less.
  }
}

/** CPU seconds of this process. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

/** What was used between two readings. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return {
    product: after.product - before.product,
    temporal: after.temporal - before.temporal,
    lab: after.lab - before.lab,
  };
}
