import type { Happening } from './anyHappening';
import { Happenings } from './happenings';
import { Site } from './site';

const NOT_FAKED = [
  ...(['nextTick', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
  ...(['setTimeout', 'clearTimeout', 'queueMicrotask', 'performance', 'hrtime'] as const),
];

/** Lets the tests of a file set the time. */
export function fakeDate(): void {
  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-11-29T00:00:00.000Z'), doNotFake: NOT_FAKED });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
}

/** A happening without faults, of which events tell. */
export const step = (what: Happening['what'], a: number, b: number): Happening => ({
  what,
  a,
  b,
  told: true,
  ms: 1_000,
});

/** Lets everything happen, up to the first problem, and then everything work again. */
export async function play(happenings: readonly Happening[], site = new Site()): Promise<Site> {
  const all = new Happenings(site);
  await all.begin();
  for (const happening of happenings) {
    await all.happen(happening);
    if (site.judge.problems.length > 0) return site;
  }
  await all.end();
  return site;
}
