import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import { BARE_WORKFLOW } from '../bare/names';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, placesInTurn, type Ended } from '../events';
import { atMost, ratioAtMost, type Figure } from '../figure';
import { cpuFigures, type CpuSeconds } from '../meter';
import { BenchSite } from '../site';
import { percentile } from '../statistics';

const AT_ONCE = 16;
const SETTLED_MS = 300_000;

interface Run extends Ended {
  readonly commits: number;
  readonly lists: number;
  readonly answerMs: readonly number[];
  readonly bareMs: number;
  readonly cpu: CpuSeconds;
}

/** Many events at once on one switch whose commits are slow. */
export const burst: BenchCase = {
  name: 'burst',
  title:
    'Many events at once on one switch with slow commits, beside two checks and commits and as many bare workflows',
  async measure({ isQuick }) {
    const events = isQuick ? 40 : 200;
    const commitMs = isQuick ? 1_000 : 5_000;
    const checkMs = commitMs / 5;
    const size: FleetSize = { switches: 1, serversPerSwitch: events };
    const site = await BenchSite.start(fleetScenario(size), { commitMs, checkMs });
    try {
      await run(site, size, 5, 0);
      const runs: Run[] = [];
      for (let round = 1; round <= (isQuick ? 1 : 3); round += 1) runs.push(await run(site, size, events, round));
      return figuresOf(events, 2 * (commitMs + checkMs), runs);
    } finally {
      await site.close();
    }
  },
};

async function run(site: BenchSite, size: FleetSize, events: number, round: number): Promise<Run> {
  const inputs = await furtherAddresses(site, size, placesInTurn(events, size), round);
  const before = await site.switches.ask('commits');
  await site.panel.ask('forgetCalls');
  const meter = site.meter();
  const posted = await site.post(inputs, { atOnce: AT_ONCE });
  const ended = await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
  const cpu = meter.read();
  const commits = (await site.switches.ask('commits')) - before;
  const lists = await site.panel.ask('calls', '^GET /servers$');
  const started = await site.postBare(inputs, { atOnce: AT_ONCE });
  const { elapsedMs: bareMs } = await allEnded(site.client, BARE_WORKFLOW, started, SETTLED_MS);
  return { ...ended, commits, lists, answerMs: posted.answerMs, bareMs, cpu };
}

function figuresOf(events: number, switchMs: number, runs: readonly Run[]): Figure[] {
  const what = `burst of ${events} events`;
  return [
    {
      what: `${what}: all proven after`,
      unit: 'ms',
      values: runs.map(({ elapsedMs }) => elapsedMs),
      against: {
        what: 'two checks and commits, and the bare workflows',
        values: runs.map(({ bareMs }) => switchMs + bareMs),
      },
      target: ratioAtMost(1.1),
    },
    { what: `${what}: commits`, unit: 'commits', values: runs.map(({ commits }) => commits), target: atMost(2) },
    {
      what: `${what}: calls for the panel's list of servers`,
      unit: 'calls',
      values: runs.map(({ lists }) => lists),
      against: { what: 'one for each event', values: [events] },
    },
    {
      what: `${what}: webhook answered (p99)`,
      unit: 'ms',
      values: runs.map(({ answerMs }) => percentile(answerMs, 99)),
    },
    ...cpuFigures(
      what,
      runs.map(({ cpu }) => cpu),
    ),
  ];
}
