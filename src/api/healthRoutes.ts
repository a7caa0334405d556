import { Router } from 'express';
import { withinLimit } from '../primitives/timeLimit';

/** Whether everything that accepting an event needs is there. */
export interface Readiness {
  readonly ready: boolean;
  /** Name of each check and `ok`, or in short what is wrong. Shown without authentication: no secrets, no addresses. */
  readonly checks: Readonly<Record<string, string>>;
  /** How many pauses are in force; absent when that cannot be said. */
  readonly pauses?: number;
}

const READINESS_TIMEOUT_MS = 5_000;

/**
 * `/healthz`: the process answers. `/readyz`: 200 when ready, else 503; what is paused does not make it less ready, and its
 * count stands beside. Neither needs a token.
 * @param paused what is paused; absent in a process that cannot know.
 */
export function healthRoutes(readiness: () => Promise<Readiness>, paused?: () => Promise<readonly unknown[]>): Router {
  const router = Router();
  const current = shared(async () => {
    const [result, pauses] = await Promise.all([readiness(), paused?.().catch(() => undefined)]);
    return { ...result, ...(pauses === undefined ? {} : { pauses: pauses.length }) };
  });
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const result = await current();
    response
      .status(result.ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(result);
  });
  return router;
}

/** Many probes at once cause one round of checks; a round that hangs counts as not ready. */
function shared(readiness: () => Promise<Readiness>): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  return () => {
    running ??= bounded(readiness).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function bounded(readiness: () => Promise<Readiness>): Promise<Readiness> {
  const notReady = (readiness: string): Readiness => ({ ready: false, checks: { readiness } });
  try {
    return await withinLimit(readiness(), READINESS_TIMEOUT_MS, () => notReady('the checks take too long'));
  } catch {
    return notReady('the checks failed');
  }
}
