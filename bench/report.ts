import { writeFileSync } from 'node:fs';
import { ratiosOf, spreadOf, type Figure, type Target } from './figure';
import { load, machine, versions } from './machine';

/** What became of a case. */
export interface CaseReport {
  readonly name: string;
  readonly seconds: number;
  /** The load average before and after: of a machine that does other work too, elapsed times say little. */
  readonly load: readonly [before: number, after: number];
  readonly figures: readonly Figure[];
  /** What this machine lacks, because of which it was not measured. */
  readonly missing?: string;
  /** Why it did not come to its end. */
  readonly failed?: string;
}

/** Everything that one run of the benchmark found. */
export class Report {
  private readonly cases: CaseReport[] = [];
  private readonly startedAt = new Date().toISOString();

  constructor(private readonly options: Readonly<Record<string, unknown>>) {}

  /** What was measured on what, for the head of the printed report. */
  head(): string {
    const { processors, processor, memoryGiB, system } = machine();
    const named = Object.entries(versions()).map(([name, version]) => `${name} ${version}`);
    return `${processors} × ${processor}, ${memoryGiB} GiB, ${system}\n${named.join(', ')}\n`;
  }

  /** Takes a case in. @returns its lines, to be printed. */
  add(report: CaseReport): string {
    this.cases.push(report);
    const { seconds, figures, missing, failed } = report;
    const [before, after] = report.load.map((one) => one.toFixed(1));
    return [
      ...figures.map(lineOf),
      ...(missing === undefined ? [] : [`not measured: ${missing}`]),
      ...(failed === undefined ? [] : [`failed: ${failed}`]),
      `(${seconds.toFixed(0)} s; load average ${before} before, ${after} after)`,
      '',
    ].join('\n');
  }

  /** Whether every case was measured, or could not be for want of something on this machine. */
  get isWhole(): boolean {
    return this.cases.every(({ failed }) => failed === undefined);
  }

  write(file: string): void {
    const cases = this.cases.map(({ figures, ...one }) => ({ ...one, figures: figures.map(recordOf) }));
    const { startedAt, options } = this;
    const whole = { startedAt, machine: machine(), versions: versions(), load: load(), options, cases };
    writeFileSync(file, `${JSON.stringify(whole, undefined, 2)}\n`);
  }
}

/** A figure with what follows from its values, so that whoever reads the file need not compute it. */
function recordOf(figure: Figure): object {
  const ratios = ratiosOf(figure);
  return {
    ...figure,
    spread: spreadOf(figure.values),
    ...(ratios === undefined ? {} : { ratio: spreadOf(ratios) }),
  };
}

function lineOf(figure: Figure): string {
  const { what, unit, values, against, target } = figure;
  const ratios = ratiosOf(figure);
  const parts = [`${what.padEnd(66)} ${shown(values)} ${unit}`];
  if (against !== undefined && ratios !== undefined)
    parts.push(`| ${against.what}: ${shown(against.values)} ${unit} | ratio ${shown(ratios)}`);
  if (target !== undefined) parts.push(`(meant: ${meant(target)})`);
  return parts.join(' ');
}

/** The median, and from where to where the runs went. */
function shown(values: readonly number[]): string {
  const { median, least, most, runs } = spreadOf(values);
  return runs === 1 ? number(median) : `${number(median)} (${number(least)}–${number(most)}, n=${runs})`;
}

function meant({ of, is, limit }: Target): string {
  return `${of === 'ratio' ? 'ratio ' : ''}${is === 'at most' ? '≤' : '≥'} ${limit}`;
}

function number(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
