import { z } from 'zod';

const statement = z.looseObject({ text: z.string() });
const parkedChange = z.looseObject({
  device: z.string(),
  port: z.string(),
  at: z.string(),
  guards: z.array(z.string()),
  reason: z.string(),
  added: z.array(statement),
  removed: z.array(statement),
});
const brake = z.looseObject({
  since: z.string(),
  reason: z.string(),
  released: z.looseObject({ at: z.string(), by: z.string(), reason: z.string() }).optional(),
});

/** What the API answers about what guards hold, as far as the CLI shows it. */
export const parkedAnswer = z.looseObject({ changes: z.array(parkedChange), next: z.string().optional() });
export const brakeAnswer = z.looseObject({ on: brake.nullable(), brakes: z.array(brake) });
export const releasedAnswer = z.looseObject({ released: brake.nullable(), ports: z.number() });
/** What the API answers about the standing lists. */
export const standingCountsAnswer = z.looseObject({
  lists: z.array(z.looseObject({ list: z.string(), count: z.number(), oldest: z.string().optional() })),
});
export const standingAnswer = z.looseObject({
  entries: z.array(
    z.looseObject({
      device: z.string().optional(),
      port: z.string().optional(),
      subject: z.string(),
      serverId: z.number().optional(),
      rule: z.string(),
      message: z.string(),
      since: z.string(),
    }),
  ),
  next: z.string().optional(),
});

/** See {@link parkedAnswer}. */
export type ParkedChangeAnswer = z.infer<typeof parkedChange>;
/** See {@link brakeAnswer}. */
export type BrakeAnswer = z.infer<typeof brakeAnswer>;
/** See {@link releasedAnswer}. */
export type ReleasedAnswer = z.infer<typeof releasedAnswer>;
/** See {@link standingCountsAnswer}. */
export type StandingCountsAnswer = z.infer<typeof standingCountsAnswer>;
/** See {@link standingAnswer}. */
export type StandingAnswer = z.infer<typeof standingAnswer>;
