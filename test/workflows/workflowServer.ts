import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createActivities } from '../../src/activities';
import type { Activities } from '../../src/protocol/activities';
import { Coordinators } from '../../src/temporal/coordinators';
import { WaitingEvents } from '../../src/temporal/waitingEvents';
import {
  coordinatorWorkflowId,
  COORDINATOR_WORKFLOW,
  deviceTaskQueue,
  EVENT_WORKFLOW,
  QUERIES,
} from '../../src/protocol/names';
import type { DeviceId } from '../../src/domain/values/device';
import type { CoordinatorInput, CoordinatorSettings, CoordinatorState } from '../../src/protocol/coordinator';
import type { EventResult } from '../../src/protocol/events';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { junos } from '../activities/fakes/values';
import { startTemporalForTests, type TestTemporal } from '../servers/temporal';

/** A real Temporal server with the real workflow code, shared by the tests of one file. */
export interface WorkflowServer {
  readonly client: Client;
  readonly temporal: TestTemporal;
  readonly bundle: WorkflowBundleWithSourceMap;
  /** Starts workers with a task queue, a device and a world of their own. */
  startSite(options?: SiteOptions): Promise<Site>;
  stop(): Promise<void>;
}

/** What a test wants to be different. */
export interface SiteOptions {
  readonly settings?: Partial<CoordinatorSettings>;
  readonly waitForOutcomeMs?: number;
  /** Wraps activities, to slow them down or make them fail. */
  readonly wrap?: (activities: Activities, world: FakeWorld) => Partial<Activities>;
}

/** Workers over a world in memory: every source is a fake, every activity and workflow the product's own. */
export interface Site {
  readonly world: FakeWorld;
  readonly device: DeviceId;
  readonly taskQueue: string;
  /** Ends the workers and starts others over the same world, whose configuration says something else. */
  restart(settings: Partial<CoordinatorSettings>): Promise<void>;
  /** Names of the activities that began, in order. */
  readonly calls: string[];
  /** Starts an event's workflow; returns its id. */
  start(event: unknown): Promise<string>;
  /** Starts it and waits for its result. */
  run(event: unknown): Promise<EventResult>;
  result(workflowId: string): Promise<EventResult>;
  /** The coordinator, running or not. */
  readonly coordinator: ReturnType<Client['workflow']['getHandle']>;
  startCoordinator(input?: Partial<CoordinatorInput>): Promise<void>;
  state(): Promise<CoordinatorState>;
  /** Polls the coordinator's state until the predicate holds; fails after the bound. */
  until(predicate: (state: CoordinatorState) => boolean, withinMs?: number): Promise<CoordinatorState>;
  count(activity: keyof Activities): number;
}

/** The workers of a site. */
interface RunningSite {
  readonly workers: readonly Worker[];
  readonly done: Promise<unknown>;
}

const SETTINGS: CoordinatorSettings = {
  batchPorts: 100,
  batchBindings: 2_000,
  initialBackoffMs: 1_000,
  maximumBackoffMs: 4_000,
  giveUpAfterMs: 600_000,
  guards: { maxRemovedBindings: 5, maxRemovedShare: 0.5 },
  idleExitMs: 60_000,
  historyLimit: 2_000,
};

let devices = 0;

/** Starts a server and makes the workflow bundle. */
export async function startWorkflowServer(): Promise<WorkflowServer> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const temporal = await startTemporalForTests();
  const [connection, native, bundle] = await Promise.all([
    Connection.connect({ address: temporal.address }),
    NativeConnection.connect({ address: temporal.address }),
    bundleWorkflowCode({ workflowsPath: require.resolve('../../src/workflows'), logger: new DefaultLogger('ERROR') }),
  ]);
  const client = new Client({ connection, namespace: temporal.namespace });
  const running = new Set<RunningSite>();
  const end = async (site: RunningSite): Promise<void> => {
    for (const worker of site.workers) worker.shutdown();
    await site.done;
    running.delete(site);
  };
  const begin = async (taskQueue: string, { commitToSwitch, ...quick }: Activities): Promise<RunningSite> => {
    const { namespace } = temporal;
    const workers = await Promise.all([
      Worker.create({ connection: native, namespace, taskQueue, workflowBundle: bundle, activities: { ...quick } }),
      Worker.create({
        connection: native,
        namespace,
        taskQueue: deviceTaskQueue(taskQueue),
        activities: { commitToSwitch },
      }),
    ]);
    const site = { workers, done: Promise.all(workers.map((worker) => worker.run())) };
    running.add(site);
    return site;
  };
  return {
    client,
    temporal,
    bundle,
    async startSite(options = {}) {
      devices += 1;
      const site = createSite(client, junos(devices), `site-${process.pid}-${devices}`, options);
      let workers = await begin(site.taskQueue, site.activitiesWith({}));
      return {
        ...site,
        restart: async (settings) => {
          await end(workers);
          workers = await begin(site.taskQueue, site.activitiesWith(settings));
        },
      };
    },
    async stop() {
      for (const site of running) await end(site);
      await native.close();
      await connection.close();
      await temporal.stop();
      await Runtime.instance().shutdown();
    },
  };
}

function createSite(
  client: Client,
  device: DeviceId,
  taskQueue: string,
  options: SiteOptions,
): Omit<Site, 'restart'> & { readonly activitiesWith: (settings: Partial<CoordinatorSettings>) => Activities } {
  const configured = (own: Partial<CoordinatorSettings>): Pick<FakeWorld, 'guards' | 'limits'> => {
    const { guards, ...limits } = { ...SETTINGS, ...options.settings, ...own };
    return { guards, limits };
  };
  const world = fakeWorld(
    {
      enlister: new Coordinators(client, taskQueue),
      waiting: new WaitingEvents(client),
      ...configured({}),
      waitForOutcomeMs: options.waitForOutcomeMs ?? 60_000,
    },
    device,
  );
  const calls: string[] = [];
  const activitiesWith = (settings: Partial<CoordinatorSettings>): Activities => {
    const own = createActivities({ ...world, ...configured(settings) });
    return counted({ ...own, ...options.wrap?.(own, world) }, calls);
  };
  const coordinator = client.workflow.getHandle(coordinatorWorkflowId(device));
  const result = async (workflowId: string): Promise<EventResult> =>
    client.workflow.getHandle(workflowId).result() as Promise<EventResult>;
  let events = 0;
  const start = async (event: unknown): Promise<string> => {
    events += 1;
    const workflowId = `${taskQueue}-event-${events}`;
    await client.workflow.start(EVENT_WORKFLOW, { workflowId, taskQueue, args: [event] });
    return workflowId;
  };
  const state = async (): Promise<CoordinatorState> => coordinator.query<CoordinatorState>(QUERIES.state);
  return {
    world,
    device,
    taskQueue,
    calls,
    activitiesWith,
    coordinator,
    start,
    run: async (event) => result(await start(event)),
    result,
    startCoordinator: async (input = {}) => {
      await client.workflow.start(COORDINATOR_WORKFLOW, {
        workflowId: coordinatorWorkflowId(device),
        taskQueue,
        args: [{ device, ...input }],
      });
    },
    state,
    async until(predicate, withinMs = 20_000) {
      const end = Date.now() + withinMs;
      for (;;) {
        const now = await state().catch((error: unknown) => {
          if (error instanceof WorkflowNotFoundError) return undefined;
          throw error;
        });
        if (now !== undefined && predicate(now)) return now;
        if (Date.now() > end) throw new Error(`the coordinator did not get there: ${JSON.stringify(now)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    count: (activity) => calls.filter((call) => call === activity).length,
  };
}

function counted(activities: Activities, calls: string[]): Activities {
  const count =
    <Input, Result>(name: keyof Activities, activity: (input: Input) => Promise<Result>) =>
    (input: Input): Promise<Result> => {
      calls.push(name);
      return activity(input);
    };
  return {
    fetchServerIps: count('fetchServerIps', activities.fetchServerIps),
    findProxmoxNode: count('findProxmoxNode', activities.findProxmoxNode),
    gatherVmMacs: count('gatherVmMacs', activities.gatherVmMacs),
    filterByVlan: count('filterByVlan', activities.filterByVlan),
    commitToSwitch: count('commitToSwitch', activities.commitToSwitch),
    enlist: count('enlist', activities.enlist),
    notifyWaiters: count('notifyWaiters', activities.notifyWaiters),
    dropParked: count('dropParked', activities.dropParked),
    coordinatorSettings: count('coordinatorSettings', activities.coordinatorSettings),
  };
}
