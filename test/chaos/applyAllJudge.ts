import { isErrorCode } from '../../src/domain/errors';
import type { KnownRun } from './applyAlls';
import type { ChaosApi } from './chaosApi';
import type { JournalRow } from './journalRows';
import { splitKey } from './model';
import { passOf, type PassPlans } from './passWaiters';
import type { SeenCommit, SwitchWatch } from './switchWatch';
import { ipOf, isVirtual } from './truth';

const A_PAGE = 500;
const MOST_PAGES = 100;
/** How long a commit that had begun when its run was stopped may take to be seen, at the slowest switch. */
const COMMITTED_MS = 15_000;
/** A process that was stopped in its tracks may send what it had asked for before, for as long as it was stopped. */
const THAWED_MS = 45_000;

/** One port of a plan: `GET /apply-all/plans/:id/ports`. */
export interface PlannedRow {
  readonly device: string;
  readonly port: string;
  readonly status: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly outcome?: string;
  readonly code?: string;
  readonly said?: string;
}

/** A plan with what was said to its run. */
export interface JudgedRun {
  readonly run: KnownRun;
  /** As the product tells of it in the end. */
  readonly state: string;
  readonly rows: readonly PlannedRow[];
}

/** What the product tells of a run in the end. @throws Error when it is not told. */
export async function judgedRun(api: ChaosApi, run: KnownRun): Promise<JudgedRun> {
  const plan = await api.get<{ readonly state: string }>(`/api/apply-all/plans/${run.plan}`);
  if (plan === undefined) throw new Error(`the plan ${run.plan} was not told`);
  return { run, state: plan.state, rows: await rowsOf(api, run.plan) };
}

async function rowsOf(api: ChaosApi, plan: string): Promise<PlannedRow[]> {
  const rows: PlannedRow[] = [];
  let after = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await api.get<{ readonly ports: readonly PlannedRow[]; readonly next?: string }>(
      `/api/apply-all/plans/${plan}/ports?limit=${A_PAGE}${after}`,
    );
    if (found === undefined) throw new Error(`the ports of the plan ${plan} were not told`);
    rows.push(...found.ports);
    if (found.next === undefined) return rows;
    after = `&after=${encodeURIComponent(found.next)}`;
  }
  throw new Error(`the plan ${plan} has more than ${rows.length} ports`);
}

/** What is untrue or missing in the end of a run: it is over, of every port it says what became of it, and nobody cancelled it by himself. */
export function judgeEnd({ run, state, rows }: JudgedRun): string[] {
  const wrong = (what: string): string => `${run.reason} (plan ${run.plan}): ${what}`;
  if (state === 'planned' && !run.isTaken) return [];
  if (state === 'cancelled') return run.wasCancelled ? [] : [wrong('is cancelled, and nobody asked for that')];
  if (state !== 'done') return [wrong(`is ${state} in the end`)];
  return rows.flatMap(({ device, port, outcome, code }) => {
    if (outcome === undefined) return [wrong(`is done, and nobody knows what became of ${device} ${port}`)];
    if (code === undefined) return [];
    return isErrorCode(code) && code !== 'internal' ? [] : [wrong(`${device} ${port} ended with the code ${code}`)];
  });
}

/** A change of a port that was made on behalf of nobody but a run, held to its plan. */
interface PlannedChange {
  readonly watch: SwitchWatch;
  readonly commit: SeenCommit;
  readonly key: string;
  readonly plan: string;
}

/** Every change that was held to a plan. */
export function plannedChanges(watches: readonly SwitchWatch[], plans: PassPlans): PlannedChange[] {
  return watches.flatMap((watch) =>
    watch.commits.flatMap((commit) =>
      [...commit.changes.keys()].flatMap((key) => {
        const plan = commit.client === 'netconf' ? passOf(plans, commit.log)?.get(splitKey(key).port) : undefined;
        return plan === undefined ? [] : [{ watch, commit, key, plan }];
      }),
    ),
  );
}

/** Of these, what plan, end or pause of the run did not allow, or of whose author the journal is silent. */
export function judgeCommits(
  runs: readonly JudgedRun[],
  changes: readonly PlannedChange[],
  journal: readonly JournalRow[],
  freezes: readonly number[],
): string[] {
  return changes.flatMap(({ watch, commit, key, plan }) => {
    const { port } = splitKey(key);
    const found = runs.find(({ run }) => run.plan === plan);
    const wrong = (what: string): string => `${watch.name}: commit "${commit.log ?? ''}" changed ${port} ${what}`;
    if (found === undefined) return [wrong(`for a run that nobody began (plan ${plan})`)];
    const row = found.rows.find((one) => one.device === `junos:${watch.id}` && one.port === port);
    return [
      ...againstPlan(row, commit, key).map(wrong),
      ...againstWord(found.run, commit, freezes).map(wrong),
      ...(isTold(journal, commit, port, found.run) ? [] : [wrong(`for ${found.run.reason}, and no journal says so`)]),
    ];
  });
}

function againstPlan(row: PlannedRow | undefined, commit: SeenCommit, key: string): string[] {
  if (row === undefined) return ['which its plan does not have'];
  const { added = [], removed = [] } = commit.changes.get(key) ?? {};
  // Which MAC a further address gets is not known before the pass that makes it.
  const shown = (binding: string): string => (isVirtual(binding) ? ipOf(`${binding} `) : binding);
  const planned = (texts: readonly string[]): string[] =>
    texts.map((text) => (isVirtual(text) || !/^\S+ \S+ \S+$/.test(text) ? ipOf(`${text} `) : text)).sort();
  const isSame = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify(a.map(shown).sort()) === JSON.stringify(planned(b));
  return isSame(added, row.added) && isSame(removed, row.removed)
    ? []
    : [
        `by +${added.join(' +')} -${removed.join(' -')}, but planned was +${row.added.join(' +')} -${row.removed.join(' -')}`,
      ];
}

function againstWord(
  { reason, pauses, cancelledAt }: KnownRun,
  { seenAt }: SeenCommit,
  freezes: readonly number[],
): string[] {
  const stops = [
    ...pauses.map(({ from, to = Number.POSITIVE_INFINITY }) => ({ from, to, what: 'paused' })),
    ...(cancelledAt === undefined ? [] : [{ from: cancelledAt, to: Number.POSITIVE_INFINITY, what: 'cancelled' }]),
  ];
  return stops
    .filter(({ from, to }) => seenAt > from + COMMITTED_MS && seenAt < to)
    .filter(({ from }) => !freezes.some((at) => at >= from - THAWED_MS && at <= seenAt))
    .map(({ from, what }) => `${seenAt - from} ms after ${reason} was ${what}`);
}

function isTold(journal: readonly JournalRow[], commit: SeenCommit, port: string, { plan }: KnownRun): boolean {
  return journal.some(
    (row) =>
      row.commit === commit.log && row.port === port && row.author === 'chaos' && row.reason?.includes(plan) === true,
  );
}
