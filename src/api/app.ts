import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { applyAllRoutes, type ApplyAllService } from './applyAllRoutes';
import { alarmRoutes } from './alarmRoutes';
import type { AlarmRepository } from '../store/alarms';
import { backupRoutes, type StoredBackups } from './backupRoutes';
import { authenticate, requireAuthentication } from './authentication';
import { configurationRoutes } from './configurationRoutes';
import { answerErrors, notFound } from './errorAnswer';
import { eventRoutes, reportsEvent } from './eventRoutes';
import type { EventService } from '../temporal/events';
import type { DeviceId } from '../domain/values/device';
import type { Sites } from '../domain/values/scope';
import type { JournalRepository } from '../store/journal';
import { guardRoutes, type GuardRoutesDependencies } from './guardRoutes';
import { healthRoutes, type Readiness } from './healthRoutes';
import { journalRoutes } from './journalRoutes';
import { lookRoutes } from './lookRoutes';
import type { Looks } from '../temporal/looks';
import { deviceRoutes } from './deviceRoutes';
import type { OperatedCoordinators } from '../temporal/coordinators';
import { decisionRoutes } from './decisionRoutes';
import { holdRoutes, type HoldRoutesDependencies } from './holdRoutes';
import { keepRoutes } from './keepRoutes';
import type { DecisionService } from '../temporal/decisions';
import type { KeepRepository } from '../store/keeps';
import type { KeyedAnswerRepository } from '../store/keyedAnswers';
import { metricsRoutes, type MetricsDependencies } from './metricsRoutes';
import type { NamedPorts } from './namedPorts';
import { parkedDecisionRoutes } from './parkedDecisionRoutes';
import { onceByKey } from './onceByKey';
import { pauseRoutes, type PauseService } from './pauseRoutes';
import { notificationRoutes, type NotificationRoutesDependencies } from './notificationRoutes';
import { limitRate, type RateLimits } from './rateLimit';
import { policyRoutes, type PolicyRoutesDependencies } from './policyRoutes';
import { driftRoutes, type DriftRoutesDependencies } from './driftRoutes';
import { requestContext } from './requestContext';
import { statusRoutes } from './statusRoutes';
import { standingRoutes } from './standingRoutes';
import { virtualMacRoutes, type VirtualMacRoutesDependencies } from './virtualMacRoutes';
import type { StandingRepository } from '../store/standing';
import type { WatchRepository } from '../store/watches';
import { watchRoutes } from './watchRoutes';
import { withoutStore } from './withoutStore';
import { windowRoutes, type WindowExceptionService } from './windowRoutes';

/** What every process that serves HTTP has. */
export interface CommonDependencies {
  /** PORT_SECURITY_EVENT_API_BEARER_TOKEN. An empty one lets nobody in. */
  readonly token: string;
  readonly log: Logger;
  /** Absent: `GET /metrics` is `not-found`. */
  readonly metrics?: MetricsDependencies;
}

/** What the API is made of. */
export interface ApiDependencies extends CommonDependencies {
  readonly limits: RateLimits & {
    readonly bodyLimitBytes: number;
    /** Longest wait for Temporal, in milliseconds. Default 15,000. */
    readonly answerWithinMs?: number;
  };
  readonly events: EventService;
  /** The change journal; absent in a process without a store, where asking for it, and for the rest of the store, is `api-without-store`. */
  readonly journal?: JournalRepository | undefined;
  /** Stored configurations; absent in a process without a store. */
  readonly backups?: StoredBackups | undefined;
  /** What guards hold, and the brake; absent in a process without a store. */
  readonly guards?: Omit<GuardRoutesDependencies, 'bodyLimitBytes' | 'once'> | undefined;
  /** What people pause; absent in a process without a store. */
  readonly pauses?: PauseService | undefined;
  /** What people let pass change windows; absent in a process without a store. */
  readonly windowExceptions?: WindowExceptionService | undefined;
  /** Drift and reconciles; absent in a process without a store. */
  readonly drift?: Pick<DriftRoutesDependencies, 'drift' | 'states' | 'reconciles'> | undefined;
  /** Apply All; absent in a process without a store. */
  readonly applyAll?: ApplyAllService | undefined;
  /** Answers to requests with an Idempotency-Key; absent in a process without a store. */
  readonly keyedAnswers?: KeyedAnswerRepository | undefined;
  /** The sites of the configuration. Absent: none. */
  readonly sites?: Sites;
  /** The standing lists; absent in a process without a store. */
  readonly standing?: Pick<StandingRepository, 'list' | 'counts'> | undefined;
  /** How the watch of hypervisors stands; absent in a process without a store. */
  readonly watches?: Pick<WatchRepository, 'list'> | undefined;
  /** Alarms; absent in a process without a store. */
  readonly alarms?: AlarmRepository | undefined;
  /** Notifications; absent in a process without a store. */
  readonly notifications?: NotificationRoutesDependencies['notifications'] | undefined;
  /** What people keep; absent in a process without a store. */
  readonly keeps?: Pick<KeepRepository, 'list'> | undefined;
  /** Restores and what they hold; a process without a store lists none. */
  readonly holds: Pick<HoldRoutesDependencies, 'stored' | 'service'>;
  /** The coordinators of devices. */
  readonly coordinators: OperatedCoordinators;
  /** What people decide about bindings. */
  readonly decisions: DecisionService;
  /** Port policies. */
  readonly policies: Pick<PolicyRoutesDependencies, 'stored' | 'service'>;
  readonly virtualMacs: Pick<VirtualMacRoutesDependencies, 'virtualMacs' | 'operations'>;
  /** Previews and explanations, which workers make. */
  readonly looks: Looks;
  /** Asked about every device that a request names. @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  /** A port as its device names it. @throws PortwardenError `device-kind-unknown`, `device-not-configured`. */
  readonly portOnDevice: NamedPorts['portOnDevice'];
  readonly readiness: () => Promise<Readiness>;
  /**
   * The Temporal UI's list of workflows, such as `http://127.0.0.1:8233/namespaces/default/workflows`; answers
   * then name the page of their workflow.
   */
  readonly temporalUiUrl?: string | undefined;
}

const ANSWER_WITHIN_MS = 15_000;

/** The HTTP API; docs/api.md describes it. The token is checked before a body is read. */
export function createApi(dependencies: ApiDependencies): Express {
  const { token, limits, events, journal, guards, standing, watches, keeps, decisions, looks } = dependencies;
  const { policies, holds, virtualMacs } = dependencies;
  const { alarms, backups, drift, notifications, pauses, windowExceptions, applyAll, sites = new Map() } = dependencies;
  const { requireDriver, portOnDevice, readiness, temporalUiUrl } = dependencies;
  const { bodyLimitBytes, answerWithinMs = ANSWER_WITHIN_MS } = limits;
  const once = onceByKey(dependencies.keyedAnswers, dependencies.log);
  return createApp(dependencies, (app) => {
    app.use(healthRoutes(readiness, pauses === undefined ? undefined : () => pauses.active()));
    app.use('/api', authenticate(token), limitRate(limits, reportsEvent), requireAuthentication);
    app.use(
      '/api/port-security',
      eventRoutes({
        events,
        bodyLimitBytes,
        answerWithinMs,
        temporalUiUrl,
      }),
    );
    app.use('/api', lookRoutes({ looks, requireDriver, bodyLimitBytes }));
    app.use('/api', decisionRoutes({ decisions, requireDriver, bodyLimitBytes, answerWithinMs }));
    app.use('/api', deviceRoutes({ coordinators: dependencies.coordinators, requireDriver, answerWithinMs }));
    app.use('/api', parkedDecisionRoutes({ decisions, requireDriver, portOnDevice, bodyLimitBytes, answerWithinMs }));
    app.use('/api/policies', policyRoutes({ ...policies, decisions, requireDriver, bodyLimitBytes }));
    if (keeps !== undefined) app.use('/api', keepRoutes(keeps, { requireDriver, portOnDevice }));
    app.use('/api', holdRoutes({ ...holds, requireDriver, portOnDevice, bodyLimitBytes, answerWithinMs }));
    if (guards !== undefined) app.use('/api/guards', guardRoutes({ ...guards, once, bodyLimitBytes }));
    if (pauses !== undefined) app.use('/api', pauseRoutes({ pauses, once, sites, requireDriver, bodyLimitBytes }));
    if (windowExceptions !== undefined)
      app.use(
        '/api',
        windowRoutes({ exceptions: windowExceptions, once, requireDriver, portOnDevice, bodyLimitBytes }),
      );
    if (drift !== undefined)
      app.use('/api', driftRoutes({ ...drift, once, sites, requireDriver, portOnDevice, bodyLimitBytes }));
    if (applyAll !== undefined)
      app.use('/api', applyAllRoutes({ applyAll, once, sites, requireDriver, bodyLimitBytes }));
    if (pauses !== undefined && guards !== undefined)
      app.use('/api', statusRoutes({ pauses, brakes: guards.brakes, alarms }));
    if (alarms !== undefined)
      app.use('/api', alarmRoutes({ alarms, once, sites, requireDriver, portOnDevice, bodyLimitBytes }));
    if (notifications !== undefined)
      app.use('/api', notificationRoutes({ notifications, once, sites, requireDriver, bodyLimitBytes }));
    app.use('/api', configurationRoutes(looks));
    app.use('/api/virtual-macs', virtualMacRoutes({ ...virtualMacs, requireDriver, portOnDevice, bodyLimitBytes }));
    if (standing !== undefined) app.use('/api', standingRoutes(standing));
    if (backups !== undefined) app.use('/api', backupRoutes(backups, looks, requireDriver));
    if (watches !== undefined) app.use('/api', watchRoutes(watches));
    if (journal !== undefined) {
      const routes = journalRoutes({ journal, sites, requireDriver, portOnDevice });
      app.use('/api/port-security', routes);
      app.use('/api', routes);
    } else app.use('/api', withoutStore());
  });
}

/** What a worker without the API serves: its metrics. */
export function createWorkerApi(dependencies: CommonDependencies): Express {
  return createApp(dependencies, () => undefined);
}

/** An application with what all have: a context and a log line for each request, safe headers, metrics, and error answers. */
function createApp({ token, log, metrics }: CommonDependencies, addRoutes: (app: Express) => void): Express {
  const app = express();
  app.set('query parser', false);
  app.set('etag', false);
  app.use(requestContext(log));
  app.use(helmet());
  if (metrics !== undefined) app.use(metricsRoutes(metrics, token));
  addRoutes(app);
  app.use(notFound);
  app.use(answerErrors(log));
  return app;
}
