import type { BenchCase } from '../benchCase';
import { clusterWorld, NODE } from '../clusterWorld';
import { atMost, once, ratioAtMost, type Figure } from '../figure';
import type { ClustersPart } from '../parts/clusters';
import { startPart } from '../parts/part';
import type { ReadingPart } from '../parts/reading';

const LATENCIES_MS = [0, 20, 50];
/** What `proxmox.clusters[].concurrency` is by default. */
const CONCURRENCY = 4;
const GUEST_CONFIGURATION = /^\/nodes\/[^/]+\/(qemu|lxc)\/\d+\/config/;

/** Reading all guests of a node, beside a client that makes the same requests and does nothing with the answers. */
export const gather: BenchCase = {
  name: 'gather',
  title:
    'Reading every guest of a node 0, 20, 50 ms away, beside the same requests by a client that only waits for the answers',
  async measure({ isQuick }) {
    const guests = isQuick ? 20 : 200;
    const runs = isQuick ? 1 : 5;
    const [clusters, reading] = await Promise.all([
      startPart<ClustersPart>('clusters'),
      startPart<ReadingPart>('reading'),
    ]);
    try {
      await reading.ask('connect', await clusters.ask('start', clusterWorld(guests, guests)), CONCURRENCY);
      const stages = stagesOf(await pathsOf(clusters, () => reading.ask('gather', NODE, guests)));
      await reading.ask('ask', stages);
      const figures: Figure[] = [];
      for (const rttMs of LATENCIES_MS) {
        await clusters.ask('delay', rttMs);
        const own: number[] = [];
        const bare: number[] = [];
        for (let run = 0; run < runs; run += 1) {
          own.push((await reading.ask('gather', NODE, guests)).ms);
          bare.push((await reading.ask('ask', stages)).ms);
        }
        figures.push({
          what: `${guests} guests of a node ${rttMs} ms away`,
          unit: 'ms',
          values: own,
          against: { what: 'the requests alone', values: bare },
          target: ratioAtMost(1.2),
        });
      }
      const configurations = stages[1] ?? [];
      return [
        ...figures,
        // Each guest has two: as it runs, and as it will after its next start.
        once('requests for each configuration of a guest', configurations.length / new Set(configurations).size, '', {
          target: atMost(1),
        }),
      ];
    } finally {
      await Promise.all([clusters.stop(), reading.stop()]);
    }
  },
};

async function pathsOf(
  clusters: Awaited<ReturnType<typeof startPart<ClustersPart>>>,
  read: () => Promise<unknown>,
): Promise<readonly string[]> {
  await clusters.ask('forgetPaths');
  await read();
  return clusters.ask('paths');
}

/** Before the guests, the guests, after them: within each, nothing needs the answer to another request. */
function stagesOf(paths: readonly string[]): readonly (readonly string[])[] {
  const isGuests = (path: string): boolean => GUEST_CONFIGURATION.test(path);
  const first = paths.findIndex(isGuests);
  const last = paths.findLastIndex(isGuests);
  return [paths.slice(0, first), paths.filter(isGuests), paths.slice(last + 1)];
}
