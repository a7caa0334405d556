import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { GUARDS, type GuardCode } from '../domain/change/guardCodes';
import { invalidField } from '../domain/errors';
import { parseDeviceId } from '../domain/values/device';
import type { Brake, BrakeRepository } from '../store/brakes';
import type { ParkedRepository } from '../store/parked';
import { jsonBody } from './jsonBody';
import { nextOf, queryOf, readPage } from './paging';

/** What a person says who releases the brake. */
export interface BrakeRelease {
  readonly by: string;
  readonly reason: string;
  /** Also let everything go that waits for the brake alone. */
  readonly approve: boolean;
}

/** What became of a release. */
export interface BrakeReleased {
  readonly brake: Brake;
  /** Ports whose parked changes are looked at again, or were approved. */
  readonly ports: number;
}

/** What the routes of the guards are made of. */
export interface GuardRoutesDependencies {
  readonly parked: Pick<ParkedRepository, 'page'>;
  readonly brakes: Pick<BrakeRepository, 'current' | 'list'>;
  /** @returns undefined when no brake is on. */
  readonly releaseBrake: (release: BrakeRelease) => Promise<BrakeReleased | undefined>;
  readonly bodyLimitBytes: number;
  /** Has requests with an Idempotency-Key carried out once. */
  readonly once: RequestHandler;
}

const SHOWN_BRAKES = 20;
const GUARD_CODES = Object.keys(GUARDS) as GuardCode[];

const release = z.strictObject({
  by: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(2_000),
  approve: z.boolean().default(false),
});

/**
 * `GET /parked`: changes that wait for a person, all or those of a guard, with guards, reason and difference, page by page. `GET /brake`: whether
 * the site brakes, and when it did; `POST /brake/release`: a person ends it.
 */
export function guardRoutes({ parked, brakes, releaseBrake, bodyLimitBytes, once }: GuardRoutesDependencies): Router {
  const router = Router();
  router.get('/parked', async (request, response) => {
    const query = queryOf(request);
    const { limit, after } = readPage(query, 2);
    const [device = '', port = ''] = after ?? [];
    const changes = await parked.page(limit, {
      ...(after === undefined ? {} : { after: { device, port } }),
      ...deviceOf(query),
      ...guardOf(query),
    });
    response
      .set('Cache-Control', 'no-store')
      .json({ changes, ...nextOf(changes, limit, ({ device, port }) => [device, port]) });
  });
  router.get('/brake', async (_request, response) => {
    const [on, earlier] = await Promise.all([brakes.current(), brakes.list(SHOWN_BRAKES)]);
    response.set('Cache-Control', 'no-store').json({ on: on ?? null, brakes: earlier });
  });
  router.post('/brake/release', jsonBody(bodyLimitBytes, 'invalid-request'), once, async (request, response) => {
    const released = await releaseBrake(readRelease(request.body));
    response.set('Cache-Control', 'no-store').json({ released: released?.brake ?? null, ports: released?.ports ?? 0 });
  });
  return router;
}

function readRelease(body: unknown): BrakeRelease {
  const read = release.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw invalidField(
    'invalid-request',
    field === '' ? 'body' : field,
    'must be {by, reason, approve?}: who releases the brake, why, and whether all that waits for it may go',
  );
}

function guardOf(query: URLSearchParams): { readonly guard?: GuardCode } {
  const text = query.get('guard');
  if (text === null) return {};
  const guard = GUARD_CODES.find((code) => code === text);
  if (guard === undefined) throw invalidField('invalid-request', 'guard', `must be one of ${GUARD_CODES.join(', ')}`);
  return { guard };
}

function deviceOf(query: URLSearchParams): { readonly device?: ReturnType<typeof parseDeviceId> } {
  const text = query.get('device');
  if (text === null) return {};
  try {
    return { device: parseDeviceId(text) };
  } catch (error) {
    throw invalidField('invalid-request', 'device', error instanceof Error ? error.message : 'is invalid');
  }
}
