import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, type Place } from '../events';
import { atMost, once, ratioAtMost, type Figure } from '../figure';
import { memoryOf } from '../meter';
import { BenchSite } from '../site';

const EMBEDDED_MIB = 450;
const POSTGRES_MIB = 250;
const BATCHES = 4;
const AT_ONCE = 16;
const SETTLED_MS = 1_800_000;
const SIZE: FleetSize = { switches: 10, serversPerSwitch: 20 };

/** What the product keeps of the machine's memory, idle and after many events. */
export const memory: BenchCase = {
  name: 'memory',
  title: 'Resident memory of the product: idle on its first start and later, with either store, and after many events',
  async measure({ isQuick, numbers }) {
    const idleMs = isQuick ? 2_000 : 30_000;
    const events = isQuick ? 40 : (numbers['memory-events'] ?? 1_000);
    return [...(await embedded(idleMs, events)), ...(await withPostgres(idleMs))];
  },
};

async function embedded(idleMs: number, events: number): Promise<Figure[]> {
  const site = await BenchSite.start(fleetScenario(SIZE), { commitMs: 200, checkMs: 50 });
  try {
    const first = await idle(site, 'embedded store, first start', idleMs, EMBEDDED_MIB);
    const server = once('the embedded Temporal server, idle', memoryOf(site.temporalPid).now, 'MiB');
    await site.running.stop();
    await site.startProduct();
    const later = await idle(site, 'embedded store, later start', idleMs, EMBEDDED_MIB);
    const after: number[] = [];
    for (let batch = 0; batch < BATCHES; batch += 1) {
      await many(site, events / BATCHES, batch);
      after.push(memoryOf(site.running.pid).now);
    }
    const [quarter = Number.NaN] = after;
    return [
      ...first,
      server,
      ...later,
      once(`embedded store, after ${events} events`, after.at(-1) ?? Number.NaN, 'MiB', {
        against: { what: `after ${events / BATCHES}`, values: [quarter] },
        target: ratioAtMost(1.1),
      }),
    ];
  } finally {
    await site.close();
  }
}

async function withPostgres(idleMs: number): Promise<Figure[]> {
  const site = await BenchSite.start(fleetScenario(SIZE), { commitMs: 200, checkMs: 50, hasPostgres: true });
  try {
    return await idle(site, 'PostgreSQL, first start', idleMs, POSTGRES_MIB);
  } finally {
    await site.close();
  }
}

async function idle(site: BenchSite, what: string, ms: number, limit: number): Promise<Figure[]> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { now, most } = memoryOf(site.running.pid);
  return [once(`${what}, idle`, now, 'MiB', { target: atMost(limit) }), once(`${what}, at most so far`, most, 'MiB')];
}

/** Every event changes something: each batch gives each server a further address when it is its turn for the first time. */
async function many(site: BenchSite, events: number, batch: number): Promise<void> {
  const servers = SIZE.switches * SIZE.serversPerSwitch;
  const places: readonly Place[] = Array.from({ length: servers }, (_, n) => ({
    switchIndex: n % SIZE.switches,
    serverIndex: Math.floor(n / SIZE.switches),
  }));
  const inputs = await furtherAddresses(site, SIZE, places, batch);
  const repeated = Array.from({ length: events }, (_, n) => inputs[n % inputs.length]).filter(
    (one) => one !== undefined,
  );
  const posted = await site.post(repeated, { atOnce: AT_ONCE });
  await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
}
