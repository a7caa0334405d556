import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import { BARE_WORKFLOW, type BareInput } from '../bare/names';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, placesInTurn } from '../events';
import { ratioAtMost, type Figure } from '../figure';
import type { Pace } from '../parts/load';
import { BenchSite } from '../site';
import { percentile } from '../statistics';

const SETTLED_MS = 300_000;

/** How events come, and how many. */
interface Stream {
  readonly what: string;
  readonly pace: Pace;
  readonly events: number;
}

const STREAMS: readonly Stream[] = [
  { what: '10 a second', pace: { perSecond: 10 }, events: 150 },
  { what: '20 a second', pace: { perSecond: 20 }, events: 200 },
  { what: '50 a second', pace: { perSecond: 50 }, events: 300 },
  { what: '16 at a time', pace: { atOnce: 16 }, events: 300 },
];

/** How long the API takes to accept an event, beside the start of a bare workflow by a client of Temporal. */
export const webhook: BenchCase = {
  name: 'webhook',
  title: 'The webhook, beside a bare start with the same attributes on the same server',
  async measure({ isQuick }) {
    const size: FleetSize = { switches: 10, serversPerSwitch: 30 };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: 500, checkMs: 100 });
    try {
      const figures: Figure[] = [];
      let round = 0;
      // Both sides have done everything once before anything counts.
      await measured(site, size, { what: 'warming up', pace: { atOnce: 4 }, events: 20 }, round);
      for (const stream of STREAMS) {
        round += 1;
        const events = isQuick ? Math.ceil(stream.events / 20) : stream.events;
        const { own, bare } = await measured(site, size, { ...stream, events }, round);
        for (const p of [50, 99]) {
          figures.push({
            what: `webhook answered, ${stream.what} (p${p})`,
            unit: 'ms',
            values: [percentile(own, p)],
            against: { what: 'bare start', values: [percentile(bare, p)] },
            ...(p === 99 ? { target: ratioAtMost(1.5) } : {}),
          });
        }
      }
      return figures;
    } finally {
      await site.close();
    }
  },
};

/** One stream through the API, and the same one to Temporal itself. */
async function measured(
  site: BenchSite,
  size: FleetSize,
  { pace, events }: Stream,
  round: number,
): Promise<{ readonly own: readonly number[]; readonly bare: readonly number[] }> {
  const inputs: readonly BareInput[] = await furtherAddresses(site, size, placesInTurn(events, size), round);
  const posted = await site.post(inputs, pace);
  await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
  const started = await site.postBare(inputs, pace);
  await allEnded(site.client, BARE_WORKFLOW, started, SETTLED_MS);
  return { own: posted.answerMs, bare: started.answerMs };
}
