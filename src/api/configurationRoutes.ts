import { Router } from 'express';
import { readConfigurationPreviewInput } from '../protocol/configurationPreviewInput';
import type { Looks } from '../temporal/looks';
import { jsonBody } from './jsonBody';

/** A configuration may name every node of a site: what an event's body may be is too little for it. */
const LARGEST_BODY = 1_000_000;

/**
 * `POST /config/preview`: what another configuration would do to the fleet, one page of one device at a time. The body has
 * the settings that decide about bindings, and where the page begins; the answer's `next` goes into the next question.
 */
export function configurationRoutes(looks: Pick<Looks, 'previewConfiguration'>): Router {
  const router = Router();
  router.post('/config/preview', jsonBody(LARGEST_BODY, 'invalid-request'), async (request, response) => {
    const answer = await looks.previewConfiguration(readConfigurationPreviewInput(request.body));
    response.set('Cache-Control', 'no-store').json(answer);
  });
  return router;
}
