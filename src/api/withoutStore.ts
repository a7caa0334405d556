import { Router } from 'express';
import { PortwardenError } from '../domain/errors';

/** What the API has by the store alone. */
const OF_THE_STORE = [
  '/alarms',
  '/apply-all',
  '/backups',
  '/coverage',
  '/devices',
  '/drift',
  '/guards',
  '/journal',
  '/keeps',
  '/pauses',
  '/policies',
  '/port-security/journal',
  '/status',
  '/virtual-macs',
  '/watch',
  '/window-exceptions',
] as const;

/**
 * Answers what an API process without a store cannot, once no other route has taken it: the address is right, and another process has it.
 * A kill switch that says `not-found` would let people search for a typing error.
 */
export function withoutStore(): Router {
  const router = Router();
  router.use([...OF_THE_STORE], (request) => {
    throw new PortwardenError(
      'api-without-store',
      `This API process has no store (it runs by itself, without DATABASE_URL), and ${request.baseUrl} is in it.`,
    );
  });
  return router;
}
