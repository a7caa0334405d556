import { readFileSync } from 'node:fs';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../workflows/workflowBundle';
import { readCorpus } from './corpus';
import { stalledVariants, type HistoryEvent } from './stalledWorker';

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
});
afterAll(async () => {
  await Runtime.instance().shutdown();
});

/*
 * What a workflow does when a worker gets no processor for seconds is not the same as what its replay sees (docs/decisions/0035). On a server
 * that takes luck; here the recorded histories are made into those that such a worker leaves.
 */
it('a workflow does the same in a replay when a task timed out in which its local activities ran', async () => {
  const variants = readCorpus(__dirname).current.flatMap(({ name, path }) => {
    const { events } = JSON.parse(readFileSync(path, 'utf8')) as { events: HistoryEvent[] };
    return stalledVariants(events).map((variant, at) => ({ ...variant, name: `${name}, ${at}: ${variant.what}` }));
  });
  const of = (pattern: RegExp): number => variants.filter(({ name }) => pattern.test(name)).length;
  expect(of(/-coordinator.*signals before an activity/)).toBeGreaterThan(0);
  expect(of(/-coordinator.*signals before a wait/)).toBeGreaterThan(0);
  expect(of(/-event.*signals before a wait/)).toBeGreaterThan(0);
  const histories = variants.map(({ name, events }) => ({ workflowId: name, history: { events } }));
  const options = { workflowBundle: await workflowBundle(require.resolve('../../src/workflows')) };
  const different: string[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    replayed += 1;
    if (error !== undefined) different.push(`${workflowId}: ${error.message}`);
  }
  expect(different).toEqual([]);
  expect(replayed).toBe(variants.length);
});
