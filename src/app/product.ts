import type { ActivityDependencies } from '../activities/dependencies';
import { createActivities, createPasses } from '../activities';
import { createApi, createWorkerApi } from '../api/app';
import { listenApi, type ListeningApi } from '../api/listen';
import { ProxmoxCluster } from '../sources/proxmox/cluster';
import { createHypervisorSource } from '../sources/proxmox/hypervisorSource';
import { withOwnPorts } from '../sources/ownPorts';
import { createPanelSource } from '../sources/tenantos/panelSource';
import type { Store } from '../store/store';
import { coordinatorLimits, proxmoxClusterOptions } from './clientOptions';
import type { Configuration } from '../config';
import { Coordinators } from '../temporal/coordinators';
import { Namespace } from '../temporal/namespace';
import { WaitingEvents } from '../temporal/waitingEvents';
import { createEnlist } from '../activities/enlist';
import { ENDS_SOON_MS } from '../domain/change/keep';
import { createDecisions } from '../temporal/decisions';
import { createPolicies } from '../temporal/policies';
import { KeepExpiry } from './keepExpiry';
import { PolicyExpiry } from './policyExpiry';
import { CoordinatorWatch } from './coordinatorWatch';
import { requireDriver } from './deviceKinds';
import { openPanelAndDevices, portNaming } from './devices';
import { openTemporalServer, type TemporalServer } from './temporalServer';
import { TemporalEvents } from '../temporal/events';
import { createLooks } from '../temporal/looks';
import { createVirtualMacOperations } from '../temporal/virtualMacs';
import { openKnownStore } from './installation/openKnownStore';
import { recollect } from './installation/recollect';
import type { Log } from '../telemetry/log';
import { createMetrics, type Metrics } from '../telemetry/metrics';
import { ParkedReview } from './parkedReview';
import { createReadiness } from './readiness';
import { releaseBrake } from './releaseBrake';
import { connectClient, connectWorkers, ensureSearchAttributes, type TemporalClient } from '../temporal/client';
import { shutdownTimes } from './shutdown';
import { watchClusters } from './watchClusters';
import { startWorkers, type RunningWorkers } from '../temporal/workers';
import { openWriteProbe, WriteCheck } from '../temporal/writeCheck';

/** The running product, or the half of it that the role asks for. */
export interface Product {
  /** The API's base address; absent in the role `worker`. */
  readonly apiUrl: string | undefined;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | undefined;
  /** Rejects when a part fails beyond repair. */
  readonly failed: Promise<never>;
  /** Accepts nothing more, lets running work end, closes everything. */
  stop(): Promise<void>;
}

/** Starts what the configuration's role asks for. What was started is ended again when a later part fails. */
export async function startProduct(configuration: Configuration, log: Log): Promise<Product> {
  for (const warning of configuration.warnings) log.warn(warning);
  const closing: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) {
      await close().catch((error: unknown) => {
        log.error({ reason: error instanceof Error ? error.message : String(error) }, 'a part did not end cleanly');
      });
    }
  };
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  try {
    const recollection = recollect(configuration);
    const temporalServer = await openTemporalServer(configuration, log, fail);
    closing.push(() => temporalServer.stop());
    const temporal = await connectClient(temporalServer.address, configuration.temporal);
    closing.push(() => temporal.close());
    await ensureSearchAttributes(temporal.client, configuration.temporal.namespace);
    const metrics = createMetrics({ process: true });
    let store: Store | undefined;
    if (configuration.role !== 'api' || configuration.store.databaseUrl !== undefined) {
      const opened = await openKnownStore(
        configuration,
        recollection,
        new Namespace(temporal.client, configuration.temporal.namespace),
        log,
      );
      closing.push(() => opened.close());
      store = opened;
    }
    if (configuration.role !== 'api' && store !== undefined) {
      const workers = await startWork(configuration, temporalServer, temporal, store, metrics, log, closing);
      closing.push(() => workers.stop());
      workers.done.catch(fail);
    }
    const api = await startApi(configuration, temporalServer, temporal, store, metrics, log, closing);
    if (api !== undefined) closing.push(() => api.close());
    return {
      apiUrl: configuration.role === 'worker' ? undefined : api?.url,
      temporalAddress: temporalServer.address,
      temporalUiUrl: temporalServer.uiUrl,
      failed,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startWork(
  configuration: Configuration,
  temporalServer: TemporalServer,
  temporal: TemporalClient,
  store: Store,
  metrics: Metrics,
  log: Log,
  closing: (() => Promise<void>)[],
): Promise<RunningWorkers> {
  const { panel, devices } = openPanelAndDevices(configuration, store.hostKeys, log);
  const clusters = configuration.proxmox.clusters.map((settings) => ({
    settings,
    client: new ProxmoxCluster(proxmoxClusterOptions(settings)),
  }));
  closing.push(() => {
    panel.close();
    for (const { client } of clusters) client.close();
    return Promise.resolve();
  });
  const { taskQueue, namespace } = configuration.temporal;
  const naming = portNaming(devices);
  const coordinators = new Coordinators(temporal.client, taskQueue);
  const waiting = new WaitingEvents(temporal.client);
  const stopping = new AbortController();
  const deps: ActivityDependencies = {
    panel: withOwnPorts(createPanelSource(panel, naming, configuration.panel), devices),
    guestPorts: devices.guestPorts,
    hasVlans: (device) => devices.hasVlans(device),
    enlister: coordinators,
    waiting,
    limits: coordinatorLimits(configuration),
    waitForOutcomeMs: configuration.retries.waitForOutcomeMs,
    hypervisors: new Map(
      clusters.map(({ settings, client }) => [settings.name, createHypervisorSource(client, settings, naming)]),
    ),
    devices,
    guards: configuration.guards,
    store,
    vlans: configuration.vlans,
    watchedConfigurations: configuration.proxmox.watch.configurations,
    moveGraceMs: configuration.proxmox.watch.graceMs,
    additionalAddresses: (device) => devices.additionalAddresses(device),
    log,
    metrics,
    stopping: stopping.signal,
  };
  const watch = new CoordinatorWatch({ coordinators, waiting, log });
  closing.push(() => watch.stop());
  const { brake, reviewMs } = configuration.guards;
  const review = new ParkedReview({
    store,
    enlister: coordinators,
    log,
    reviewMs,
    ...(brake === undefined ? {} : { brake }),
  });
  closing.push(() => review.stop());
  const expiry = new KeepExpiry({ store, enlist: createEnlist(deps), log });
  closing.push(() => expiry.stop());
  const policyExpiry = new PolicyExpiry({ store, service: createPolicies(temporal.client, taskQueue), log });
  closing.push(() => policyExpiry.stop());
  metrics.setLookups({
    keeps: () => store.keeps.count(new Date(), new Date(Date.now() + ENDS_SOON_MS)),
    policies: () => store.policies.count(new Date()),
    parked: () => store.parked.list(),
    brake: () => store.brakes.current(),
    standing: () => store.standing.counts(),
    watches: () => store.watches.list(),
    waiting: () => coordinators.states(),
    stuck: () => Promise.resolve(watch.stuck),
  });
  const connection = await connectWorkers(temporalServer.address, configuration.temporal);
  closing.push(() => connection.close());
  const workers = await startWorkers({
    connection,
    namespace,
    taskQueue,
    activities: createActivities(deps),
    passes: createPasses(deps),
    shutdown: shutdownTimes(configuration),
    onStopping: () => {
      stopping.abort();
    },
  });
  await watchClusters(configuration, temporal, store, log);
  return workers;
}

/** The API; in the role `worker` only the metrics, where a port for them is configured. */
async function startApi(
  configuration: Configuration,
  temporalServer: TemporalServer,
  temporal: TemporalClient,
  store: Store | undefined,
  metrics: Metrics,
  log: Log,
  closing: (() => Promise<void>)[],
): Promise<ListeningApi | undefined> {
  const { api, temporal: settings, role } = configuration;
  const common = {
    token: api.bearerToken.present ? api.bearerToken.reveal() : '',
    log,
    metrics: { metrics, access: configuration.metrics.access },
  };
  if (role === 'worker') {
    const { workerHost: host, workerPort: port } = configuration.metrics;
    return port === undefined ? undefined : listenApi(createWorkerApi(common), { host, port });
  }
  const probe = await openWriteProbe(temporalServer.address, settings);
  closing.push(() => probe.close());
  const writes = new WriteCheck(probe);
  const embedded =
    settings.address === undefined || (store !== undefined && configuration.store.databaseUrl === undefined);
  const readiness = createReadiness(
    { temporal: () => writes.check(), ...(store === undefined ? {} : { store: () => store.ping() }) },
    log,
    embedded ? configuration.store.directory : undefined,
  );
  const ui =
    temporalServer.uiUrl === undefined
      ? undefined
      : `${temporalServer.uiUrl}/namespaces/${settings.namespace}/workflows`;
  const coordinators = new Coordinators(temporal.client, settings.taskQueue);
  const app = createApi({
    ...common,
    limits: api,
    events: new TemporalEvents(temporal.client, settings.taskQueue, {
      started: (event) => {
        writes.succeeded();
        metrics.event(event.action);
      },
      refused: () => {
        writes.failed();
        void readiness();
      },
    }),
    journal: store?.journal,
    standing: store?.standing,
    watches: store?.watches,
    keeps: store?.keeps,
    decisions: createDecisions(temporal.client, settings.taskQueue),
    policies: { stored: store?.policies, service: createPolicies(temporal.client, settings.taskQueue) },
    guards:
      store === undefined
        ? undefined
        : { ...store, releaseBrake: (release) => releaseBrake(store, coordinators, release) },
    requireDriver,
    looks: createLooks(temporal.client, settings.taskQueue),
    virtualMacs: {
      virtualMacs: store?.virtualMacs,
      operations: createVirtualMacOperations(temporal.client, settings.taskQueue),
    },
    readiness,
    temporalUiUrl: ui,
  });
  return listenApi(app, api);
}
