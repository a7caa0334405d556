import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import { BARE_WORKFLOW } from '../bare/names';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, placesInTurn } from '../events';
import type { Figure } from '../figure';
import { cpuFigures, type CpuSeconds } from '../meter';
import { BenchSite } from '../site';

const COMMIT_MS = 2_000;
const AT_ONCE = 16;
const SETTLED_MS = 600_000;
const WORKERS = [1, 2, 4];

interface Round {
  readonly perSecond: number;
  readonly bare: number;
  readonly commits: number;
  readonly cpu: CpuSeconds;
}

/** What further workers bring where product and Temporal have PostgreSQL below them. */
export const workers: BenchCase = {
  name: 'workers',
  title:
    'The fleet with 1, 2, 4 worker processes, Temporal and the store on PostgreSQL, beside bare workflows on the same server',
  isOnRequest: true,
  async measure({ isQuick, numbers }) {
    const events = isQuick ? 60 : (numbers['fleet-events'] ?? 500);
    const switches = isQuick ? 10 : 50;
    const size: FleetSize = { switches, serversPerSwitch: Math.ceil(events / switches) };
    const figures: Figure[] = [];
    for (const count of isQuick ? [1, 2] : WORKERS) {
      const site = await BenchSite.start(fleetScenario(size), {
        ...{ commitMs: COMMIT_MS, checkMs: COMMIT_MS / 5, workers: count },
      });
      try {
        await round(site, size, switches, 0);
        const rounds: Round[] = [];
        for (let n = 1; n <= (isQuick ? 1 : 2); n += 1) rounds.push(await round(site, size, events, n));
        figures.push(...figuresOf(`${events} events, ${count} workers`, events, rounds));
      } finally {
        await site.close();
      }
    }
    return figures;
  },
};

async function round(site: BenchSite, size: FleetSize, events: number, n: number): Promise<Round> {
  const inputs = await furtherAddresses(site, size, placesInTurn(events, size), n);
  const before = await site.switches.ask('commits');
  const meter = site.meter();
  const posted = await site.post(inputs, { atOnce: AT_ONCE });
  const { elapsedMs } = await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
  const cpu = meter.read();
  const commits = (await site.switches.ask('commits')) - before;
  const started = await site.postBare(inputs, { atOnce: AT_ONCE });
  const bare = await allEnded(site.client, BARE_WORKFLOW, started, SETTLED_MS);
  return { perSecond: (events * 1000) / elapsedMs, bare: (events * 1000) / bare.elapsedMs, commits, cpu };
}

function figuresOf(what: string, events: number, rounds: readonly Round[]): Figure[] {
  return [
    {
      what: `${what}: events a second`,
      unit: '1/s',
      values: rounds.map(({ perSecond }) => perSecond),
      against: { what: 'bare workflows, one worker', values: rounds.map(({ bare }) => bare) },
    },
    { what: `${what}: commits for each event`, unit: 'commits', values: rounds.map(({ commits }) => commits / events) },
    ...cpuFigures(
      what,
      rounds.map(({ cpu }) => cpu),
    ),
  ];
}
