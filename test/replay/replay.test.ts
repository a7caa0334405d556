import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DefaultLogger, Runtime, Worker, type ReplayResult } from '@temporalio/worker';
import * as productWorkflows from '../../src/workflows';
import { workflowBundle } from '../workflows/workflowBundle';
import { readCorpus } from './corpus';

/*
 * Histories that the real server recorded must replay with the present workflow code: a running workflow meets new code
 * at every deployment. Those of released versions must replay for ever. When this fails, see docs/testing.md, "Replay".
 */

interface RecordedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
  readonly workflowTaskCompletedEventAttributes?: {
    readonly sdkMetadata?: { readonly coreUsedFlags?: readonly number[] };
  };
}

const { current, released } = readCorpus(__dirname);
const paths = new Map([...current, ...released].map(({ name, path }) => [name, path]));
const names = current.map(({ name }) => name);
const all = [...paths.keys()].sort();
const load = (name: string): { events: RecordedEvent[] } =>
  JSON.parse(readFileSync(paths.get(name) ?? name, 'utf8')) as { events: RecordedEvent[] };

const typeOf = (name: string): string | undefined =>
  load(name).events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;

async function replay(workflowsPath: string, files: readonly string[]): Promise<Map<string, ReplayResult>> {
  const results = new Map<string, ReplayResult>();
  const histories = files.map((file) => ({ workflowId: file, history: load(file) }));
  const options = { workflowBundle: await workflowBundle(workflowsPath) };
  for await (const result of Worker.runReplayHistories(options, histories)) results.set(result.workflowId, result);
  return results;
}

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
});
afterAll(async () => {
  await Runtime.instance().shutdown();
});

it('has histories of every kind', () => {
  for (const kind of ['dedicated', 'vm', 'vm-deleted', 'burst', 'device-busy', 'panel-down', 'parked'])
    expect(names).toContain(`${kind}-event.json`);
  for (const kind of ['dedicated', 'vm', 'burst', 'faults', 'operators', 'many-nodes'])
    expect(names).toContain(`${kind}-coordinator.json`);
  for (const workflow of Object.keys(productWorkflows))
    expect([workflow, [...new Set(current.map(({ name }) => typeOf(name)))]]).toEqual([
      workflow,
      expect.arrayContaining([workflow]),
    ]);
  expect(names.filter((name) => name.startsWith('continued-coordinator'))).toHaveLength(2);
});

it.each(all)('%s is a whole history as the server writes it, with the flags that make a replay strict', (file) => {
  const { events } = load(file);
  expect(events[0]?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
  const first = events.find((event) => event.workflowTaskCompletedEventAttributes !== undefined);
  expect(first?.workflowTaskCompletedEventAttributes?.sdkMetadata?.coreUsedFlags?.length).toBeGreaterThan(0);
});

it('contains a continue-as-new, a failed activity, a wait and several batches', () => {
  const types = (file: string): string[] => load(file).events.map((event) => event.eventType);
  expect(types('continued-coordinator-first-run.json')).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
  expect(types('faults-coordinator.json')).toContain('EVENT_TYPE_ACTIVITY_TASK_FAILED');
  expect(types('faults-coordinator.json')).toContain('EVENT_TYPE_TIMER_FIRED');
  expect(
    types('burst-coordinator.json').filter((type) => type === 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED').length,
  ).toBeGreaterThan(2);
});

it('replays every recorded history with the present workflow code', async () => {
  const results = await replay(require.resolve('../../src/workflows'), all);
  expect([...results.keys()].sort()).toEqual(all);
  expect(
    [...results].flatMap(([name, { error }]) => (error === undefined ? [] : [`${name}: ${error.message}`])),
  ).toEqual([]);
});

it('would notice a change of the workflow code', async () => {
  const files = ['dedicated-event.json', 'vm-event.json', 'dedicated-coordinator.json', 'faults-coordinator.json'];
  const results = await replay(require.resolve('./altered'), files);
  for (const file of files) expect([file, results.get(file)?.error?.name]).toEqual([file, 'DeterminismViolationError']);
});

it('has one protobufjs for the whole SDK: with several, JSON histories cannot be read', () => {
  const paths = ['@temporalio/common', '@temporalio/proto', '@temporalio/worker'].map((name) =>
    createRequire(require.resolve(name)).resolve('protobufjs'),
  );
  expect(new Set(paths).size).toBe(1);
});
