import fc from 'fast-check';
import { BaselineRefused, isolate, type Verdict } from '../../../src/devices/junos/isolation';

type Try = (items: readonly number[]) => Promise<Verdict<number>>;

function refusing(bad: ReadonlySet<number>, counter: { tries: number }, named: ReadonlySet<number> = new Set()): Try {
  return (items) => {
    counter.tries += 1;
    const found = items.filter((item) => bad.has(item));
    if (found.length === 0) return Promise.resolve({ ok: true });
    const culprits = found.filter((item) => named.has(item)).map((item) => ({ item, message: `no ${item}` }));
    return Promise.resolve({ ok: false, message: `refused`, culprits });
  };
}

const batch = fc.integer({ min: 1, max: 100 }).chain((size) =>
  fc.record({
    items: fc.constant(Array.from({ length: size }, (_, i) => i)),
    bad: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 6 }).map((list) => new Set(list)),
    named: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 })).map((list) => new Set(list)),
  }),
);

describe('isolate', () => {
  it('drops exactly the refused items, named or not', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async ({ items, bad, named }) => {
        const { accepted, rejected } = await isolate(items, refusing(bad, { tries: 0 }, named));
        expect(accepted).toEqual(items.filter((item) => !bad.has(item)));
        expect(rejected.map(({ item }) => item).sort((a, b) => a - b)).toEqual([...bad].sort((a, b) => a - b));
      }),
    );
  });

  it('needs at most ceil(log2 n) + 1 tries for each unnamed culprit, besides the first and one of nothing', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async ({ items, bad }) => {
        const counter = { tries: 0 };
        await isolate(items, refusing(bad, counter));
        expect(counter.tries).toBeLessThanOrEqual(2 + bad.size * (Math.ceil(Math.log2(items.length)) + 1));
      }),
    );
  });

  it('tries what it accepts last, so that it is what the candidate holds', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async ({ items, bad, named }) => {
        const tried: (readonly number[])[] = [];
        const attempt = refusing(bad, { tries: 0 }, named);
        const { accepted } = await isolate(items, (some) => {
          tried.push(some);
          return attempt(some);
        });
        if (accepted.length > 0) expect(tried.at(-1)).toEqual(accepted);
      }),
    );
  });

  it('keeps an item that is refused only together with another', async () => {
    const together: Try = (items) =>
      Promise.resolve(
        items.includes(2) && items.includes(5) ? { ok: false, message: 'not both', culprits: [] } : { ok: true },
      );
    const { accepted, rejected } = await isolate([0, 1, 2, 3, 4, 5, 6], together);
    expect(accepted).toEqual([0, 1, 2, 3, 4, 6]);
    expect(rejected).toEqual([{ item: 5, message: 'not both' }]);
  });

  it('blames nobody when even nothing is refused', async () => {
    await expect(
      isolate([1, 2], () => Promise.resolve({ ok: false, message: 'broken before', culprits: [] })),
    ).rejects.toThrow(BaselineRefused);
  });
});
