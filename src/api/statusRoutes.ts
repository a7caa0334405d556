import { Router } from 'express';
import { SEVERITIES } from '../domain/alarms/registry';
import type { AlarmRepository } from '../store/alarms';
import type { BrakeRepository } from '../store/brakes';
import { shownPause, type PauseService } from './pauseRoutes';

/** What the state of the installation is read from. */
export interface StatusDependencies {
  readonly pauses: Pick<PauseService, 'active'>;
  readonly brakes: Pick<BrakeRepository, 'current'>;
  /** Absent: alarms are not told of. */
  readonly alarms?: Pick<AlarmRepository, 'counts'> | undefined;
}

/** `GET /status`: what holds changes back on the whole installation or parts of it now, pauses and the brake; and how many alarms are open. */
export function statusRoutes({ pauses, brakes, alarms }: StatusDependencies): Router {
  const router = Router();
  router.get('/status', async (_request, response) => {
    const [active, brake, open] = await Promise.all([pauses.active(), brakes.current(), alarms?.counts()]);
    const alarmed = open === undefined ? {} : { alarms: bySeverity(open) };
    response
      .set('Cache-Control', 'no-store')
      .json({ pauses: active.map(shownPause), brake: brake ?? null, ...alarmed });
  });
  return router;
}

function bySeverity(open: Awaited<ReturnType<AlarmRepository['counts']>>): Record<string, number> {
  const of = (severity: string): number =>
    open.reduce((sum, one) => sum + (one.severity === severity ? one.count : 0), 0);
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, of(severity)]));
}
