import { Router, type RequestHandler } from 'express';
import type { EndedPause, Pause } from '../domain/pauses/pause';
import { invalidField } from '../domain/errors';
import { scopeText, type Scope } from '../domain/values/scope';
import { fieldsOf, readDecision, readExpiry, type Fields } from '../protocol/inputFields';
import { jsonBody } from './jsonBody';
import { readScope, type ScopeCheck } from './scopeFields';

/** What a person says who pauses. */
export type PauseRequest = Pick<Pause, 'scope' | 'reason' | 'author' | 'expiresAt'>;

/** What became of a resumption. */
export interface Resumption {
  /** Null when the scope was not paused itself. */
  readonly ended: EndedPause | null;
  /** What keeps it, or parts of it, paused still. */
  readonly still: readonly Pause[];
}

/** Pauses, as people see and steer them. @throws PortwardenError `store-unavailable`. */
export interface PauseService {
  active(): Promise<readonly Pause[]>;
  ended(limit: number): Promise<readonly EndedPause[]>;
  /** In force when it resolves. */
  pause(request: PauseRequest): Promise<Pause>;
  resume(scope: Scope, by: Pick<PauseRequest, 'author' | 'reason'>): Promise<Resumption>;
}

/** What the routes of pauses are made of. */
export interface PauseRoutesDependencies extends ScopeCheck {
  readonly pauses: PauseService;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

const SHOWN_ENDED = 50;
const SCOPE_FIELDS = ['all', 'site', 'device', 'port'];

/**
 * `GET /pauses`: what is paused, and what was lately; `POST /pauses`: pause everything, a site, a device or a port; `POST /pauses/resume`: end
 * the pause of exactly that. No commit begins there once `POST /pauses` was answered.
 */
export function pauseRoutes({ pauses, bodyLimitBytes, once, ...check }: PauseRoutesDependencies): Router {
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  router.get('/pauses', async (_request, response) => {
    const [active, ended] = await Promise.all([pauses.active(), pauses.ended(SHOWN_ENDED)]);
    response.set('Cache-Control', 'no-store').json({ pauses: active.map(shownPause), ended: ended.map(shownPause) });
  });
  router.post('/pauses', body, once, async (request, response) => {
    const fields = fieldsOf(request.body, [...SCOPE_FIELDS, 'reason', 'author', 'expiresAt']);
    const expiry = readExpiry(fields['expiresAt']);
    if (expiry.expiresAt !== undefined && Date.parse(expiry.expiresAt) <= Date.now())
      throw invalidField('invalid-request', 'expiresAt', 'must be in the future');
    const pause = await pauses.pause({ scope: scopeOf(fields, check), ...readDecision(fields), ...expiry });
    response
      .status(201)
      .set('Cache-Control', 'no-store')
      .json({ pause: shownPause(pause) });
  });
  router.post('/pauses/resume', body, once, async (request, response) => {
    const fields = fieldsOf(request.body, [...SCOPE_FIELDS, 'reason', 'author']);
    const { ended, still } = await pauses.resume(scopeOf(fields, { ...check, sites: undefined }), readDecision(fields));
    response
      .set('Cache-Control', 'no-store')
      .json({ ended: ended === null ? null : shownPause(ended), still: still.map(shownPause) });
  });
  return router;
}

/** A pause as the API shows it: with its scope in words. */
export function shownPause<T extends Pause>(pause: T): Omit<T, 'scope'> & { readonly scope: string } {
  return { ...pause, scope: scopeText(pause.scope) };
}

function scopeOf({ all, site, device, port }: Fields, check: Parameters<typeof readScope>[1]): Scope {
  if (all !== undefined && typeof all !== 'boolean') throw invalidField('invalid-request', 'all', 'must be true');
  const text = (value: unknown, field: string): string | undefined => {
    if (value === undefined || typeof value === 'string') return value;
    throw invalidField('invalid-request', field, 'must be a text');
  };
  return readScope({ all, site: text(site, 'site'), device: text(device, 'device'), port: text(port, 'port') }, check);
}
