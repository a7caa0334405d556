import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as names from '../../src/protocol/names';
import { Random } from '../chaos/random';
import { projectRoot } from '../projectRoot';
import { wholeHistory } from './wholeHistory';

type History = Awaited<ReturnType<typeof wholeHistory>>;

const { COORDINATOR_WORKFLOW } = names;
/** The product's types; tests start others beside them. */
const TYPES = new Set<unknown>(
  Object.entries(names).flatMap(([name, type]) => (/_WORKFLOW$/.test(name) ? [type] : [])),
);

/** How much of a namespace is replayed. */
export interface ReplayOptions {
  /** The workflow code; default: the build's, which the product's processes run. */
  readonly codePath?: string;
  /** Chooses what is replayed when there is too much. Default: drawn. */
  readonly seed?: number;
  /** Runs of coordinators, and of each other type. */
  readonly mostCoordinators?: number;
  readonly mostOfEachType?: number;
}

/** What was replayed. A replay of nothing proves nothing: look at the numbers. */
export interface Replayed {
  /** Runs that the namespace has, and how many of them were replayed. */
  readonly runs: number;
  readonly replayed: number;
  readonly coordinators: number;
  readonly events: number;
  /** Processor time that it took, in seconds. */
  readonly cpuSeconds: number;
}

/** A replay that takes longer leaves the rest, and says so. */
const LONGEST_MS = 90_000;
const MOST_EVENTS = 60_000;
const FETCHED_AT_ONCE = 4;

/**
 * Replays the histories that the product's workflows have in a namespace, open and closed ones, with the present workflow code: what a workflow did live, and
 * does otherwise in a replay, breaks it at the next restart of a worker. Always has the coordinators' among them; prints what it did.
 * @throws Error naming each workflow whose replay differs, with the event, and the files that its history was saved to.
 */
export async function replayHistories(client: Client, options: ReplayOptions = {}): Promise<Replayed> {
  const { seed = Date.now() % 100_000, mostCoordinators = 120, mostOfEachType = 15 } = options;
  const codePath = options.codePath ?? join(projectRoot(), 'dist', 'workflow-bundle.js');
  const all: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list()) if (TYPES.has(run.type)) all.push(run);
  const chosen = sample(all, new Random(seed), (type) =>
    type === COORDINATOR_WORKFLOW ? mostCoordinators : mostOfEachType,
  );
  const ends = Date.now() + LONGEST_MS;
  const counted = { replayed: 0, coordinators: 0, events: 0 };
  const before = process.cpuUsage();
  const different: string[] = [];
  await withRuntime(async () => {
    const fetched = fetchAll(client, chosen);
    const replayed = new Map<string, History>();
    async function* histories(): AsyncGenerator<{ workflowId: string; history: History }> {
      for await (const { run, history } of fetched) {
        if (Date.now() > ends || counted.events > MOST_EVENTS) return;
        const workflowId = `${run.workflowId} (${run.type}, run ${run.runId})`;
        counted.replayed += 1;
        counted.coordinators += run.type === COORDINATOR_WORKFLOW ? 1 : 0;
        counted.events += history.events?.length ?? 0;
        replayed.clear();
        replayed.set(workflowId, history);
        yield { workflowId, history };
      }
    }
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: { codePath } },
      histories(),
    )) {
      const history = replayed.get(workflowId);
      if (error !== undefined) different.push(`${workflowId}: ${whatDiffers(error)}${saved(workflowId, history)}`);
    }
  });
  const { user, system } = process.cpuUsage(before);
  const result: Replayed = { runs: all.length, ...counted, cpuSeconds: (user + system) / 1e6 };
  process.stderr.write(
    `replayed ${result.replayed} of ${result.runs} histories (${result.coordinators} of coordinators, ${result.events} events) in ${result.cpuSeconds.toFixed(1)} s of computing, seed ${seed}\n`,
  );
  if (different.length > 0) throw new Error(`not the same in a replay:\n${different.join('\n')}`);
  return result;
}

/** As {@link replayHistories}, on the server at an address. @throws Error also when there was no coordinator: that proves nothing. */
export async function replayHistoriesAt(address: string, options: ReplayOptions = {}): Promise<Replayed> {
  const connection = await Connection.connect({ address });
  try {
    const replayed = await replayHistories(new Client({ connection }), options);
    if (replayed.coordinators === 0) throw new Error('no coordinator was replayed');
    return replayed;
  } finally {
    await connection.close();
  }
}

/** At most so many runs of each type, the coordinators first, and else in a drawn order. */
function sample(
  runs: readonly WorkflowExecutionInfo[],
  random: Random,
  mostOf: (type: string) => number,
): WorkflowExecutionInfo[] {
  const drawn = runs.map((run) => ({ run, at: random.next() })).sort((a, b) => a.at - b.at);
  const byType = new Map<string, WorkflowExecutionInfo[]>();
  for (const { run } of drawn) byType.set(run.type, [...(byType.get(run.type) ?? []), run]);
  const coordinatorsFirst = [...byType].sort(
    ([a], [b]) => Number(b === COORDINATOR_WORKFLOW) - Number(a === COORDINATOR_WORKFLOW),
  );
  return coordinatorsFirst.flatMap(([type, some]) => some.slice(0, mostOf(type)));
}

/** Some histories at a time, so that not all of them are in memory. */
async function* fetchAll(
  client: Client,
  runs: readonly WorkflowExecutionInfo[],
): AsyncGenerator<{ readonly run: WorkflowExecutionInfo; readonly history: History }> {
  for (let next = 0; next < runs.length; next += FETCHED_AT_ONCE) {
    yield* await Promise.all(
      runs.slice(next, next + FETCHED_AT_ONCE).map(async (run) => ({ run, history: await wholeHistory(client, run) })),
    );
  }
}

/** The replay that runs in this process, or ran last. */
let last: Promise<void> = Promise.resolve();

/**
 * A process has one runtime of the SDK: that of the test, or one for the time of a replay. One replay follows the other, for the
 * end of the runtime of one would take it from the other.
 */
async function withRuntime(use: () => Promise<void>): Promise<void> {
  const before = last;
  let end = (): void => {};
  last = new Promise((resolve) => {
    end = resolve;
  });
  await before;
  try {
    await inRuntime(use);
  } finally {
    end();
  }
}

async function inRuntime(use: () => Promise<void>): Promise<void> {
  let isOurs = true;
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
    isOurs = false;
  }
  try {
    await use();
  } finally {
    if (isOurs) await Runtime.instance().shutdown();
  }
}

/** Core's own words, which name the event or the step, without what the SDK wraps around them. */
function whatDiffers({ message }: Error): string {
  return /message: "(\[TMPRL\d+\][^"]*)"/.exec(message)?.[1] ?? message;
}

function saved(workflowId: string, history: History | undefined): string {
  if (history === undefined) return '';
  const file = join(mkdtempSync(join(tmpdir(), 'portwarden-replay-')), `${workflowId.replace(/[^\w-]+/g, '_')}.json`);
  writeFileSync(file, historyToJSON(history));
  return `\n  its history: ${file}`;
}
