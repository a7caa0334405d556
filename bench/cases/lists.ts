import { fleetScenario, fleetServerId, type FleetSize } from '../../lab/scenarios/fleet';
import type { BenchCase } from '../benchCase';
import { clusterWorld } from '../clusterWorld';
import { atMost, type Figure } from '../figure';
import type { ClustersPart } from '../parts/clusters';
import type { PanelPart } from '../parts/panel';
import { startPart } from '../parts/part';
import type { Reading, ReadingPart } from '../parts/reading';

const CONCURRENCY = 4;
const SERVERS_PER_SWITCH = 50;
/** As many as a batch has ports at most. */
const WANTED = 250;
/** While the event loop does not turn, nothing else in the process goes on: no heartbeat, no answer, no timer. */
const LONGEST_BLOCK_MS = 50;

/** Long lists, and for how long reading them keeps everything else in the process from going on. */
export const lists: BenchCase = {
  name: 'lists',
  title: 'Lists of very many servers and guests, and the longest block of the event loop while they are read',
  async measure({ isQuick }) {
    const count = isQuick ? 500 : 5_000;
    const runs = isQuick ? 1 : 5;
    return [
      ...(await repeated(`the panel's list of ${count} servers, ${WANTED} of them wanted`, runs, (reading) =>
        ofPanel(reading, count),
      )),
      ...(await repeated(`a cluster's list of ${count} guests`, runs, (reading) => ofCluster(reading, count))),
    ];
  },
};

interface Listed {
  read(): Promise<Reading>;
  stop(): Promise<void>;
}

type Reader = Awaited<ReturnType<typeof startPart<ReadingPart>>>;

async function repeated(what: string, runs: number, open: (reading: Reader) => Promise<Listed>): Promise<Figure[]> {
  const reading = await startPart<ReadingPart>('reading');
  const list = await open(reading);
  try {
    // The first one compiles code.
    await list.read();
    const found: Reading[] = [];
    for (let run = 0; run < runs; run += 1) found.push(await list.read());
    return [
      { what: `${what}: read`, unit: 'ms', values: found.map(({ ms }) => ms) },
      {
        what: `${what}: longest block of the event loop`,
        unit: 'ms',
        values: found.map(({ longestBlockMs }) => longestBlockMs),
        target: atMost(LONGEST_BLOCK_MS),
      },
    ];
  } finally {
    await Promise.all([list.stop(), reading.stop()]);
  }
}

async function ofPanel(reading: Reader, servers: number): Promise<Listed> {
  const size: FleetSize = { switches: servers / SERVERS_PER_SWITCH, serversPerSwitch: SERVERS_PER_SWITCH };
  const panel = await startPart<PanelPart>('panel');
  const { url } = await panel.ask('start', fleetScenario(size).panel);
  const ids = Array.from({ length: WANTED }, (_, n) => fleetServerId(size, 0, n));
  return { read: () => reading.ask('listPanel', url, ids), stop: () => panel.stop() };
}

async function ofCluster(reading: Reader, guests: number): Promise<Listed> {
  const clusters = await startPart<ClustersPart>('clusters');
  await reading.ask('connect', await clusters.ask('start', clusterWorld(guests, guests / 2)), CONCURRENCY);
  return { read: () => reading.ask('list', guests), stop: () => clusters.stop() };
}
