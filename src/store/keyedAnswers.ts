import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { RunOnDatabase } from './engine/database';
import { keyedAnswers } from './keyedAnswerSchema';

/** The answer to a request. */
export interface KeyedAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly body: unknown;
}

/** A request that names itself by a key. */
export interface KeyedRequest {
  /** Of the route and the key; a digest. */
  readonly id: string;
  /** Of what is asked for. */
  readonly digest: string;
}

/** What is known of a request with a key: nobody carries it out yet, somebody does now, it was another one, or how it was answered. */
export type KnownRequest = 'new' | 'under-way' | 'other' | KeyedAnswer;

/** Answers to requests with an Idempotency-Key. */
export interface KeyedAnswerRepository {
  /** Asks for the right to carry a request out: `new` to exactly one of those who ask. */
  begin(request: KeyedRequest, at: Date): Promise<KnownRequest>;
  /** It was carried out. */
  answered(request: KeyedRequest, answer: KeyedAnswer): Promise<void>;
  /** It was not carried out: whoever asks next may. */
  released(request: KeyedRequest): Promise<void>;
}

/** Who began so long ago and has no answer is gone: the next one carries it out. Longer than any request takes. */
const ABANDONED_MS = 120_000;
const KEPT_MS = 7 * 86_400_000;

/** Answers by the keys of their requests; those of last week are forgotten when another one comes. */
export function keyedAnswerRepository(run: RunOnDatabase): KeyedAnswerRepository {
  const isIt = ({ id, digest }: KeyedRequest) => and(eq(keyedAnswers.id, id), eq(keyedAnswers.digest, digest));
  return {
    begin: ({ id, digest }, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(keyedAnswers).where(lt(keyedAnswers.at, new Date(at.getTime() - KEPT_MS)));
          const longAgo = new Date(at.getTime() - ABANDONED_MS).toISOString();
          const isAbandoned = sql`${keyedAnswers.digest} = ${digest} AND ${keyedAnswers.status} IS NULL AND ${keyedAnswers.at} < ${longAgo}::timestamptz`;
          const begun = await tx
            .insert(keyedAnswers)
            .values({ id, digest, at })
            .onConflictDoUpdate({ target: keyedAnswers.id, set: { at }, setWhere: isAbandoned })
            .returning({ id: keyedAnswers.id });
          if (begun.length > 0) return 'new';
          const [known] = await tx.select().from(keyedAnswers).where(eq(keyedAnswers.id, id));
          if (known === undefined) return 'under-way';
          if (known.digest !== digest) return 'other';
          return known.status === null ? 'under-way' : { status: known.status, body: known.body };
        }),
      ),
    async answered(request, { status, body }) {
      await run((db) => db.update(keyedAnswers).set({ status, body }).where(isIt(request)));
    },
    async released(request) {
      await run((db) => db.delete(keyedAnswers).where(and(isIt(request), isNull(keyedAnswers.status))));
    },
  };
}
