import type { ActivityDependencies } from '../activities/dependencies';
import { createActivities, createAlarmActivities, createPasses } from '../activities';
import { createApi, createWorkerApi } from '../api/app';
import { listenApi, type ListeningApi } from '../api/listen';
import { ProxmoxCluster } from '../sources/proxmox/cluster';
import { createHypervisorSource } from '../sources/proxmox/hypervisorSource';
import { withOwnPorts } from '../sources/ownPorts';
import { createPanelSource } from '../sources/tenantos/panelSource';
import type { Store } from '../store/store';
import { alarmDependencies, judgeAlarms } from './alarms';
import { configuredSources } from './configuredSources';
import { SourceReports } from './sourceReports';
import { coordinatorLimits, proxmoxClusterOptions } from './clientOptions';
import type { Configuration } from '../config';
import { Coordinators } from '../temporal/coordinators';
import { Namespace } from '../temporal/namespace';
import { WaitingEvents } from '../temporal/waitingEvents';
import { createDecisions } from '../temporal/decisions';
import { createPolicies } from '../temporal/policies';
import { BackupRetention, scheduleBackups } from './backups';
import { JournalRetention } from './journalRetention';
import { startExpiries } from './expiries';
import { metricsLookups } from './metricsLookups';
import { startNotifying } from './notifying';
import { steering } from './steering';
import { configuredPort, requireDriver } from './deviceKinds';
import { openPanelAndDevices, portNaming } from './devices';
import { DropSampling } from './dropSampling';
import { endInterruptedWork } from './interruptedWork';
import { openTemporalServer, type TemporalServer } from './temporalServer';
import { TemporalEvents } from '../temporal/events';
import { createHolds } from '../temporal/holds';
import { createLooks } from '../temporal/looks';
import { createVirtualMacOperations } from '../temporal/virtualMacs';
import { openKnownStore } from './installation/openKnownStore';
import { recollect } from './installation/recollect';
import type { Log } from '../telemetry/log';
import { createMetrics, type Metrics } from '../telemetry/metrics';
import { createReconciles, keepReconcileSchedules } from '../temporal/reconcileSchedules';
import { TemporalWork } from '../temporal/workUnderWay';
import { Reconciling } from './reconciling';
import { ParkedReview } from './parkedReview';
import { createReadiness } from './readiness';
import { releaseBrake } from './releaseBrake';
import { watchCoordinators } from './returns';
import { connectClient, connectWorkers, ensureSearchAttributes, type TemporalClient } from '../temporal/client';
import { shutdownTimes } from './shutdown';
import { watchClusters } from './watchClusters';
import { startWorkers, type RunningWorkers } from '../temporal/workers';
import { openWriteProbe, WriteCheck } from '../temporal/writeCheck';
import { messageOf } from '../primitives/systemError';

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
        log.error({ reason: messageOf(error) }, 'a part did not end cleanly');
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
  const configured = configuredSources(configuration);
  const reports = new SourceReports({ store, configured, log });
  closing.push(() => reports.stop());
  const { panel, devices } = openPanelAndDevices(configuration, store.hostKeys, log, (source) => reports.of(source));
  const clusters = configuration.proxmox.clusters.map((settings) => ({
    settings,
    client: new ProxmoxCluster(proxmoxClusterOptions(settings, reports.of({ name: settings.name }))),
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
  const sampling = new DropSampling({ sources: { store, devices }, log });
  closing.push(() => sampling.stop());
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
    sites: configuration.sites,
    widestRanges: configuration.policies.widestRanges,
    changeWindows: configuration.changeWindows,
    reconcile: configuration.reconcile,
    workUnderWay: new TemporalWork(temporal.client, coordinators),
    backups: configuration.backups,
    store,
    vlans: configuration.vlans,
    securityGroups: configuration.securityGroups,
    watchedConfigurations: configuration.proxmox.watch.configurations,
    moveGraceMs: configuration.proxmox.watch.graceMs,
    additionalAddresses: (device) => devices.additionalAddresses(device),
    log,
    ...{ metrics, wantDrops: sampling.want },
    stopping: stopping.signal,
  };
  const reconciles = createReconciles(temporal.client, taskQueue);
  const watch = watchCoordinators(configuration, { store, coordinators, waiting, devices, log, reconciles }, closing);
  const { brake, reviewMs } = configuration.guards;
  const review = new ParkedReview({
    store,
    enlister: coordinators,
    log,
    reviewMs,
    ...(brake === undefined ? {} : { brake }),
  });
  closing.push(() => review.stop());
  closing.push(...startExpiries(deps, { policies: createPolicies(temporal.client, taskQueue), coordinators }));
  const { retentionDays } = configuration.journal;
  if (retentionDays !== undefined) {
    const retention = new JournalRetention({ journal: store.journal, days: retentionDays, log });
    closing.push(() => retention.stop());
  }
  const backupRetention = new BackupRetention({ backups: store.backups, rules: configuration.backups, log });
  closing.push(() => backupRetention.stop());
  metrics.setLookups(metricsLookups(store, coordinators, watch));
  const connection = await connectWorkers(temporalServer.address, configuration.temporal);
  closing.push(() => connection.close());
  const judged = alarmDependencies(configuration, { configured, store, coordinators, waiting, log });
  const notifying = await startNotifying(configuration, { store, temporal, metrics, log });
  closing.push(() => notifying.stop());
  await endInterruptedWork(configuration, store.fences, temporal.client, log);
  const workers = await startWorkers({
    connection,
    namespace,
    taskQueue,
    activities: { ...createActivities(deps), ...createAlarmActivities(judged), ...notifying.activities },
    passes: createPasses(deps),
    shutdown: shutdownTimes(configuration),
    onStopping: () => {
      stopping.abort();
    },
  });
  await watchClusters(configuration, temporal, store, log);
  const reconciling = new Reconciling({
    ...{ sources: deps, devices, settings: configuration.reconcile, log },
    keep: (known) => keepReconcileSchedules(temporal.client, { taskQueue, devices: known }),
  });
  closing.push(() => reconciling.stop());
  await scheduleBackups(configuration, temporal, log);
  await judgeAlarms(configuration, temporal, log);
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
    backups: store?.backups,
    standing: store?.standing,
    watches: store?.watches,
    alarms: store?.alarms,
    keeps: store?.keeps,
    holds: { stored: store?.holds, service: createHolds(temporal.client, settings.taskQueue) },
    coordinators,
    decisions: createDecisions(temporal.client, settings.taskQueue),
    policies: { stored: store?.policies, service: createPolicies(temporal.client, settings.taskQueue) },
    guards:
      store === undefined
        ? undefined
        : { ...store, releaseBrake: (release) => releaseBrake(store, coordinators, release) },
    ...steering(store, { ...temporal, taskQueue: settings.taskQueue, coordinators, sites: configuration.sites, log }),
    sites: configuration.sites,
    requireDriver,
    portOnDevice: (named) => configuredPort(configuration, named),
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
