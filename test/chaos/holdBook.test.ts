import { HoldBook, type KnownHold } from './holdBook';
import { againstHold, notAsHeld } from './holdRules';
import { unjournaledHolds } from './holdsJudge';
import { Ledger } from './ledger';
import type { JournalRow } from './journalRows';
import { SWITCHES } from './scenario';

/** What the chaos suite demands of holds, each demand with what breaks it. */

const PORT = `${SWITCHES.access} ge-0/0/1.0`;
const HELD = '10.0.48.1 00:50:56:86:00:65 VLAN.13';
const BACK = '10.0.48.2 00:50:56:86:00:65 VLAN.13';
const WANTED = '10.0.48.90 00:50:56:86:00:65 VLAN.13';
const BY_HAND = '10.0.48.201 00:00:5e:00:01:01 VLAN.13';
const FAR = Date.now() + 3_600_000;

const hold: KnownHold = {
  ...{ id: '7', port: PORT, workflowId: 'restore-1', until: FAR },
  ...{ statements: [HELD, BACK], brought: [BACK], removes: [WANTED, BY_HAND] },
};
const natural = {
  desired: new Map([[PORT, [HELD, WANTED]]]),
  kept: new Map([[PORT, [HELD, WANTED, BY_HAND]]]),
  arriving: new Map([[PORT, []]]),
};

let book: HoldBook;
let kept: string[];
const at = (truths: ReturnType<HoldBook['into']>): unknown => [
  truths.desired.get(PORT),
  truths.kept.get(PORT),
  truths.arriving.get(PORT),
];

beforeEach(() => {
  kept = [];
  book = new HoldBook((_, binding) => kept.includes(binding));
  book.ask(1, [{ port: PORT, added: [BACK], removed: [WANTED, BY_HAND] }]);
});

test('until a restore is told, both what the sources want and what it brings may come, and what it shows may go', () => {
  expect(at(book.into(natural))).toEqual([[HELD], [HELD], [HELD, BACK, WANTED].sort()]);
  expect(book.ruling(PORT, Date.now())).toBeUndefined();
  book.forget(1, PORT);
  expect(book.into(natural)).toEqual(natural);
});

test('a restore that nobody answered came to nothing when nothing goes on and it has no hold (seeds 4302, 131313)', () => {
  book.settle();
  expect(book.into(natural)).toEqual(natural);
  book.ask(2, [{ port: PORT, added: [], removed: [BACK] }]);
  book.hold(2, hold);
  book.ask(3, [{ port: PORT, added: [], removed: [HELD] }]);
  book.settle();
  expect(book.ruling(PORT, Date.now())).toBe(hold);
});

test('while a hold is certain it alone is true, and what its author saw goes', () => {
  book.hold(1, hold);
  expect(at(book.into(natural))).toEqual([[HELD, BACK], [HELD, BACK], []]);
  expect(book.ruling(PORT, Date.now())).toBe(hold);
  book.ask(2, [{ port: PORT, added: [], removed: [BACK] }]);
  expect(book.ruling(PORT, Date.now())).toBeUndefined();
});

test('what a person keeps goes by no hold', () => {
  kept.push(BY_HAND);
  book.hold(1, hold);
  expect(book.into(natural).kept.get(PORT)).toEqual([HELD, BACK, BY_HAND]);
  expect(book.mayRemove(PORT, BY_HAND)).toBe(false);
  expect(book.mayRemove(PORT, WANTED)).toBe(true);
});

test.each([
  ['is being released', (): void => book.releasing(PORT), Date.now()],
  ['is over', (): void => undefined, FAR],
])('from when a hold %s, what it brought may go and what the sources want may come', (_, end, now) => {
  book.hold(1, hold);
  end();
  expect(at(book.into(natural, now))).toEqual([[HELD], [HELD], [HELD, BACK, WANTED].sort()]);
  expect(book.ruling(PORT, now)).toBeUndefined();
  book.gone(hold.id);
  expect(book.into(natural, now)).toEqual(natural);
});

test('a release that was refused leaves the hold as certain as before, and a newer hold takes its place', () => {
  book.hold(1, hold);
  book.releasing(PORT);
  expect(book.known()).toEqual([]);
  book.notReleased(PORT);
  expect(book.known()).toEqual([hold]);
  const newer = { ...hold, id: '10' };
  book.hold(2, newer);
  book.hold(1, hold);
  expect(book.known()).toEqual([newer]);
});

test('a commit on a held port brings back what is held, and takes what its author saw to go; nothing else', () => {
  const ledger = new Ledger();
  const judged = (added: readonly string[], removed: readonly string[]): string[] =>
    againstHold(hold, { added, removed }, ledger);
  expect(judged([HELD, BACK], [WANTED])).toEqual([]);
  expect(judged([WANTED], [])).toEqual([expect.stringContaining('which hold 7 does not have')]);
  expect(judged([], [HELD])).toEqual([expect.stringContaining('which is held (7)')]);
  const other = '10.0.48.202 00:00:5e:00:01:02 VLAN.13';
  ledger.addByHand(PORT, other);
  expect(judged([], [other])).toHaveLength(1);
  ledger.releaseByHand(PORT, other);
  expect(judged([], [other])).toEqual([]);
  ledger.adopt(PORT, WANTED);
  expect(judged([WANTED], [])).toEqual([]);
});

test('what is held is there, and besides only what came by hand since or is kept', () => {
  const ledger = new Ledger();
  const since = '10.0.48.203 00:00:5e:00:01:03 VLAN.13';
  expect(notAsHeld(hold, [HELD, BACK, since], ledger)).toEqual([]);
  expect(notAsHeld(hold, [HELD], ledger)).toEqual([expect.stringContaining(`lacks ${BACK}`)]);
  for (const besides of [WANTED, BY_HAND, '10.0.48.91 00:50:56:86:00:65 VLAN.13'])
    expect(notAsHeld(hold, [HELD, BACK, besides], ledger)).toEqual([expect.stringContaining(`besides ${besides}`)]);
  ledger.adopt(PORT, BY_HAND);
  expect(notAsHeld(hold, [HELD, BACK, BY_HAND], ledger)).toEqual([]);
});

test('the journal has every hold and every release', () => {
  const row = (workflowId: string, summary: string, author = 'chaos'): JournalRow => ({
    ...{ workflowId, summary, author, device: `junos:${SWITCHES.access}`, port: 'ge-0/0/1.0' },
  });
  const told = new Map([[hold.id, hold]]);
  const made = row('restore-1', 'ge-0/0/1.0 is held by chaos (hold 7)');
  const ended = row('release-1', 'chaos released hold 7 of ge-0/0/1.0');
  const released = new Map([[hold.id, 'release-1']]);
  expect(unjournaledHolds({ told, released }, [made, ended])).toEqual([]);
  expect(unjournaledHolds({ told, released }, [made])).toEqual([expect.stringContaining('release of hold 7')]);
  expect(unjournaledHolds({ told, released: new Map() }, [ended])).toEqual([expect.stringContaining('hold 7 of')]);
  expect(unjournaledHolds({ told, released: new Map() }, [{ ...made, author: 'somebody' }])).toHaveLength(1);
});
