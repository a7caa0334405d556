import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalUnavailable } from '../servers/temporal';
import { readScenario, type ScenarioFile } from './form/file';
import { readKinds } from './form/kinds';
import { RestartBarrier } from './runner/barrier';
import { Names } from './runner/names';
import { Play } from './runner/play';
import { runScenario } from './runner/run';
import { settingsOf, type OwnSettings } from './runner/settings';
import { SharedSite } from './runner/site';
import { worldPart, type WorldPart } from './runner/world';
import { replayHistoriesAt } from '../support/replayHistories';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

const SCENARIO_MS = 240_000;
const START_MS = 180_000;

interface Scenario {
  readonly name: string;
  readonly file: ScenarioFile;
  readonly names: Names;
  readonly part: WorldPart;
}

interface Unreadable {
  readonly name: string;
  readonly error: unknown;
}

const kinds = readKinds();

const files = readdirSync(__dirname)
  .filter((file) => file.endsWith('.yaml'))
  .sort();
const read = files.map((fileName, index): Scenario | Unreadable => {
  const name = fileName.slice(0, -'.yaml'.length);
  try {
    const file = readScenario(readFileSync(join(__dirname, fileName), 'utf8'), `test/scenarios/${fileName}`, kinds);
    const names = new Names(index + 1);
    return { name: `${name}: ${file.title}`, file, names, part: worldPart(file.given, names) };
  } catch (error) {
    return { name, error };
  }
});
const scenarios = read.filter((one): one is Scenario => 'file' in one);

suite('scenarios', () => {
  let site: SharedSite | undefined;
  const running = (): SharedSite => {
    if (site === undefined) throw new Error('the product did not start');
    return site;
  };
  const barrier = new RestartBarrier(running);

  beforeAll(async () => {
    const shared = scenarios.filter(({ file }) => !file.alone);
    site = await SharedSite.start(
      scenarios.map(({ part }) => part),
      shared.map(({ name, names, file }) => ({ title: name, names, own: settingsOf(file.given) })),
    );
  }, START_MS);
  afterAll(() => site?.close(), 60_000);

  const play = ({ file, names, part }: Scenario, configure: (own: OwnSettings) => Promise<void>): Promise<void> =>
    runScenario(file, new Play(file.given, names, part.ports, running, configure), kinds);

  for (const one of read) {
    if ('error' in one)
      test(`${one.name} can be read`, () => {
        throw one.error;
      });
    else if (!one.file.alone)
      test.concurrent(
        one.name,
        async () => {
          barrier.begin(one.name);
          try {
            await play(one, (own) => barrier.configure({ title: one.name, names: one.names, own }));
          } finally {
            barrier.end(one.name);
          }
        },
        SCENARIO_MS,
      );
  }

  for (const one of scenarios.filter(({ file }) => file.alone))
    test(
      one.name,
      async () => {
        const configure = (own: OwnSettings): Promise<void> =>
          running().restartFor({ title: one.name, names: one.names, own });
        await running().beginAlone({ title: one.name, names: one.names, own: settingsOf(one.file.given) });
        await play(one, configure);
      },
      SCENARIO_MS,
    );

  test(
    'workflows did what they do in a replay',
    () => replayHistoriesAt(running().running.temporalAddress),
    SCENARIO_MS,
  );
});
