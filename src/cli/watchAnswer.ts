import { z } from 'zod';

/** What the API answers about the watch of clusters. */
export const watchAnswer = z.looseObject({
  clusters: z.array(
    z.looseObject({
      cluster: z.string(),
      lookedAt: z.string().optional(),
      guests: z.number(),
      changes: z.array(z.looseObject({ vmid: z.number(), kind: z.string(), message: z.string(), at: z.string() })),
      doubt: z.string().optional(),
      error: z.looseObject({ code: z.string(), message: z.string(), since: z.string() }).optional(),
    }),
  ),
});

/** See {@link watchAnswer}. */
export type WatchAnswer = z.infer<typeof watchAnswer>;
