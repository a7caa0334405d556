import { fleetScenario, fleetServerId, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { ratioAtMost, type Figure } from '../figure';
import { BenchSite } from '../site';

const COMMIT_MS = 1_000;
const CHECK_MS = 200;
/** One after the other, counted by tests: test/devices/junos/roundTrips.test.ts, and the panel's calls of an event and its batch. */
const SWITCH_ROUND_TRIPS = 15;
const PANEL_ROUND_TRIPS = 3;
const LATENCIES_MS = [0, 20, 100];

/** A lone event on an idle switch, beside what the line and the switch itself take. */
export const lone: BenchCase = {
  name: 'lone',
  title: 'A lone event, posted to proven; panel and switch 0, 20, 100 ms away',
  async measure({ isQuick }) {
    const runs = isQuick ? 1 : 7;
    const size: FleetSize = { switches: 1, serversPerSwitch: LATENCIES_MS.length * runs + 1 };
    const site = await BenchSite.start(fleetScenario(size), { commitMs: COMMIT_MS, checkMs: CHECK_MS });
    try {
      // The first event of an installation learns the switch: dialect, host key, how to log in.
      let server = 0;
      await proven(site, fleetServerId(size, 0, server));
      const figures: Figure[] = [];
      for (const rttMs of LATENCIES_MS) {
        await site.delay(rttMs);
        const values: number[] = [];
        for (let run = 0; run < runs; run += 1) {
          server += 1;
          values.push(await proven(site, fleetServerId(size, 0, server)));
        }
        const floor = COMMIT_MS + CHECK_MS + (SWITCH_ROUND_TRIPS + PANEL_ROUND_TRIPS) * rttMs;
        figures.push({
          what: `lone event, everything ${rttMs} ms away`,
          unit: 'ms',
          values,
          against: { what: `check, commit, ${SWITCH_ROUND_TRIPS + PANEL_ROUND_TRIPS} round trips`, values: [floor] },
          target: ratioAtMost(1.5),
        });
      }
      return figures;
    } finally {
      await site.close();
    }
  },
};

/** From the moment in which an event is posted until it is proven, in milliseconds. */
async function proven(site: BenchSite, serverId: number): Promise<number> {
  const { ids, at } = await site.post([{ action: 'ip_assigned', serverId }], { atOnce: 1 });
  const handle = site.client.workflow.getHandle(ids[0] ?? '');
  await handle.result();
  const { closeTime } = await handle.describe();
  return (closeTime?.getTime() ?? Number.NaN) - at;
}
