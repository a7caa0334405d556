import { fleetScenario, fleetServerId, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { atMost, type Figure } from '../figure';
import { BenchSite } from '../site';

const COMMIT_MS = 2_000;
const CHECK_MS = 200;
const RESTART_SECONDS = 15;
const TEMPORAL_SECONDS = 5;

/** What is killed while a switch commits. */
type Victim = 'product' | 'temporal';

interface Recovery {
  readonly seconds: number;
  /** Until the product said that it runs again; of Temporal alone nothing. */
  readonly runningSeconds: number;
  readonly commits: number;
}

/** How long a port takes to be converged when something is killed in the middle of its commit. */
export const recovery: BenchCase = {
  name: 'recovery',
  title: 'Killed in the middle of a commit: until the port is proven to be as it should',
  async measure({ isQuick }) {
    const runs = isQuick ? 1 : 5;
    const size: FleetSize = { switches: 1, serversPerSwitch: 2 * runs + 1 };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: COMMIT_MS, checkMs: CHECK_MS });
    try {
      await ended(site, (await site.post([event(size, 0)], { atOnce: 1 })).ids[0] ?? '');
      const found: Record<Victim, Recovery[]> = { product: [], temporal: [] };
      for (let run = 0; run < runs; run += 1) {
        found.product.push(await recovered(site, event(size, 1 + 2 * run), 'product'));
        found.temporal.push(await recovered(site, event(size, 2 + 2 * run), 'temporal'));
      }
      return figuresOf(found);
    } finally {
      await site.close();
    }
  },
};

function event(size: FleetSize, server: number): { readonly action: string; readonly serverId: number } {
  return { action: 'ip_assigned', serverId: fleetServerId(size, 0, server) };
}

async function recovered(site: BenchSite, what: ReturnType<typeof event>, victim: Victim): Promise<Recovery> {
  const before = await site.switches.ask('commits');
  const committing = site.switches.ask('committing', 1);
  const { ids } = await site.post([what], { atOnce: 1 });
  await committing;
  let runningAt: number;
  let killedAt: number;
  if (victim === 'product') {
    await site.running.kill9();
    // An operator's service manager starts it again at once.
    killedAt = Date.now();
    await site.startProduct();
    runningAt = Date.now();
  } else {
    killedAt = Date.now();
    process.kill(site.temporalPid, 'SIGKILL');
    runningAt = killedAt;
  }
  const closedAt = await ended(site, ids[0] ?? '');
  return {
    seconds: (closedAt - killedAt) / 1000,
    runningSeconds: (runningAt - killedAt) / 1000,
    commits: (await site.switches.ask('commits')) - before,
  };
}

const MOST_TRIES = 600;
const PAUSE_MS = 200;

/** When a workflow ended, Unix milliseconds; asked again while Temporal is away. */
async function ended(site: BenchSite, workflowId: string): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      const { status, closeTime } = await site.client.workflow.getHandle(workflowId).describe();
      if (status.name !== 'RUNNING') {
        if (status.name !== 'COMPLETED') throw new RangeError(`the event is ${status.name}`);
        return closeTime?.getTime() ?? Number.NaN;
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`the event ${workflowId} did not end`);
}

function figuresOf({ product, temporal }: Readonly<Record<Victim, readonly Recovery[]>>): Figure[] {
  const seconds = (of: readonly Recovery[]): number[] => of.map((one) => one.seconds);
  const commits = [...product, ...temporal].map((one) => one.commits);
  return [
    {
      ...{ what: 'the product, started again at once: until the port is proven', unit: 's' },
      ...{ values: seconds(product), target: atMost(RESTART_SECONDS) },
    },
    {
      ...{ what: 'the product, started again at once: until it runs', unit: 's' },
      values: product.map((one) => one.runningSeconds),
    },
    {
      ...{
        what: `the embedded Temporal server alone: until the port is proven (commits of ${COMMIT_MS / 1000} s)`,
        unit: 's',
      },
      ...{ values: seconds(temporal), target: atMost(TEMPORAL_SECONDS) },
    },
    { what: 'commits for each', unit: 'commits', values: commits, target: atMost(1) },
  ];
}
