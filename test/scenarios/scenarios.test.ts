import { temporalUnavailable } from '../servers/temporal';
import { replayHistoriesAt } from '../support/replayHistories';
import { RestartBarrier } from './runner/barrier';
import { kinds, SCENARIO_MS, SHARED_SCENARIO_MS, sharing, START_MS, unreadable } from './runner/files';
import { Play } from './runner/play';
import { runScenario } from './runner/run';
import { settingsOf } from './runner/settings';
import { SharedSite } from './runner/site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('scenarios', () => {
  let site: SharedSite | undefined;
  const running = (): SharedSite => {
    if (site === undefined) throw new Error('the product did not start');
    return site;
  };
  const barrier = new RestartBarrier(running);

  beforeAll(async () => {
    site = await SharedSite.start(
      sharing.map(({ part }) => part),
      sharing.map(({ name, names, file }) => ({ title: name, names, own: settingsOf(file.given) })),
    );
  }, START_MS);
  afterAll(() => site?.close(), 60_000);

  test.concurrent.each(sharing.map((one) => [one.name, one] as const))(
    '%s',
    async (title, { file, names, part }) => {
      barrier.begin(title);
      try {
        const play = new Play(file.given, names, part.ports, running, (own) =>
          barrier.configure({ title, names, own }),
        );
        await runScenario(file, play, kinds);
      } finally {
        barrier.end(title);
      }
    },
    SHARED_SCENARIO_MS,
  );

  test(
    'workflows did what they do in a replay',
    () => replayHistoriesAt(running().running.temporalAddress),
    SCENARIO_MS,
  );
});

test('every scenario can be read', () => {
  for (const { error } of unreadable) throw error;
});
