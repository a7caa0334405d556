import { HoldExpiry } from '../../src/app/holdExpiry';
import type { EnlistInput } from '../../src/protocol/requests';
import { port } from '../activities/fakes/values';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { DEVICE, PORT } from '../activities/portQuestions';

const PAST = '2026-01-01T00:00:00.000Z';
const LATER = '2099-01-01T00:00:00.000Z';
const NAMES = [port('ge-0/0/7.0'), port('ge-0/0/8.0')];

function hold(world: FakeWorld, id: string, expiresAt: string): void {
  world.store.holds.rows.push({
    ...{ id, device: DEVICE, port: PORT, askedAs: NAMES, statements: [], removes: [], brought: [] },
    ...{ backup: '7', backupAt: PAST, workflowId: 'restoreBackup-1', author: 'ada', reason: 'wrong ticket' },
    ...{ createdAt: PAST, expiresAt },
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('journals once what is over, has its port looked at under every name, and ends nothing', async () => {
  const world = fakeWorld();
  hold(world, '1', PAST);
  hold(world, '2', LATER);
  const asked: EnlistInput[] = [];
  const enlist = async (input: EnlistInput) => {
    asked.push(input);
    return { waitForOutcomeMs: 1, giveUpAfterMs: 1 };
  };
  const expiry = new HoldExpiry({ store: world.store, enlist, log: world.log, everyMs: 5 });
  await until(() => asked.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await expiry.stop();
  expect(world.store.holds.rows.map(({ id }) => id)).toEqual(['1', '2']);
  expect(world.store.entries).toMatchObject([
    {
      ...{ status: 'unchanged', workflowId: 'hold-expiry', author: 'ada', reason: 'wrong ticket' },
      summary: expect.stringContaining(`The time of hold 1 of ${PORT} was over at ${PAST}`) as string,
    },
  ]);
  expect(asked.map(({ request }) => request.port)).toEqual(NAMES);
});

it('goes on when the store or Temporal are away', async () => {
  const world = fakeWorld();
  let tries = 0;
  const enlist = async () => {
    tries += 1;
    throw new Error('not accepted');
  };
  world.store.break('holds');
  hold(world, '1', PAST);
  const expiry = new HoldExpiry({ store: world.store, enlist, log: world.log, everyMs: 5 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(tries).toBe(0);
  world.store.mend('holds');
  await until(() => tries === 2);
  await expiry.stop();
});
