import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A recorded history: `name` tells it apart from all others. */
export interface CorpusFile {
  readonly name: string;
  readonly path: string;
}

/** The histories of a folder as test/replay has them. */
export interface Corpus {
  /** Recorded with the code that is not released yet. */
  readonly current: readonly CorpusFile[];
  /** Of the released versions. */
  readonly released: readonly CorpusFile[];
  readonly versions: readonly string[];
  /** Versions that can no longer be upgraded from directly: their histories are gone. */
  readonly retired: readonly string[];
  /** What was changed in a released version's histories since they were kept. */
  readonly altered: readonly string[];
}

const SUMS = 'SHA256SUMS';
/** One version a line. */
const RETIRED = 'RETIRED';

/** Reads which histories there are. @param directory holds `histories` and `released/<version>`. */
export function readCorpus(directory: string): Corpus {
  const releases = join(directory, 'released');
  const versions = existsSync(releases)
    ? readdirSync(releases, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];
  const retired = join(releases, RETIRED);
  return {
    current: filesOf(join(directory, 'histories'), ''),
    released: versions.flatMap((version) => filesOf(join(releases, version), `${version}/`)),
    versions,
    retired: existsSync(retired)
      ? readFileSync(retired, 'utf8')
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '')
      : [],
    altered: versions.flatMap((version) => alteredIn(join(releases, version)).map((what) => `${version}/${what}`)),
  };
}

function filesOf(folder: string, prefix: string): CorpusFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ name: `${prefix}${file}`, path: join(folder, file) }));
}

function alteredIn(folder: string): string[] {
  if (!existsSync(join(folder, SUMS))) return [`${SUMS} is missing`];
  const sums = new Map(
    readFileSync(join(folder, SUMS), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const present = readdirSync(folder).filter((file) => file !== SUMS);
  return [
    ...[...sums.keys()].filter((file) => !present.includes(file)).map((file) => `${file} is gone`),
    ...present.flatMap((file) => {
      const sum = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
      if (sums.has(file)) return sums.get(file) === sum ? [] : [`${file} was changed`];
      return [`${file} was added`];
    }),
  ];
}
