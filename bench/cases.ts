import { cpuBetween, type CpuTime } from './cpuTime';
import { BenchRun, percentile } from './run';

/** One line of the report: what was measured, and what it is compared with. */
export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** A peer's way of doing it, or a limit. */
  readonly against?: { readonly what: string; readonly value: number };
}

/** Temporal ends a workflow there. */
export const HISTORY_LIMIT = 51_200;
const EVENT_BUDGET = 16;

/** A lone event on an idle switch: what portwarden adds to the switch's own commit. */
export async function loneEvent(): Promise<Measurement[]> {
  const commitMs = 1_000;
  const run = await BenchRun.start({ switches: 1, serversPerSwitch: 20 }, commitMs);
  try {
    const times: number[] = [];
    for (let serverIndex = 0; serverIndex < 10; serverIndex += 1) {
      const { ids } = await run.post([{ switchIndex: 0, serverIndex }]);
      const description = await finished(run, ids[0] ?? '');
      times.push(description);
    }
    const floor = commitMs + commitMs / 5;
    return [
      {
        what: 'lone event, posted to proven (median)',
        value: percentile(times, 50),
        unit: 'ms',
        against: { what: 'check and commit alone', value: floor },
      },
    ];
  } finally {
    await run.close();
  }
}

/** Many events at once on one switch with slow commits: how many commits they cost. */
export async function burst(events: number, commitMs: number): Promise<Measurement[]> {
  const run = await BenchRun.start({ switches: 1, serversPerSwitch: events }, commitMs);
  try {
    const before = run.cpuTime();
    const started = performance.now();
    const { answerMs } = await run.post(
      Array.from({ length: events }, (_, serverIndex) => ({ switchIndex: 0, serverIndex })),
    );
    await run.settle(600_000);
    const elapsed = performance.now() - started;
    const cpu = cpuBetween(before, run.cpuTime());
    const commits = run.world.switches.get(1)?.commits().length ?? 0;
    const eventHistories = await run.historyLengths('portSecurityEvent');
    const [coordinator = 0] = await run.historyLengths('deviceCoordinator');
    return [
      {
        what: `burst of ${events} events: commits`,
        value: commits,
        unit: 'commits',
        against: { what: 'one commit per event', value: events },
      },
      {
        what: `burst of ${events} events: all proven after`,
        value: elapsed,
        unit: 'ms',
        against: { what: 'one commit per event, one after the other', value: events * commitMs },
      },
      { what: 'webhook answered (p50)', value: percentile(answerMs, 50), unit: 'ms' },
      { what: 'webhook answered (p99)', value: percentile(answerMs, 99), unit: 'ms' },
      {
        what: 'history of an event of the burst (p99)',
        value: percentile(eventHistories, 99),
        unit: 'events',
        against: { what: 'budget', value: EVENT_BUDGET },
      },
      {
        what: 'history of the coordinator',
        value: coordinator,
        unit: 'events',
        against: { what: `budget of 1 a request and 18 a commit`, value: events + 18 * Math.max(commits, 1) },
      },
      {
        what: 'panel list calls in the burst',
        value: run.world.panel.requestCount('GET /servers'),
        unit: 'calls',
        against: { what: 'one list call per event', value: events },
      },
      ...cpuLines(`burst of ${events} events`, cpu),
    ];
  } finally {
    await run.close();
  }
}

/** Very many events on one switch: the coordinator's history must stay far from Temporal's limit. */
export async function longRun(events: number): Promise<Measurement[]> {
  const servers = 200;
  const run = await BenchRun.start({ switches: 1, serversPerSwitch: servers }, 500);
  try {
    const started = performance.now();
    await run.post(
      Array.from({ length: events }, (_, n) => ({ switchIndex: 0, serverIndex: n % servers })),
      24,
    );
    await run.settle(1_800_000);
    const seconds = (performance.now() - started) / 1000;
    const lengths = await run.historyLengths('deviceCoordinator');
    return [
      { what: `${events} events on one switch: events a second`, value: events / seconds, unit: '1/s' },
      {
        what: `${events} events on one switch: longest coordinator history`,
        value: Math.max(...lengths),
        unit: 'events',
        against: { what: "Temporal's limit", value: HISTORY_LIMIT },
      },
      {
        what: `${events} events on one switch: commits`,
        value: run.world.switches.get(1)?.commits().length ?? 0,
        unit: 'commits',
        against: { what: 'one commit per event', value: events },
      },
      { what: `${events} events on one switch: coordinator runs`, value: lengths.length, unit: 'runs' },
    ];
  } finally {
    await run.close();
  }
}

/** Events spread over many switches: they do not wait for each other. */
export async function fleet(events: number, switches: number, commitMs: number): Promise<Measurement[]> {
  const serversPerSwitch = Math.ceil(events / switches);
  const run = await BenchRun.start({ switches, serversPerSwitch }, commitMs);
  try {
    const before = run.cpuTime();
    const started = performance.now();
    await run.post(
      Array.from({ length: events }, (_, n) => ({ switchIndex: n % switches, serverIndex: Math.floor(n / switches) })),
    );
    await run.settle(900_000);
    const elapsed = performance.now() - started;
    const cpu = cpuBetween(before, run.cpuTime());
    const commits = [...run.world.switches.values()].reduce((sum, one) => sum + one.commits().length, 0);
    return [
      {
        what: `${events} events over ${switches} switches: all proven after`,
        value: elapsed,
        unit: 'ms',
        against: { what: 'one commit per event, switches in parallel', value: serversPerSwitch * commitMs },
      },
      {
        what: `${events} events over ${switches} switches: commits`,
        value: commits,
        unit: 'commits',
        against: { what: 'one commit per event', value: events },
      },
      ...cpuLines(`${events} events over ${switches} switches`, cpu),
    ];
  } finally {
    await run.close();
  }
}

/** CPU seconds of each part. */
export function cpuLines(what: string, { product, temporal, lab }: CpuTime): Measurement[] {
  return [
    { what: `${what}: CPU of the product`, value: product, unit: 's' },
    { what: `${what}: CPU of the Temporal server`, value: temporal, unit: 's' },
    { what: `${what}: CPU of panel and switches (lab)`, value: lab, unit: 's' },
  ];
}

async function finished(run: BenchRun, workflowId: string): Promise<number> {
  const handle = run.client.workflow.getHandle(workflowId);
  await handle.result();
  const { startTime, closeTime } = await handle.describe();
  return (closeTime ?? startTime).getTime() - startTime.getTime();
}
