import { readdirSync } from 'node:fs';
import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, historiesOf, placesInTurn } from '../events';
import { atMost, once, ratioAtMost, type Figure } from '../figure';
import { memoryOf } from '../meter';
import { BenchSite } from '../site';
import { median } from '../statistics';

const SIZE: FleetSize = { switches: 20, serversPerSwitch: 10 };
const MINUTES = 60;
const PER_SECOND = 3;
const SETTLED_MS = 300_000;
const SAMPLE_SECONDS = 60;
/** A server's further addresses that {@link furtherAddresses} has. */
const ROUNDS = 5;

/** What is looked at once a minute. */
interface Sample {
  readonly memory: number;
  readonly temporalMemory: number;
  readonly handles: number;
  readonly tookMs: number;
  readonly answerMs: number;
}

/** An hour of steady events: nothing may grow or become slower. */
export const soak: BenchCase = {
  name: 'soak',
  title: 'An hour of steady events: memory, open handles, histories, times (--soak-minutes)',
  isOnRequest: true,
  async measure({ isQuick, numbers }) {
    const seconds = isQuick ? 10 : SAMPLE_SECONDS;
    const samples = isQuick ? 4 : (numbers['soak-minutes'] ?? MINUTES);
    const site = await BenchSite.start(fleetScenario(SIZE), { commitMs: 500, checkMs: 100 });
    try {
      const found: Sample[] = [];
      for (let n = 0; n < samples; n += 1) found.push(await sample(site, n, seconds * PER_SECOND));
      return await figuresOf(site, found);
    } finally {
      await site.close();
    }
  },
};

async function sample(site: BenchSite, n: number, events: number): Promise<Sample> {
  const inputs = await furtherAddresses(
    site,
    SIZE,
    placesInTurn(SIZE.switches * SIZE.serversPerSwitch, SIZE),
    n < ROUNDS ? n : 0,
  );
  const sent = Array.from({ length: events }, (_, index) => inputs[index % inputs.length]).filter(
    (one) => one !== undefined,
  );
  const posted = await site.post(sent, { perSecond: PER_SECOND });
  const { tookMs } = await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
  return {
    memory: memoryOf(site.running.pid).now,
    temporalMemory: memoryOf(site.temporalPid).now,
    handles: readdirSync(`/proc/${site.running.pid}/fd`).length,
    tookMs: median(tookMs),
    answerMs: median(posted.answerMs),
  };
}

/** The last quarter beside the second one: the first still fills caches. */
async function figuresOf(site: BenchSite, samples: readonly Sample[]): Promise<Figure[]> {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const compared = (what: string, unit: string, of: (one: Sample) => number, limit: number): Figure => ({
    ...{ what, unit, values: [median(late.map(of))] },
    against: { what: 'in the second quarter of the time', values: [median(early.map(of))] },
    target: ratioAtMost(limit),
  });
  const { events: histories } = await historiesOf(site.client, 'deviceCoordinator');
  return [
    compared('memory of the product', 'MiB', ({ memory }) => memory, 1.1),
    compared('memory of the Temporal server', 'MiB', ({ temporalMemory }) => temporalMemory, 1.2),
    compared('open files and sockets of the product', '', ({ handles }) => handles, 1.1),
    compared('an event, from start to end (median)', 'ms', ({ tookMs }) => tookMs, 1.2),
    compared('webhook answered (median)', 'ms', ({ answerMs }) => answerMs, 1.2),
    once("longest history of a coordinator's runs", Math.max(...histories), 'events', { target: atMost(10_240) }),
  ];
}
