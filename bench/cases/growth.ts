import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, placesInTurn } from '../events';
import { atMost, once, type Figure } from '../figure';
import { cpuMsPerEvent } from '../meter';
import { BenchSite, PRODUCT, TEMPORAL } from '../site';
import { exponent } from '../statistics';

const COMMIT_MS = 500;
const AT_ONCE = 16;
const SETTLED_MS = 3_600_000;

interface Size {
  readonly switches: number;
  readonly eventsEach: number;
}

const SIZES: readonly Size[] = [5, 50, 200].flatMap((switches) =>
  [1, 10, 100].map((eventsEach) => ({ switches, eventsEach })),
);
/** What fits into the default run, and what into a first look. */
const DEFAULT_EVENTS = 500;
const QUICK_EVENTS = 10;

interface Point extends Size {
  readonly seconds: number;
  readonly commits: number;
  readonly cpuMs: number;
}

/** How the cost of an event grows with the size of the site and the number of events. */
export const growth: BenchCase = {
  name: 'growth',
  title: 'Events over 5, 50, 200 switches, 1, 10, 100 each (more than 500 events together: by --growth-events)',
  async measure({ isQuick, numbers }) {
    const most = isQuick ? QUICK_EVENTS : (numbers['growth-events'] ?? DEFAULT_EVENTS);
    const points: Point[] = [];
    for (const size of SIZES) if (size.switches * size.eventsEach <= most) points.push(await measured(size));
    return [...points.flatMap(figuresOf), ...exponents(points)];
  },
};

async function measured({ switches, eventsEach }: Size): Promise<Point> {
  const events = switches * eventsEach;
  const size: FleetSize = { switches, serversPerSwitch: Math.max(eventsEach, 10) };
  const site = await BenchSite.start(fleetScenario(size), { commitMs: COMMIT_MS, checkMs: COMMIT_MS / 5 });
  try {
    // Code is compiled, and each switch is known.
    const warming = await furtherAddresses(site, size, placesInTurn(switches, size), 0);
    await allEnded(site.client, 'portSecurityEvent', await site.post(warming, { atOnce: AT_ONCE }), SETTLED_MS);
    const inputs = await furtherAddresses(site, size, placesInTurn(events, size), 1);
    const before = await site.switches.ask('commits');
    const meter = site.meter();
    const posted = await site.post(inputs, { atOnce: AT_ONCE });
    const { elapsedMs } = await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
    return {
      ...{ switches, eventsEach, seconds: elapsedMs / 1000 },
      cpuMs: cpuMsPerEvent(meter.read(), [PRODUCT, TEMPORAL], events),
      commits: (await site.switches.ask('commits')) - before,
    };
  } finally {
    await site.close();
  }
}

function figuresOf({ switches, eventsEach, seconds, commits, cpuMs }: Point): Figure[] {
  const events = switches * eventsEach;
  const what = `${switches} switches, ${eventsEach} each`;
  return [
    once(`${what}: all proven after`, seconds, 's'),
    once(`${what}: events a second`, events / seconds, '1/s'),
    once(`${what}: commits for each event`, commits / events, 'commits'),
    once(`${what}: CPU of product and Temporal for each event`, cpuMs, 'ms'),
  ];
}

/** Of the whole CPU time, over the events of as many switches: what one more event costs when there are many. */
function exponents(points: readonly Point[]): Figure[] {
  return [...new Set(points.map(({ switches }) => switches))].flatMap((switches) => {
    const same = points.filter((point) => point.switches === switches);
    if (same.length < 2) return [];
    const power = exponent(
      same.map(({ eventsEach, cpuMs }) => ({ size: eventsEach, cost: cpuMs * eventsEach * switches })),
    );
    return [once(`${switches} switches: CPU grows with the power of the events`, power, '', { target: atMost(1.1) })];
  });
}
