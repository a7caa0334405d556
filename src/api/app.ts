import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { authenticate, requireAuthentication } from './authentication';
import { configurationRoutes } from './configurationRoutes';
import { answerErrors, notFound } from './errorAnswer';
import { eventRoutes, reportsEvent } from './eventRoutes';
import type { EventService } from '../temporal/events';
import type { DeviceId } from '../domain/values/device';
import type { JournalRepository } from '../store/journal';
import { guardRoutes, type GuardRoutesDependencies } from './guardRoutes';
import { healthRoutes, type Readiness } from './healthRoutes';
import { journalRoutes } from './journalRoutes';
import { lookRoutes } from './lookRoutes';
import type { Looks } from '../temporal/looks';
import { decisionRoutes } from './decisionRoutes';
import { keepRoutes } from './keepRoutes';
import type { DecisionService } from '../temporal/decisions';
import type { KeepRepository } from '../store/keeps';
import { metricsRoutes, type MetricsDependencies } from './metricsRoutes';
import { limitRate, type RateLimits } from './rateLimit';
import { policyRoutes, type PolicyRoutesDependencies } from './policyRoutes';
import { requestContext } from './requestContext';
import { standingRoutes } from './standingRoutes';
import { virtualMacRoutes, type VirtualMacRoutesDependencies } from './virtualMacRoutes';
import type { StandingRepository } from '../store/standing';
import type { WatchRepository } from '../store/watches';
import { watchRoutes } from './watchRoutes';

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
  /** The change journal; absent in a process without a store, where asking for it is `not-found`. */
  readonly journal?: JournalRepository | undefined;
  /** What guards hold, and the brake; absent in a process without a store. */
  readonly guards?: Omit<GuardRoutesDependencies, 'bodyLimitBytes'> | undefined;
  /** The standing lists; absent in a process without a store. */
  readonly standing?: Pick<StandingRepository, 'list' | 'counts'> | undefined;
  /** How the watch of hypervisors stands; absent in a process without a store. */
  readonly watches?: Pick<WatchRepository, 'list'> | undefined;
  /** What people keep; absent in a process without a store. */
  readonly keeps?: Pick<KeepRepository, 'list'> | undefined;
  /** What people decide about bindings. */
  readonly decisions: DecisionService;
  /** Port policies. */
  readonly policies: Pick<PolicyRoutesDependencies, 'stored' | 'service'>;
  readonly virtualMacs: Pick<VirtualMacRoutesDependencies, 'virtualMacs' | 'operations'>;
  /** Previews and explanations, which workers make. */
  readonly looks: Looks;
  /** Asked about every device that a request names. @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
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
  const { policies, virtualMacs } = dependencies;
  const { requireDriver, readiness, temporalUiUrl } = dependencies;
  const { bodyLimitBytes, answerWithinMs = ANSWER_WITHIN_MS } = limits;
  return createApp(dependencies, (app) => {
    app.use(healthRoutes(readiness));
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
    app.use('/api/policies', policyRoutes({ ...policies, decisions, requireDriver, bodyLimitBytes }));
    if (keeps !== undefined) app.use('/api', keepRoutes(keeps, requireDriver));
    if (guards !== undefined) app.use('/api/guards', guardRoutes({ ...guards, bodyLimitBytes }));
    app.use('/api', configurationRoutes(looks));
    app.use('/api/virtual-macs', virtualMacRoutes({ ...virtualMacs, requireDriver, bodyLimitBytes }));
    if (standing !== undefined) app.use('/api', standingRoutes(standing));
    if (watches !== undefined) app.use('/api', watchRoutes(watches));
    if (journal !== undefined) app.use('/api/port-security', journalRoutes(journal, requireDriver));
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
