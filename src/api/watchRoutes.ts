import { Router } from 'express';
import type { WatchState } from '../domain/watch/watchState';
import type { WatchRepository } from '../store/watches';

/** `GET /watch`: for each watched cluster when it was looked at last, what changed, and what is in the way. */
export function watchRoutes(watches: Pick<WatchRepository, 'list'>): Router {
  const router = Router();
  router.get('/watch', async (_request, response) => {
    const clusters = (await watches.list()).map(shown);
    response.set('Cache-Control', 'no-store').json({ clusters });
  });
  return router;
}

function shown({ cluster, lookedAt, guests, changes, doubt, error }: WatchState): object {
  return { cluster, lookedAt, guests, changes, doubt, error };
}
