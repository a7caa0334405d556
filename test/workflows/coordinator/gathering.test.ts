import type { GatherVmMacsInput } from '../../../src/protocol/activities';
import { P, setUp } from './coordinatorUnderTest';
import { settingsWith } from './settings';

const onNode = (n: number) => ({ nodes: [{ cluster: 'c', node: `n${n}` }] });

/** What a quick step has, in seconds. */
const QUICK = 5;

/** Lets reading a node take its time. */
function takes({ steps, clock }: ReturnType<typeof setUp>, seconds: Readonly<Record<string, number>>): void {
  const began = clock.now;
  const read = steps.gatherVmMacs;
  steps.gatherVmMacs = async (input: GatherVmMacsInput, slowly: () => void) => {
    if ((seconds[input.node] ?? 0) > QUICK) slowly();
    const ends = (clock.now > began ? clock.now : began) + (seconds[input.node] ?? 0) * 1_000;
    // Slower readings end later, as they do when all begin at once.
    for (let turn = 0; turn < (seconds[input.node] ?? 0); turn += 1) await Promise.resolve();
    clock.now = Math.max(clock.now, ends);
    return read(input, slowly);
  };
}

it('repeats quick readings that a slow node has let grow old, once, and never a slow one', async () => {
  const site = setUp();
  takes(site, { n1: 1, n2: 30, n3: 60 });
  for (const n of [1, 2, 3]) site.enlist(n, undefined, onNode(n));
  await site.coordinator.runBatch();
  const count = (node: string): number => site.steps.asked.filter((asked) => asked === `gather ${node}`).length;
  expect([count('n1'), count('n2'), count('n3')]).toEqual([2, 1, 1]);
  expect(site.steps.commits).toHaveLength(1);
});

it('does not read anything again when no node was slow, or none was so for long', async () => {
  const site = setUp();
  takes(site, { n1: 1, n2: 6 });
  for (const n of [1, 2]) site.enlist(n, undefined, onNode(n));
  await site.coordinator.runBatch();
  expect(site.steps.asked.filter((asked) => asked.startsWith('gather'))).toHaveLength(2);
});

it('once its sources were read for long, the ports of further nodes wait for the next batch', async () => {
  const site = setUp();
  takes(site, Object.fromEntries([1, 2, 3, 4].map((n) => [`n${n}`, 90])));
  for (let n = 1; n <= 6; n += 1) site.enlist(n, undefined, onNode(n));
  await site.coordinator.runBatch();
  expect(site.steps.commits.map(({ ports }) => ports.length)).toEqual([4]);
  expect(site.coordinator.isReady()).toBe(true);
});

it('reads many nodes group by group, each once for all its ports, until the commit is full; the rest has its turn next', async () => {
  const site = setUp();
  site.steps.settings = settingsWith({ batchPorts: 50, batchBindings: 7 });
  for (let n = 1; n <= 12; n += 1) site.enlist(n, undefined, onNode(Math.ceil(n / 2)));
  site.enlist(13, undefined, onNode(1));
  await site.coordinator.runBatch();
  const read = site.steps.asked.filter((asked) => asked.startsWith('gather'));
  expect(read).toEqual(['gather n1', 'gather n2', 'gather n3', 'gather n4']);
  expect(site.steps.commits.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
    [1, 2, 3, 4, 5, 6, 7].map((n) => P(n)),
  ]);
  await site.coordinator.runBatch();
  expect(site.steps.commits[1]?.ports.map(({ port }) => port)).toEqual([8, 9, 10, 11, 12, 13].map((n) => P(n)));
});

it('asks again about ports that an answer had no room for', async () => {
  const site = setUp();
  const { steps } = site;
  const [fetch, filter] = [steps.fetchServerIps, steps.filterByVlan];
  steps.fetchServerIps = async (input) => {
    const { ports, ...result } = await fetch(input);
    return { ...result, ports: ports.slice(0, 2), left: ports.slice(2).map(({ port }) => port) };
  };
  steps.filterByVlan = async (input) => {
    const { ports, ...result } = await filter(input);
    return { ...result, ports: ports.slice(0, 2), left: ports.slice(2).map(({ port }) => port) };
  };
  for (const n of [1, 2, 3, 4, 5]) site.enlist(n, `w${n}`);
  await site.coordinator.runBatch();
  expect(steps.asked).toEqual([
    'fetch',
    'fetch',
    'fetch',
    'filter',
    'filter',
    'filter',
    expect.stringContaining('commit'),
  ]);
  expect(steps.outcomes()).toEqual([1, 2, 3, 4, 5].map((n) => `w${n} ${P(n)} applied`));
});

it('an answer without room for anything fails its ports instead of being asked for ever', async () => {
  const site = setUp();
  site.steps.fetchServerIps = async (input) => {
    site.steps.asked.push('fetch');
    return {
      of: 'batch',
      summary: '',
      ports: [],
      left: input.of === 'batch' ? input.ports.map(({ port }) => port) : [],
    };
  };
  site.enlist(1, 'w1');
  await site.coordinator.runBatch();
  expect(site.steps.asked).toEqual(['fetch']);
  expect(site.coordinator.queue.size).toBe(1);
});
