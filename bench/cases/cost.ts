import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, historiesOf, placesInTurn, type Histories } from '../events';
import { atMost, once, ratioAtMost, type Figure } from '../figure';
import { cpuMsPerEvent } from '../meter';
import { HOLDER_WORKFLOW, LOCK_WORKFLOW } from '../mutex/names';
import type { MutexWorkerPart } from '../parts/mutexWorker';
import { startPart } from '../parts/part';
import { BenchSite, TEMPORAL } from '../site';
import { median, percentile, sum } from '../statistics';

const COMMIT_MS = 2_000;
const AT_ONCE = 16;
const SETTLED_MS = 600_000;
const RESOURCE = 'bench-resource';
/** As little as can be: what is measured is the hand-over. */
const WORK_MS = 10;
/** A batch costs its coordinator so much, and each request one event more. */
const EVENTS_PER_BATCH = 18;

/** What an event leaves in Temporal, with everybody who worked for it. */
interface Cost {
  readonly own: Histories;
  /** Of the workflow that takes turns for all of them. */
  readonly shared: Histories;
  readonly events: number;
  readonly temporalCpuMs: number;
  readonly elapsedMs: number;
}

/** What an event costs Temporal, beside a service that takes turns by Temporal's official mutex sample. */
export const cost: BenchCase = {
  name: 'cost',
  title:
    "What an event leaves in Temporal, beside events that take turns by Temporal's own mutex sample on the same server",
  async measure({ isQuick }) {
    const events = isQuick ? 20 : 200;
    const size: FleetSize = { switches: 1, serversPerSwitch: events };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: COMMIT_MS, checkMs: COMMIT_MS / 5 });
    try {
      const { commits, ...own } = await ofProduct(site, size, events);
      const mutex = await ofMutex(site, isQuick ? 5 : 50);
      return figuresOf(own, commits, mutex);
    } finally {
      await site.close();
    }
  },
};

async function ofProduct(
  site: BenchSite,
  size: FleetSize,
  events: number,
): Promise<Cost & { readonly commits: number }> {
  const inputs = await furtherAddresses(site, size, placesInTurn(events, size), 0);
  const meter = site.meter();
  const { elapsedMs } = await allEnded(
    site.client,
    'portSecurityEvent',
    await site.post(inputs, { atOnce: AT_ONCE }),
    SETTLED_MS,
  );
  const temporalCpuMs = cpuMsPerEvent(meter.read(), [TEMPORAL], events);
  return {
    ...{ events, elapsedMs, temporalCpuMs },
    own: await historiesOf(site.client, 'portSecurityEvent'),
    shared: await historiesOf(site.client, 'deviceCoordinator'),
    commits: await site.switches.ask('commits'),
  };
}

async function ofMutex(site: BenchSite, events: number): Promise<Cost> {
  const worker = await startPart<MutexWorkerPart>('mutexWorker');
  try {
    await worker.ask('start', site.temporalAddress);
    // The first ones compile code.
    await allEnded(site.client, HOLDER_WORKFLOW, await worker.ask('send', `${RESOURCE}-0`, 2, WORK_MS), SETTLED_MS);
    await worker.ask('endLock', `${RESOURCE}-0`);
    const before = await historiesOf(site.client, HOLDER_WORKFLOW);
    const meter = site.meter();
    const started = await worker.ask('send', RESOURCE, events, WORK_MS);
    const { elapsedMs } = await allEnded(site.client, HOLDER_WORKFLOW, started, SETTLED_MS);
    const temporalCpuMs = cpuMsPerEvent(meter.read(), [TEMPORAL], events);
    const all = await historiesOf(site.client, HOLDER_WORKFLOW);
    const shared = await historiesOf(site.client, LOCK_WORKFLOW, RESOURCE);
    await worker.ask('endLock', RESOURCE);
    const own = {
      events: all.events.slice(0, all.events.length - before.events.length),
      bytes: all.bytes.slice(0, all.bytes.length - before.bytes.length),
    };
    return { ...{ events, elapsedMs, temporalCpuMs, own, shared } };
  } finally {
    await worker.stop();
  }
}

function figuresOf(own: Cost, commits: number, mutex: Cost): Figure[] {
  const each = (of: (cost: Cost) => number) => ({ what: 'mutex sample', values: [of(mutex)] });
  const whole = ({ own: alone, shared, events }: Cost): number => (sum(alone.events) + sum(shared.events)) / events;
  const bytes = ({ own: alone, shared, events }: Cost): number => (sum(alone.bytes) + sum(shared.bytes)) / events;
  const what = `one of ${own.events} events on one switch`;
  return [
    once(`${what}: history of its workflow (median)`, median(own.own.events), 'events', {
      against: each((cost) => median(cost.own.events)),
      target: atMost(14),
    }),
    once(`${what}: history of its workflow (p99)`, percentile(own.own.events, 99), 'events'),
    once(`${what}: history with its share of the coordinator's`, whole(own), 'events', { against: each(whole) }),
    once(`${what}: bytes of history, the same`, bytes(own), 'bytes', { against: each(bytes) }),
    once("the coordinator's history", sum(own.shared.events), 'events', {
      against: {
        what: `1 a request and ${EVENTS_PER_BATCH} a batch`,
        values: [own.events + EVENTS_PER_BATCH * commits],
      },
      target: ratioAtMost(1),
    }),
    once(`${what}: CPU of the Temporal server`, own.temporalCpuMs, 'ms', {
      against: each((cost) => cost.temporalCpuMs),
    }),
    once(`from one event to the next`, own.elapsedMs / own.events, 'ms', {
      against: each(({ elapsedMs, events }) => elapsedMs / events),
    }),
  ];
}
