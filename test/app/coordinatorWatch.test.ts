import { QueryNotRegisteredError, type Client } from '@temporalio/client';
import pino from 'pino';
import { CoordinatorWatch } from '../../src/app/coordinatorWatch';
import { Coordinators } from '../../src/temporal/coordinators';
import { WaitingEvents } from '../../src/temporal/waitingEvents';

interface Fake {
  /** What the query of the one running coordinator does; undefined: it answers. */
  failure: Error | undefined;
  runId: string;
  readonly events: { workflowId: string; port: string }[];
  readonly told: { workflowId: string; message: string }[];
  looks: number;
  /** Each look finds another run. */
  newRunEachLook: boolean;
}

/** What the client makes of a worker that refuses a query. */
function refusedQuery(message: string): Error {
  return Object.assign(Object.create(QueryNotRegisteredError.prototype) as Error, { message });
}

/** A client that knows one coordinator and some events, as far as the watch uses it. */
function fakeClient(fake: Fake): Client {
  const listed = (query: string): object[] =>
    query.includes('deviceCoordinator')
      ? [{ workflowId: 'device:junos:1', runId: fake.runId }]
      : fake.events.map(({ workflowId, port }) => ({ workflowId, typedSearchAttributes: { get: () => port } }));
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
    workflowService: { getWorkflowExecutionHistoryReverse: () => Promise.resolve({ history: { events: [] } }) },
    workflow: {
      async *list({ query }: { query: string }) {
        if (query.includes('deviceCoordinator')) {
          fake.looks += 1;
          if (fake.newRunEachLook) fake.runId = `run-of-look-${fake.looks}`;
        }
        yield* listed(query);
      },
      getHandle: (workflowId: string, runId = fake.runId) => ({
        workflowId,
        query: async () => {
          if (fake.failure !== undefined) throw fake.failure;
          return { device: 'junos:1', paused: false, pending: [], lastOutcomes: [], batches: 0 };
        },
        describe: async () => ({
          workflowId,
          runId,
          status: { name: runId === fake.runId ? 'RUNNING' : 'TERMINATED' },
          raw: {},
        }),
        signal: async (_name: string, { message }: { message: string }) => void fake.told.push({ workflowId, message }),
      }),
    },
  };
  return client as unknown as Client;
}

describe('the watch over the coordinators', () => {
  let fake: Fake;
  let lines: { level: number; msg: string; cause?: string }[];
  let watch: CoordinatorWatch;
  beforeEach(() => {
    fake = {
      failure: undefined,
      runId: 'run-1',
      events: [{ workflowId: 'event-1', port: 'ge-0/0/1.0' }],
      told: [],
      looks: 0,
      newRunEachLook: false,
    };
    lines = [];
    const log = pino(
      { level: 'info' },
      { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
    );
    const client = fakeClient(fake);
    watch = new CoordinatorWatch({
      coordinators: new Coordinators(client, 'q'),
      waiting: new WaitingEvents(client),
      log,
      everyMs: 1,
    });
  });
  afterEach(() => watch.stop());

  const looked = async (times: number): Promise<void> => {
    const until = fake.looks + times + 1;
    while (fake.looks < until) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const broken = refusedQuery('[TMPRL1100] Nondeterminism error: Timer machine does not handle this event');

  it('says nothing of coordinators that answer', async () => {
    await looked(3);
    expect([lines, watch.stuck, fake.told]).toEqual([[], [], []]);
  });

  it('notices one that cannot go on, in one line, and tells each waiting event once, later ones too', async () => {
    fake.failure = broken;
    await looked(3);
    fake.events.push({ workflowId: 'event-2', port: 'ge-0/0/2.0' });
    await looked(3);
    expect(watch.stuck).toEqual([
      { device: 'junos:1', workflowId: 'device:junos:1', runId: 'run-1', cause: broken.message },
    ]);
    expect(lines.map(({ cause }) => cause)).toEqual([broken.message]);
    expect(fake.told.map(({ workflowId }) => workflowId)).toEqual(['event-1', 'event-2']);
    expect(fake.told[0]?.message).toMatch(/^device:junos:1 cannot go on \(\[TMPRL1100\].*\).*docs\/operations\.md/);
  });

  it('takes it back when the run answers again, or another run has taken its place', async () => {
    fake.failure = broken;
    await looked(2);
    fake.failure = undefined;
    await looked(2);
    expect(watch.stuck).toEqual([]);
    fake.failure = broken;
    await looked(2);
    fake.runId = 'run-2';
    fake.failure = new Error('no answer in time');
    await looked(2);
    expect(watch.stuck).toEqual([]);
    expect(lines.map(({ msg }) => msg.slice(0, 30))).toEqual([
      'a coordinator cannot go on; no',
      'the coordinator goes on again',
      'a coordinator cannot go on; no',
      'the coordinator goes on again',
    ]);
  });

  it('is sure of what may pass only when it is seen twice in a row', async () => {
    fake.failure = refusedQuery('the worker was shut down');
    fake.newRunEachLook = true;
    await looked(5);
    expect(lines).toEqual([]);
    fake.newRunEachLook = false;
    await looked(3);
    expect(lines.map(({ cause }) => cause)).toEqual(['the worker was shut down']);
  });
});
