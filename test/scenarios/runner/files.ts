import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readScenario, type ScenarioFile } from '../form/file';
import { readKinds } from '../form/kinds';
import { Names } from './names';
import { worldPart, type WorldPart } from './world';

/** A scenario with its names in the one world and what it has there. */
export interface Scenario {
  readonly name: string;
  readonly file: ScenarioFile;
  readonly names: Names;
  readonly part: WorldPart;
}

interface Unreadable {
  readonly name: string;
  readonly error: unknown;
}

const FOLDER = dirname(__dirname);

export const kinds = readKinds();

const read = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .map((fileName, index): Scenario | Unreadable => {
    const name = fileName.slice(0, -'.yaml'.length);
    try {
      const file = readScenario(readFileSync(join(FOLDER, fileName), 'utf8'), `test/scenarios/${fileName}`, kinds);
      const names = new Names(index + 1);
      return { name: `${name}: ${file.title}`, file, names, part: worldPart(file.given, names) };
    } catch (error) {
      return { name, error };
    }
  });

export const unreadable: readonly Unreadable[] = read.filter((one) => 'error' in one);

const scenarios: readonly Scenario[] = read.filter((one) => 'file' in one);

/** Those that share one product with others, and those that have it to themselves. */
export const sharing: readonly Scenario[] = scenarios.filter(({ file }) => !file.alone);
export const alone: readonly Scenario[] = scenarios.filter(({ file }) => file.alone);

/** How long a scenario may take that has the product to itself. */
export const SCENARIO_MS = 480_000;
/**
 * How long one may take that shares it: as long as all of them together. One that changes the configuration waits for the
 * restart until every other one has ended or waits too (barrier.ts), and its waiting counts.
 */
export const SHARED_SCENARIO_MS = 1_500_000;
export const START_MS = 180_000;
