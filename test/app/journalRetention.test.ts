import { JournalRetention } from '../../src/app/journalRetention';
import { fakeWorld } from '../activities/fakes/world';

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Asked {
  readonly days: number;
  readonly most: number;
}

/** A journal with so many old entries. */
function oldEntries(count: number, failsAt?: number) {
  const asked: Asked[] = [];
  let left = count;
  const forgetOlder = async (days: number, most: number): Promise<number> => {
    asked.push({ days, most });
    if (asked.length === failsAt) throw new Error('the store is away');
    const gone = Math.min(left, most);
    left -= gone;
    return gone;
  };
  return { asked, left: () => left, journal: { forgetOlder } };
}

it('takes out all that is old, batch by batch, until one is not full', async () => {
  const old = oldEntries(25);
  const { log } = fakeWorld();
  const retention = new JournalRetention({ journal: old.journal, days: 90, log, batch: 10 });
  await until(() => old.asked.length === 3);
  await retention.stop();
  expect(old.left()).toBe(0);
  expect(old.asked).toEqual(Array.from({ length: 3 }, () => ({ days: 90, most: 10 })));
});

it('goes on at the next look when the store was away', async () => {
  const old = oldEntries(25, 2);
  const { log } = fakeWorld();
  const retention = new JournalRetention({ journal: old.journal, days: 90, log, batch: 10, everyMs: 5 });
  await until(() => old.left() === 0);
  await retention.stop();
});

it('ends after the batch that is under way', async () => {
  const { log } = fakeWorld();
  const ended: { stop?: Promise<void>; batches: number } = { batches: 0 };
  const journal = {
    forgetOlder: async (_days: number, most: number): Promise<number> => {
      ended.batches += 1;
      ended.stop ??= retention.stop();
      return most;
    },
  };
  const retention = new JournalRetention({ journal, days: 90, log, batch: 10 });
  await until(() => ended.stop !== undefined);
  await ended.stop;
  expect(ended.batches).toBe(1);
});
