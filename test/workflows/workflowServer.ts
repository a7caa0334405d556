import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import {
  createActivities,
  createAlarmActivities,
  createNotificationActivities,
  createPasses,
} from '../../src/activities';
import type { NotificationDependencies } from '../../src/activities/notifications/sendNotification';
import { alarmDependencies } from '../../src/app/alarms';
import { withOwnPorts } from '../../src/sources/ownPorts';
import type { PanelSource } from '../../src/sources/panelSource';
import type { DeviceDirectory } from '../../src/devices/directory';
import type { Activities, PassActivities } from '../../src/protocol/activities';
import { Coordinators } from '../../src/temporal/coordinators';
import { TemporalWork } from '../../src/temporal/workUnderWay';
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
import type { LookActivities } from '../../src/protocol/preview';
import type { VirtualMacActivities } from '../../src/protocol/virtualMacs';
import { fakeWorld, type FakeWorld } from '../activities/fakes/world';
import { junos } from '../activities/fakes/values';
import { startTemporalForTests, type TestTemporal } from '../servers/temporal';
import { replayHistories } from '../support/replayHistories';
import { workflowBundle } from './workflowBundle';

/** A real Temporal server with the real workflow code, shared by the tests of one file. */
export interface WorkflowServer {
  readonly client: Client;
  readonly temporal: TestTemporal;
  /** Starts workers with a task queue, a device and a world of their own. */
  startSite(options?: SiteOptions): Promise<Site>;
  /** Ends all. @throws Error when a workflow of the product did what it does not do in a replay. */
  stop(): Promise<void>;
}

/** What a test wants to be different. */
export interface SiteOptions {
  readonly settings?: Partial<CoordinatorSettings>;
  readonly waitForOutcomeMs?: number;
  /** A device of another kind than the switch in memory, how it is driven, and how the world's cluster is named. */
  readonly other?: { readonly device: DeviceId; readonly devices: DeviceDirectory; readonly cluster?: string };
  /** How the device is reconciled. */
  readonly reconcile?: FakeWorld['reconcile'];
  /** Who is notified. */
  readonly notifications?: Pick<NotificationDependencies, 'endpoints' | 'schedule'>;
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
  /** How often an activity, a pass among them, began. */
  count(activity: string): number;
}

/** What the workers of a site run. */
interface SiteActivities {
  readonly quick: Activities & LookActivities & VirtualMacActivities;
  readonly passes: PassActivities;
}

/** The workers of a site. */
interface RunningSite {
  readonly workers: readonly Worker[];
  readonly done: Promise<unknown>;
}

const SETTINGS: Omit<CoordinatorSettings, 'passActivity'> = {
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

const ALARM_LIMITS = {
  manyAttempts: 3,
  staleAfterMs: 500,
  unboundMs: 86_400_000,
  clockSkewMs: 10_000,
  sourceClockSkewMs: 120_000,
  notificationsFailingMs: 600_000,
};

/** Starts a server and gets the workflow bundle. */
export async function startWorkflowServer(): Promise<WorkflowServer> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const temporal = await startTemporalForTests();
  const [connection, native, bundle] = await Promise.all([
    Connection.connect({ address: temporal.address }),
    NativeConnection.connect({ address: temporal.address }),
    workflowBundle(require.resolve('../../src/workflows')),
  ]);
  const client = new Client({ connection, namespace: temporal.namespace });
  const running = new Set<RunningSite>();
  const end = async (site: RunningSite): Promise<void> => {
    for (const worker of site.workers) worker.shutdown();
    await site.done;
    running.delete(site);
  };
  const begin = async (taskQueue: string, { quick, passes }: SiteActivities): Promise<RunningSite> => {
    const { namespace } = temporal;
    const workers = await Promise.all([
      Worker.create({ connection: native, namespace, taskQueue, workflowBundle: bundle, activities: quick }),
      Worker.create({
        connection: native,
        namespace,
        taskQueue: deviceTaskQueue(taskQueue),
        activities: passes,
      }),
    ]);
    const site = { workers, done: Promise.all(workers.map((worker) => worker.run())) };
    running.add(site);
    return site;
  };
  return {
    client,
    temporal,
    async startSite(options = {}) {
      devices += 1;
      const site = createSite(
        client,
        `site-${process.pid}-${devices}`,
        options.other?.device ?? junos(devices),
        options,
      );
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
      try {
        await replayHistories(client, bundle);
      } finally {
        await native.close();
        await connection.close();
        await temporal.stop();
        await Runtime.instance().shutdown();
      }
    },
  };
}

function createSite(
  client: Client,
  taskQueue: string,
  device: DeviceId,
  options: SiteOptions,
): Omit<Site, 'restart'> & { readonly activitiesWith: (settings: Partial<CoordinatorSettings>) => SiteActivities } {
  const configured = (own: Partial<CoordinatorSettings>): Pick<FakeWorld, 'guards' | 'limits'> => {
    const { guards, ...limits } = { ...SETTINGS, ...options.settings, ...own };
    return { guards, limits };
  };
  const coordinators = new Coordinators(client, taskQueue);
  const world = fakeWorld(
    {
      enlister: coordinators,
      workUnderWay: new TemporalWork(client, coordinators),
      ...(options.reconcile === undefined ? {} : { reconcile: options.reconcile }),
      waiting: new WaitingEvents(client),
      ...configured({}),
      waitForOutcomeMs: options.waitForOutcomeMs ?? 60_000,
      ...(options.other === undefined ? {} : { devices: options.other.devices }),
    },
    device,
    options.other?.cluster,
  );
  const calls: string[] = [];
  const alarms = alarmDependencies(
    { alarms: { everyMs: 1_000, limits: ALARM_LIMITS } },
    {
      ...{ store: world.store, log: world.log, configured: { names: ['panel'], devices: [], kinds: [] } },
      coordinators: new Coordinators(client, taskQueue),
      waiting: new WaitingEvents(client),
    },
  );
  const { endpoints = new Map(), schedule = { pauses: [], jitter: 0 } } = options.notifications ?? {};
  const notifying = createNotificationActivities({ ...world, endpoints, schedule });
  const activitiesWith = (settings: Partial<CoordinatorSettings>): SiteActivities => {
    const deps = { ...world, ...otherKind(world, options), ...configured(settings) };
    const own = createActivities(deps);
    return {
      quick: counted({ ...own, ...createAlarmActivities(alarms), ...notifying, ...options.wrap?.(own, world) }, calls),
      passes: counted(createPasses(deps), calls),
    };
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

/** What is different of a device whose ports the configuration gives to servers. */
function otherKind(
  world: FakeWorld,
  { other }: SiteOptions,
): Partial<Pick<FakeWorld, 'hasVlans' | 'guestPorts'>> & { panel?: PanelSource } {
  if (other === undefined) return {};
  const { devices } = other;
  const { guestPorts } = devices;
  return { panel: withOwnPorts(world.panel, devices), hasVlans: (device) => devices.hasVlans(device), guestPorts };
}

/** The same activities, each of which notes its name when it begins. */
function counted<All extends object>(activities: All, calls: string[]): All {
  const entries = Object.entries(activities).map(([name, activity]) => [
    name,
    (input: unknown): unknown => {
      calls.push(name);
      return (activity as (input: unknown) => unknown)(input);
    },
  ]);
  return Object.fromEntries(entries) as All;
}
