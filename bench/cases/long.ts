import { fleetScenario, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { allEnded, furtherAddresses, historiesOf, type Place } from '../events';
import { atMost, once } from '../figure';
import { BenchSite } from '../site';

const SERVERS = 200;
const AT_ONCE = 24;
const SETTLED_MS = 3_600_000;
/** Temporal ends a workflow there. */
const HISTORY_LIMIT = 51_200;

/** Very many events on one switch: its coordinator's history must stay far from Temporal's limit. */
export const long: BenchCase = {
  name: 'long',
  title: 'Very many events on one switch, as fast as the API takes them',
  isOnRequest: true,
  async measure({ isQuick, numbers }) {
    const events = isQuick ? 300 : (numbers['events'] ?? 10_000);
    const size: FleetSize = { switches: 1, serversPerSwitch: SERVERS };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: 500, checkMs: 100 });
    try {
      const places: readonly Place[] = Array.from({ length: events }, (_, n) => ({
        switchIndex: 0,
        serverIndex: n % SERVERS,
      }));
      const posted = await site.post(await furtherAddresses(site, size, places, 0), { atOnce: AT_ONCE });
      const { elapsedMs } = await allEnded(site.client, 'portSecurityEvent', posted, SETTLED_MS);
      const { events: histories } = await historiesOf(site.client, 'deviceCoordinator');
      const what = `${events} events on one switch`;
      return [
        once(`${what}: events a second`, (events * 1000) / elapsedMs, '1/s'),
        once(`${what}: longest history of a coordinator's runs`, Math.max(...histories), 'events', {
          against: { what: "Temporal's limit", values: [HISTORY_LIMIT] },
          target: atMost(HISTORY_LIMIT / 5),
        }),
        once(`${what}: runs of the coordinator`, histories.length, 'runs'),
        once(`${what}: commits`, await site.switches.ask('commits'), 'commits', {
          against: { what: 'one for each event', values: [events] },
        }),
      ];
    } finally {
      await site.close();
    }
  },
};
