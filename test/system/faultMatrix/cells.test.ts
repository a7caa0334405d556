import fc from 'fast-check';
import { Random } from '../../chaos/random';
import { drawnFaults, faultsOf, spots } from './cells';

const sources = ['panel', 'proxmox'] as const;
const named = (tried: typeof faultsOf, source: (typeof sources)[number]): ReadonlySet<string> =>
  new Set(
    spots(tried)
      .filter(({ call }) => call.source === source)
      .flatMap(({ call }) => tried(call)),
  );

test('a sample tries each call with two faults that it has, and has each fault of each source', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const tried = drawnFaults(new Random(seed));
      for (const { call } of spots(tried)) {
        expect(new Set(tried(call)).size).toBe(2);
        expect(faultsOf(call)).toEqual(expect.arrayContaining([...tried(call)]));
      }
      for (const source of sources) expect(named(tried, source)).toEqual(named(faultsOf, source));
    }),
    { numRuns: 30 },
  );
});
