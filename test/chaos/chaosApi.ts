import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 15_000;
const PAUSE_MS = 500;
const PATIENCE_MS = 20_000;
/** The lowest status by which the API says that it did not take what was asked, and the lowest by which it says that something failed. */
const REFUSED = 400;
const FAILED = 500;

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What became of a decision: `GET /decisions/:id`. */
export interface DecisionEnd<T> {
  readonly state: string;
  readonly outcome?: T;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The API as people at a site use it: it may be down, slow or without its servers at any time. */
export class ChaosApi {
  /** From then on nothing is waited for any more, Unix milliseconds. */
  private deadline = Number.POSITIVE_INFINITY;

  constructor(
    private readonly url: () => string | undefined,
    private readonly token: string,
  ) {}

  /** Whoever waits for something gives up after so long from now. */
  giveUpWithin(ms: number): void {
    this.deadline = Date.now() + ms;
  }

  /** Undefined when nobody answered. */
  async ask(path: string, said?: object): Promise<Answer | undefined> {
    return this.fetched(path, (response) => response.json(), said);
  }

  /** A list that is told as lines of JSON. @throws Error when it is not told. */
  async lines<T>(path: string): Promise<readonly T[]> {
    const answer = await this.fetched(path, (response) => response.text());
    if (answer?.status !== 200) throw new Error(`${path} was not told: ${codeOf(answer)}`);
    return (answer.body as string)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  private async fetched(
    path: string,
    read: (response: Response) => Promise<unknown>,
    said?: object,
  ): Promise<Answer | undefined> {
    try {
      const response = await fetch(`${this.url() ?? 'http://127.0.0.1:9'}${path}`, {
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(said === undefined ? {} : { method: 'POST', body: JSON.stringify(said) }),
      });
      return { status: response.status, body: await read(response) };
    } catch {
      return undefined;
    }
  }

  /** What was answered, when that was a success. */
  async get<T>(path: string, said?: object): Promise<T | undefined> {
    const answer = await this.ask(path, said);
    return answer !== undefined && answer.status < REFUSED ? (answer.body as T) : undefined;
  }

  /** Asks until it is answered otherwise than by a failure. @returns undefined when that never happened. */
  async insist(path: string): Promise<Answer | undefined> {
    return this.until(async () => {
      const answer = await this.ask(path);
      return answer === undefined || answer.status >= FAILED ? undefined : answer;
    });
  }

  /** Waits for the end of a decision. @returns undefined when it was never told. */
  ended<T>(workflowId: string): Promise<DecisionEnd<T> | undefined> {
    return this.until(async () => {
      const status = await this.get<DecisionEnd<T>>(`/api/decisions/${encodeURIComponent(workflowId)}`);
      return status === undefined || status.state === 'running' ? undefined : status;
    });
  }

  /** What was answered, when that was a success, within some tries: people ask again. */
  async getPatiently<T>(path: string, said?: object): Promise<T | undefined> {
    const until = Math.min(Date.now() + PATIENCE_MS, this.deadline);
    for (;;) {
      const answer = await this.ask(path, said);
      if (answer !== undefined && answer.status < REFUSED) return answer.body as T;
      if (isRefused(answer) || Date.now() > until) return undefined;
      await sleep(PAUSE_MS);
    }
  }

  /** Looks again and again, until there is something or it is no longer waited for. */
  async until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      const found = await look();
      if (found !== undefined || Date.now() > this.deadline) return found;
      await sleep(PAUSE_MS);
    }
  }
}

/** Whether the API said for certain that it did not take what was asked. */
export function isRefused(answer: Answer | undefined): boolean {
  return answer !== undefined && answer.status >= REFUSED && answer.status < FAILED;
}

/** The code of an answer that is no success. */
export function codeOf(answer: Answer | undefined): string {
  const { error } = (answer?.body ?? {}) as { readonly error?: { readonly code?: string } };
  return error?.code ?? (answer === undefined ? 'no answer' : String(answer.status));
}

/** Work that people do beside each other, which is waited for in the end. */
export class Chores {
  private readonly waiting = new Set<Promise<void>>();
  readonly failures: string[] = [];

  begin(work: () => Promise<void>): void {
    const chore = work()
      .catch((error: unknown) => {
        this.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      })
      .finally(() => this.waiting.delete(chore));
    this.waiting.add(chore);
  }

  async settled(): Promise<void> {
    while (this.waiting.size > 0) await Promise.all(this.waiting);
  }
}
