import { KeepExpiry } from '../../src/app/keepExpiry';
import type { EnlistInput } from '../../src/protocol/requests';
import { statement } from '../activities/fakes/values';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { DEVICE, PORT } from '../activities/portQuestions';

const PAST = '2026-01-01T00:00:00.000Z';

function keep(world: FakeWorld, id: string, expiresAt?: string): void {
  world.store.kept.push({
    ...{ id, device: DEVICE, port: PORT, statement: statement(`10.0.48.${id}`), reason: 'router', author: 'ada' },
    createdAt: '2025-11-29T13:00:00.000Z',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it('ends what is over, journals it, and has the port looked at; what has no end stays', async () => {
  const world = fakeWorld();
  keep(world, '1', PAST);
  keep(world, '2');
  const asked: EnlistInput[] = [];
  const enlist = async (input: EnlistInput) => {
    asked.push(input);
    return { waitForOutcomeMs: 1, giveUpAfterMs: 1 };
  };
  const expiry = new KeepExpiry({ store: world.store, enlist, log: world.log, everyMs: 5 });
  await until(() => asked.length === 1);
  await expiry.stop();
  expect(world.store.kept.map(({ id }) => id)).toEqual(['2']);
  expect(world.store.entries).toMatchObject([
    { status: 'unchanged', author: 'ada', reason: 'router', summary: expect.stringContaining('Keep 1 of') as string },
  ]);
  expect(asked).toMatchObject([{ device: DEVICE, request: { port: PORT, explainedIps: [] } }]);
});

it('goes on when the store or Temporal are away', async () => {
  const world = fakeWorld();
  let tries = 0;
  const enlist = async () => {
    tries += 1;
    throw new Error('not accepted');
  };
  world.store.break('keeps');
  const expiry = new KeepExpiry({ store: world.store, enlist, log: world.log, everyMs: 5 });
  keep(world, '1', PAST);
  world.store.mend('keeps');
  await until(() => tries === 1);
  keep(world, '3', PAST);
  await until(() => tries === 2);
  await expiry.stop();
  expect(world.store.kept).toEqual([]);
});
