import { Router } from 'express';
import { PortwardenError } from '../domain/errors';
import { STANDING_LISTS, type StandingEntry, type StandingList } from '../domain/standing';
import type { StandingRepository } from '../store/standing';
import { nextOf, queryOf, readPage } from './paging';

/**
 * `GET /coverage`: how many entries each standing list has, and since when the oldest stands. `GET /coverage/:list`: the
 * entries of `unbound`, `unexplained` or `unautomated`, page by page.
 */
export function standingRoutes(standing: Pick<StandingRepository, 'list' | 'counts'>): Router {
  const router = Router();
  router.get('/coverage', async (_request, response) => {
    const counts = await standing.counts();
    const lists = STANDING_LISTS.map((list) => counts.find((one) => one.list === list) ?? { list, count: 0 });
    response.set('Cache-Control', 'no-store').json({ lists });
  });
  router.get('/coverage/:list', async (request, response) => {
    const list = readList(request.params.list);
    const { limit, after } = readPage(queryOf(request), 3);
    const [device = '', port = '', subject = ''] = after ?? [];
    const entries = await standing.list(list, limit, after === undefined ? undefined : { device, port, subject });
    response.set('Cache-Control', 'no-store').json({ list, entries, ...nextOf(entries, limit, keyOf) });
  });
  return router;
}

function readList(text: string): StandingList {
  const known = STANDING_LISTS.find((list) => list === text);
  if (known !== undefined) return known;
  throw new PortwardenError('not-found', `There is no such list; there are ${STANDING_LISTS.join(', ')}.`);
}

function keyOf({ device, port, subject }: StandingEntry): readonly string[] {
  return [device ?? '', port ?? '', subject];
}
