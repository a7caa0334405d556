import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { alone, kinds, SCENARIO_MS, START_MS } from './runner/files';
import { Play } from './runner/play';
import { runScenario } from './runner/run';
import { settingsOf } from './runner/settings';
import { SharedSite } from './runner/site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** Those that concern everybody: one after the other, over a product of their own, beside the others. */
suite('scenarios that are alone', () => {
  let site: SharedSite | undefined;
  const running = (): SharedSite => {
    if (site === undefined) throw new Error('the product did not start');
    return site;
  };

  beforeAll(async () => {
    site = await SharedSite.start(
      alone.map(({ part }) => part),
      [],
      true,
    );
  }, START_MS);
  afterAll(() => site?.close(), 60_000);

  test.each(alone.map((one) => [one.name, one] as const))(
    '%s',
    async (title, { file, names, part }) => {
      await running().beginAlone({ title, names, own: settingsOf(file.given) });
      const play = new Play(file.given, names, part.ports, running, (own) =>
        running().restartFor({ title, names, own }),
      );
      await runScenario(file, play, kinds);
    },
    SCENARIO_MS,
  );

  test(
    'workflows did what they do in a replay',
    () => replayHistoriesAt(running().running.temporalAddress),
    SCENARIO_MS,
  );
});
