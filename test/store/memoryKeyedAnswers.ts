import type { KeyedAnswer, KeyedAnswerRepository, KeyedRequest } from '../../src/store/keyedAnswers';

/** Answers by the keys of their requests, in memory. */
export class MemoryKeyedAnswers implements KeyedAnswerRepository {
  private readonly rows = new Map<string, { readonly digest: string; readonly answer?: KeyedAnswer }>();

  async begin({ id, digest }: KeyedRequest) {
    const known = this.rows.get(id);
    if (known === undefined) {
      this.rows.set(id, { digest });
      return 'new' as const;
    }
    if (known.digest !== digest) return 'other' as const;
    return known.answer ?? ('under-way' as const);
  }

  async answered({ id, digest }: KeyedRequest, answer: KeyedAnswer): Promise<void> {
    this.rows.set(id, { digest, answer });
  }

  async released({ id }: KeyedRequest): Promise<void> {
    this.rows.delete(id);
  }
}
