import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../projectRoot';
import { judgeCommits, judgeEnd, plannedChanges, type JudgedRun, type PlannedRow } from './applyAllJudge';
import type { KnownRun } from './applyAlls';
import type { JournalRow } from './journalRows';
import { portKey } from './model';
import { plansIn, type PassPlans } from './passWaiters';
import { SWITCHES } from './scenario';
import type { SeenCommit, SwitchWatch } from './switchWatch';

/** What the chaos suite demands of Apply All, each demand with what breaks it. */

const PORT = 'ge-0/0/1.0';
const COMING = '10.0.48.1 00:50:56:86:00:65 VLAN.13';
const GOING = '10.0.48.2 00:50:56:86:00:65 VLAN.13';
const LOG = 'portwarden device:junos:1 batch 3 6fe73c53';

const row: PlannedRow = {
  ...{ device: `junos:${SWITCHES.access}`, port: PORT, status: 'change' },
  ...{ added: [COMING], removed: [GOING], outcome: 'applied' },
};
const run: KnownRun = {
  ...{ plan: 'plan-1', scope: { all: true }, reason: 'chaos run 1', at: 0 },
  ...{ isTaken: true, pauses: [], wasCancelled: false },
};
const journal: readonly JournalRow[] = [
  {
    ...{ device: row.device, port: PORT, workflowId: 'device:junos:1', summary: '' },
    ...{ commit: LOG, author: 'chaos', reason: 'Apply All, plan plan-1: chaos run 1' },
  },
];
const plans: PassPlans = new Map([[LOG, new Map([[PORT, 'plan-1']])]]);

/** A commit on the port, seen so many milliseconds after the beginning. */
function commits(added: readonly string[], removed: readonly string[], seenAt = 100_000): readonly SwitchWatch[] {
  const change = { added, removed, nowhereElse: [] };
  const commit = { client: 'netconf', log: LOG, seenAt, changes: new Map([[portKey(SWITCHES.access, PORT), change]]) };
  return [
    { id: SWITCHES.access, name: 'switch 1', commits: [commit as unknown as SeenCommit] } as unknown as SwitchWatch,
  ];
}

function judged(
  watches: readonly SwitchWatch[],
  of: Partial<KnownRun> = {},
  {
    rows = [row],
    told = journal,
    freezes = [],
  }: {
    readonly rows?: readonly PlannedRow[];
    readonly told?: readonly JournalRow[];
    readonly freezes?: readonly number[];
  } = {},
): string[] {
  return judgeCommits([{ run: { ...run, ...of }, state: 'done', rows }], plannedChanges(watches, plans), told, freezes);
}

test('a run changes what its plan showed, and nothing else', () => {
  expect(judged(commits([COMING], [GOING]))).toEqual([]);
  expect(judged(commits([COMING], []))).toEqual([expect.stringContaining('but planned was')]);
  expect(judged(commits([COMING, GOING], [GOING]))).toEqual([expect.stringContaining('but planned was')]);
  expect(judged(commits([COMING], [GOING]), {}, { rows: [] })).toEqual([expect.stringContaining('does not have')]);
  expect(judged(commits([COMING], [GOING]), { plan: 'another' })).toEqual([
    expect.stringContaining('a run that nobody began'),
  ]);
});

test('a virtual MAC that is new is known by its address only', () => {
  const rows = [{ ...row, added: ['10.0.48.1 (a new virtual MAC) VLAN.13'] }];
  const made = '10.0.48.1 02:00:00:00:00:01 VLAN.13';
  expect(judged(commits([made], [GOING]), {}, { rows })).toEqual([]);
  expect(judged(commits([made.replace('48.1', '48.3')], [GOING]), {}, { rows })).toHaveLength(1);
});

test('a run that is paused or cancelled commits nothing', () => {
  const watches = commits([COMING], [GOING]);
  expect(judged(watches, { pauses: [{ from: 80_000, to: 99_000 }] })).toEqual([]);
  expect(judged(watches, { pauses: [{ from: 80_000 }] })).toEqual([expect.stringContaining('was paused')]);
  expect(judged(watches, { cancelledAt: 80_000 })).toEqual([expect.stringContaining('was cancelled')]);
  expect(judged(watches, { cancelledAt: 90_000 })).toEqual([]);
  expect(judged(watches, { cancelledAt: 80_000 }, { freezes: [70_000] })).toEqual([]);
});

test('the journal says for whom a run was', () => {
  const watches = commits([COMING], [GOING]);
  for (const told of [[], journal.map((one) => ({ ...one, author: 'ada' })), [{ ...journal[0], reason: 'else' }]])
    expect(judged(watches, {}, { told: told as readonly JournalRow[] })).toEqual([
      expect.stringContaining('no journal says so'),
    ]);
});

test('what anybody else asked for too is held to no plan', () => {
  expect(plannedChanges(commits([COMING], []), new Map([[LOG, new Map()]]))).toEqual([]);
  expect(plannedChanges(commits([COMING], []), plans)).toHaveLength(1);
});

test('a run ends, and says what became of every port', () => {
  const ended = (of: Partial<JudgedRun>): string[] => judgeEnd({ run, state: 'done', rows: [row], ...of });
  expect(ended({})).toEqual([]);
  for (const state of ['running', 'paused', 'planned', 'failed'])
    expect(ended({ state })).toEqual([expect.stringContaining(`is ${state} in the end`)]);
  expect(ended({ state: 'cancelled' })).toEqual([expect.stringContaining('nobody asked for that')]);
  expect(ended({ state: 'cancelled', run: { ...run, wasCancelled: true } })).toEqual([]);
  expect(ended({ state: 'planned', run: { ...run, isTaken: false } })).toEqual([]);
  const { outcome, ...silent } = row;
  expect(outcome).toBe('applied');
  expect(ended({ rows: [silent] })).toEqual([expect.stringContaining('nobody knows what became of')]);
  expect(ended({ rows: [{ ...row, code: 'plan-differs' }] })).toEqual([]);
  for (const code of ['internal', 'made-up'])
    expect(ended({ rows: [{ ...row, code }] })).toEqual([expect.stringContaining(`the code ${code}`)]);
});

test('which plan a pass was held to is in the history of its coordinator', () => {
  const text = readFileSync(join(projectRoot(), 'test/replay/histories/apply-all-coordinator.json'), 'utf8');
  const of = { workflowId: 'device:junos:2', runId: '6fe73c53-5282-4634-afd0-cee506f426cc' };
  const found = plansIn(of, historyFromJSON(JSON.parse(text) as unknown));
  expect([...(found.get('portwarden device:junos:2 batch 13 6fe73c53')?.values() ?? [])]).toContain('recorded-plan');
});
