import { z } from 'zod';
import { name } from '../form/given';
import { defineStep } from '../form/kinds';
import { lacks } from '../form/subset';

/** Somebody asks the API for something. */
export default defineStep({
  schema: z.strictObject({
    method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
    path: z.string(),
    body: z.unknown().optional(),
    /** Its Idempotency-Key; nobody else's is the same. */
    key: name.optional(),
    status: z.int().default(200),
    /** What the answer must have. */
    answer: z.unknown().optional(),
  }),
  run: async (play, { method, path, body, key, status, answer }) => {
    const found = await play.api(method, path, body, key);
    if (found.status !== status)
      throw new Error(`${method} ${path} was answered with ${found.status}: ${JSON.stringify(found.body)}`);
    const missing = answer === undefined ? [] : lacks(answer, found.body);
    if (missing.length > 0) throw new Error(`${method} ${path}:\n${missing.join('\n')}`);
    return undefined;
  },
});
