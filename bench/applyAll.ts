import { cpuLines, HISTORY_LIMIT, type Measurement } from './cases';
import { cpuBetween } from './cpuTime';
import { BenchRun } from './run';

/** What issue 13 asks of a run over 10,000 servers, of a worker whose store is a PostgreSQL server. */
const MEMORY_MIB = 400;
const LOOK_EVERY_MS = 1_000;
const MOST_LOOKS = 7_200;
const SITE = 'fleet';

interface Shown {
  readonly state: string;
  readonly hash?: string;
  readonly ports?: number;
  readonly counts?: Readonly<Record<string, number>>;
}

/** Apply All over a site of new switches: the first day of an installation, on which nothing is bound yet. */
export async function applyAll(servers: number, switches: number, commitMs: number): Promise<Measurement[]> {
  const devices = Array.from({ length: switches }, (_, index) => `junos:${index + 1}`);
  const size = { switches, serversPerSwitch: Math.ceil(servers / switches) };
  const run = await BenchRun.start(size, commitMs, { sites: { [SITE]: { devices } }, isApart: true });
  const what = `Apply All, ${servers} servers on ${switches} switches`;
  try {
    const before = run.cpuTime();
    const starting = run.peakMemory();
    run.forgetPeakMemory();
    const started = performance.now();
    const { plan } = await run.ask<{ plan: string }>('/api/apply-all/plan', { site: SITE, author: 'bench' });
    const planned = await until(() => run.ask<Shown>(`/api/apply-all/plans/${plan}`), ['planned', 'failed']);
    if (planned.hash === undefined) throw new Error('the plan failed');
    const plannedAt = performance.now();
    const planning = run.peakMemory();
    run.forgetPeakMemory();
    await run.ask('/api/apply-all', { site: SITE, planHash: planned.hash, author: 'bench', reason: 'bench' });
    const ended = await until(() => run.ask<Shown>(`/api/apply-all?site=${SITE}`), ['done', 'cancelled']);
    const endedAt = performance.now();
    // On a machine that is too busy an answer may be lost: the next try finds the port as it should be.
    const { applied = 0, unchanged = 0 } = ended.counts ?? {};
    if (applied + unchanged !== servers) process.stderr.write(`not all ports: ${JSON.stringify(ended.counts)}\n`);
    const cpu = cpuBetween(before, run.cpuTime());
    const commits = [...run.world.switches.values()].reduce((sum, one) => sum + one.commits().length, 0);
    const longest = async (type: string): Promise<number> => Math.max(...(await run.historyLengths(type)));
    return [
      { what: `${what}: planned after`, value: (plannedAt - started) / 1000, unit: 's' },
      { what: `${what}: all proven after`, value: (endedAt - plannedAt) / 1000, unit: 's' },
      {
        what: `${what}: commits`,
        value: commits,
        unit: 'commits',
        against: { what: 'one a switch', value: switches },
      },
      { what: `${what}: peak memory of the worker, starting`, value: starting, unit: 'MiB' },
      { what: `${what}: peak memory of the worker, planning`, value: planning, unit: 'MiB' },
      {
        what: `${what}: peak memory of the worker, running`,
        value: run.peakMemory(),
        unit: 'MiB',
        against: { what: 'the limit', value: MEMORY_MIB },
      },
      ...(await Promise.all(
        ['planApplyAll', 'applyAll', 'deviceCoordinator'].map(async (type) => ({
          what: `${what}: longest history of ${type}`,
          value: await longest(type),
          unit: 'events',
          against: { what: "Temporal's limit", value: HISTORY_LIMIT },
        })),
      )),
      ...cpuLines(what, cpu),
    ];
  } finally {
    await run.close();
  }
}

/** Brings a whole site up to date: plans it, and runs the plan. @throws Error when a port is not as it should be then. */
export async function bringUpToDate(run: BenchRun, site: string, ports: number): Promise<void> {
  const { plan } = await run.ask<{ plan: string }>('/api/apply-all/plan', { site, author: 'bench' });
  const { hash } = await until(() => run.ask<Shown>(`/api/apply-all/plans/${plan}`), ['planned', 'failed']);
  await run.ask('/api/apply-all', { site, planHash: hash ?? '', author: 'bench', reason: 'bench' });
  const { counts = {} } = await until(() => run.ask<Shown>(`/api/apply-all?site=${site}`), ['done', 'cancelled']);
  if ((counts['applied'] ?? 0) + (counts['unchanged'] ?? 0) !== ports)
    throw new Error(`not all of ${ports} ports are as they should be: ${JSON.stringify(counts)}`);
}

/** What a workflow that was just started has not written yet is looked for again. */
async function until(look: () => Promise<Shown>, states: readonly string[]): Promise<Shown> {
  for (let tries = 0; tries < MOST_LOOKS; tries += 1) {
    const shown = await look().catch((error: unknown): undefined => {
      if (!(error instanceof Error && error.message.includes('not-found'))) throw error;
    });
    if (shown !== undefined && states.includes(shown.state)) return shown;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error('it did not end in time');
}
