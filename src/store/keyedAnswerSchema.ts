import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns';

/* The table of answers to requests with an Idempotency-Key. What schema.ts says of migrations holds here too. */

/** One row for each key: who asks again with it gets the first answer. */
export const keyedAnswers = pgTable(
  'keyed_answers',
  {
    /** Digest of the route and the key. */
    id: text('id').primaryKey(),
    /** Digest of the request. */
    digest: text('digest').notNull(),
    /** When the request that is carried out was begun. */
    at: instant('at').notNull(),
    /** Null while it is carried out. */
    status: integer('status'),
    body: jsonb('body').$type<unknown>(),
  },
  (table) => [index('keyed_answers_at').on(table.at)],
);
